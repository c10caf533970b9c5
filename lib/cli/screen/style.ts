// Colours, if the terminal shows them: not with NO_COLOR (https://no-color.org) or TERM=dumb, and not without a
// terminal.
import { inspect } from 'node:util';
import { hasBytes, octal } from './bytes';

type Name = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** What text is written to, as far as its look depends on it. */
export interface Screen {
  /** Columns. */
  readonly width: number;
  readonly height: number;
  readonly colors: boolean;
  readonly isTerminal: boolean;
}

/** Without a terminal, tables are as wide as they need to be. */
export const UNLIMITED = 100_000;

export function screenOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Screen {
  const isTerminal = stream.isTTY === true;
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  const columns = Number(env.COLUMNS);
  const told = Number.isInteger(columns) && columns > 0 ? columns : UNLIMITED;
  return {
    // A terminal that does not know its size reports 0.
    width: isTerminal ? stream.columns || told : told,
    height: isTerminal ? stream.rows || 24 : UNLIMITED,
    colors: !plain && (isTerminal || forced),
    isTerminal,
  };
}

export function style(screen: Screen, name: Name, text: string): string {
  if (!screen.colors || text === '') return text;
  const [open, close] = inspect.colors[name] as [number, number];
  return `\u001b[${open}m${text}\u001b[${close}m`;
}

const isWide = (code: number): boolean =>
  code >= 0x1100 &&
  (code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff));

/** Returns the columns that a text without escapes takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(char)) continue;
    width += isWide(code) ? 2 : 1;
  }
  return width;
}

/**
 * Replaces characters that would move the cursor or end the line by their numbers, and bytes that are no UTF-8 by theirs:
 * file names may hold anything.
 */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu,
    (char) => (hasBytes(char) ? octal(char) : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** Shortens the text to at most `width` columns. `from`: which end of the text is cut off. */
export function shorten(text: string, width: number, from: 'end' | 'start' = 'end'): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  const chars = [...text];
  while (chars.length > 0 && widthOf(chars.join('')) > width - 1) {
    if (from === 'start') chars.shift();
    else chars.pop();
  }
  return from === 'start' ? `…${chars.join('')}` : `${chars.join('')}…`;
}

/** Breaks a sentence into lines of at most `width` columns, and indents those after the first. */
export function wrap(text: string, width: number, indent = ''): string {
  if (width >= UNLIMITED) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' || line === indent ? line + word : `${line} ${word}`;
    if (widthOf(longer) > width && line.trim() !== '') {
      lines.push(line);
      line = indent + word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.join('\n');
}
