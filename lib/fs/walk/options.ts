// The options of walk(), checked and completed.
import { defaults } from '../../engine/settings';
import { argType, argValue, outOfRange } from '../../node/errors';
import type { CallOptions } from '../../validate/call-options';
import {
  limitOf,
  validateBoolean,
  validateFunction,
  validateNames,
  validateSignal,
  validateTimeout,
} from '../../validate/values';
import type { Manner } from './batch';
import type { WalkEntry } from './entry';

/** Options of walk(). */
export interface WalkOptions<Name extends string | Buffer = string> extends CallOptions {
  /**
   * Whether each entry has its `stats`.
   * @default false
   */
  stats?: boolean | undefined;
  /**
   * How many levels below the root are listed: 1 is the root's own entries.
   * @default Infinity
   */
  depth?: number | undefined;
  /**
   * Whether symbolic links are taken for what they lead to. A link to a directory that the link itself lies below is
   * given with an `error` of code ELOOP, and not entered.
   * @default false: a link is an entry as others are
   */
  followLinks?: boolean | undefined;
  /**
   * Whether the walk goes into a directory. A directory that it does not go into is given all the same.
   * @default every directory is entered
   */
  enter?: ((directory: WalkEntry<Name>) => boolean) | undefined;
  /**
   * Whether an entry is given. A directory that is not given is entered all the same. `batches()` does not ask it.
   * @default every entry is given
   */
  filter?: ((entry: WalkEntry<Name>) => boolean) | undefined;
  /**
   * What names and paths are: text, in which bytes that are no UTF-8 are replaced, or Buffers.
   * @default 'utf8'
   */
  encoding?: (Name extends Buffer ? 'buffer' : 'utf8') | undefined;
  /**
   * Ends the whole walk: the iteration then throws an AbortError.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms in which no system call of a directory came back. The walk then leaves that directory, which is given with a
   * TimeoutError as its `error`, and goes on with the others. A directory that is only slow is not left. 0 and Infinity:
   * none.
   * @default the `timeout` of configure(), or 10,000
   */
  timeout?: number | undefined;
}

/** Longer than a disk needs to wake up, and shorter than people wait before they think that a program hangs. */
const DEFAULT_TIMEOUT = 10_000;

const NAMES: ReadonlySet<string> = new Set([
  ...['stats', 'depth', 'followLinks', 'enter', 'filter', 'encoding', 'signal', 'timeout'],
]);

/** The options as the walk has them. */
export interface Settings<Name extends string | Buffer> extends Manner {
  readonly depth: number;
  readonly enter: ((directory: WalkEntry<Name>) => boolean) | undefined;
  readonly filter: ((entry: WalkEntry<Name>) => boolean) | undefined;
  readonly signal: AbortSignal | undefined;
  /** ms; Infinity: none. */
  readonly silence: number;
}

/** Throws what is wrong with the options. */
export function settingsOf<Name extends string | Buffer>(given: WalkOptions<Name> = {}): Settings<Name> {
  validateNames(given, NAMES);
  const { stats = false, depth = Infinity, followLinks = false } = given;
  const encoding: string = given.encoding ?? 'utf8';
  const { enter, filter, signal, timeout } = given;
  validateBoolean(stats, 'options.stats');
  validateBoolean(followLinks, 'options.followLinks');
  if (typeof depth !== 'number') throw argType('options.depth', 'of type number', depth);
  if (depth !== Infinity && !(Number.isInteger(depth) && depth >= 1))
    throw outOfRange('options.depth', 'an integer >= 1, or Infinity', depth);
  if (enter !== undefined) validateFunction(enter, 'options.enter');
  if (filter !== undefined) validateFunction(filter, 'options.filter');
  if (encoding !== 'utf8' && encoding !== 'buffer')
    throw argValue('options.encoding', encoding, "must be 'utf8' or 'buffer'");
  validateSignal(signal);
  validateTimeout(timeout);
  return {
    ...{ stats, depth, followLinks, enter, filter, signal },
    asBytes: encoding === 'buffer',
    silence: limitOf(timeout ?? (defaults.timeout > 0 ? defaults.timeout : DEFAULT_TIMEOUT)),
  };
}
