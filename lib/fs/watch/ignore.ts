// The option `ignore` of watch(), for the Nodes that have it.
import { basename, matchesGlob } from 'node:path';
import { types } from 'node:util';
import { watchIgnores } from '../../node/version';

type Matcher = (name: string | Buffer) => unknown;

/** Not every Node's path module has it, but each Node with the option `ignore` does. */
const matches: (name: string, pattern: string) => boolean = matchesGlob;

/** A pattern without a slash is matched with the last name of a path, at any depth. */
const globbed =
  (pattern: string): Matcher =>
  (name) =>
    matches(pattern.includes('/') ? String(name) : basename(String(name)), pattern);

function matcherOf(one: unknown): Matcher {
  if (typeof one === 'string' && one !== '') return globbed(one);
  if (types.isRegExp(one)) return (name) => RegExp.prototype.exec.call(one, String(name)) !== null;
  if (typeof one === 'function') return one as Matcher;
  throw new TypeError('Node says it better');
}

/** Throws for an invalid value, which Node's function then reports. */
export function ignoring(ignore: unknown): Matcher | undefined {
  if (ignore === undefined || ignore === null || !watchIgnores()) return undefined;
  const matchers = (Array.isArray(ignore) ? ignore : [ignore]).map(matcherOf);
  return (name) => matchers.some((match) => match(name));
}
