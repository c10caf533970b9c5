// The request to binding/launcher/start.c: which program it becomes, and with what.
import { getPriority } from 'node:os';
import { argValue } from '../node/errors';

const NEW_SESSION = 1;

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether the program gets a session, and so a process group, of its own. */
  readonly detached: boolean;
  /** Its descriptors from 0 on, each as the number of one of this process; undefined: /dev/null. */
  readonly streams: ReadonlyArray<number | undefined>;
}

/** Returns a copy that also has the inherited properties, as spawn() takes them. */
export function environmentOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const name in env) {
    const value = env[name];
    if (value === undefined) continue;
    for (const text of [name, `${value}`]) {
      if (text.includes('\0'))
        throw argValue(`options.env['${name}']`, text, 'must be a string without null bytes');
    }
    copy[name] = `${value}`;
  }
  return copy;
}

/** `head` is sent together with the descriptors, `texts` after it. */
export function encodeRequest(program: Program): { head: Buffer; texts: Buffer } {
  const { file, args, env, detached, streams } = program;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = [file, file, ...args, ...variables];
  const texts = Buffer.from(words.map((word) => `${word}\0`).join(''));
  const given = streams.reduce<number>((bits, fd, i) => (fd === undefined ? bits : bits | (1 << i)), 0);
  const flags = detached ? NEW_SESSION : 0;
  const numbers = [
    texts.length,
    args.length + 1,
    variables.length,
    flags,
    getPriority(),
    streams.length,
    given,
  ];
  return { head: Buffer.from(Int32Array.from(numbers).buffer), texts };
}
