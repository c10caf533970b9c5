// The keys of `top`, from a terminal in raw mode.
import { StringDecoder } from 'node:string_decoder';

export type Key = string;

const ESCAPES: Record<string, Key> = {
  '[A': 'up',
  '[B': 'down',
  OA: 'up',
  OB: 'down',
  '[5~': 'up',
  '[6~': 'down',
};

/** Splits what a terminal has sent into keys: `up`, `down`, `escape`, `enter`, `backspace`, and characters. */
export function keysIn(text: string): Key[] {
  const keys: Key[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char !== '\u001b') {
      const named = { '\r': 'enter', '\n': 'enter', '\u007f': 'backspace', '\b': 'backspace', '\u0003': 'q' }[
        char
      ];
      keys.push(named ?? char);
      continue;
    }
    const sequence = /^(?:\[[\d;]*[A-Za-z~]|O[A-Z])/.exec(text.slice(i + 1))?.[0];
    if (sequence === undefined) {
      keys.push('escape');
      continue;
    }
    i += sequence.length;
    const key = ESCAPES[sequence];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** Calls `listener` for each key. Returns a function that ends this. */
export function listenForKeys(listener: (key: Key) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const decoder = new StringDecoder('utf8');
  const hear = (bytes: Buffer): void => {
    for (const key of keysIn(decoder.write(bytes))) listener(key);
  };
  stdin.setRawMode(true);
  stdin.on('data', hear);
  const restore = (): void => {
    stdin.setRawMode(false);
  };
  process.once('exit', restore);
  return () => {
    process.off('exit', restore);
    stdin.off('data', hear);
    restore();
    stdin.pause();
  };
}
