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

/** Options of walk(): what its entries have, which ones it yields and enters, and what ends it. */
export interface WalkOptions<Name extends string | Buffer = string> extends CallOptions {
  /**
   * Whether entries have `stats`. Without `followLinks` those of a link are its own.
   * @default false
   */
  stats?: boolean | undefined;
  /**
   * How many levels below the root are listed. With 1, the walk yields the root's own entries alone.
   * @default Infinity
   */
  depth?: number | undefined;
  /**
   * Whether the walk treats a symbolic link as the file or directory that it leads to. If a link leads to a directory
   * above itself, the walk yields it with an `error` of code ELOOP, and does not enter it.
   * @default false: the walk yields links as links, and enters none
   */
  followLinks?: boolean | undefined;
  /**
   * Returns whether the walk enters a directory. The walk yields the directory in either case.
   * @default every directory is entered
   */
  enter?: ((directory: WalkEntry<Name>) => boolean) | undefined;
  /**
   * Returns whether the walk yields an entry. The walk enters a directory in either case. `batches()` does not call it.
   * @default every entry is yielded
   */
  filter?: ((entry: WalkEntry<Name>) => boolean) | undefined;
  /**
   * What names and paths are. `utf8`: strings, in which U+FFFD replaces bytes that are no UTF-8. `buffer`: Buffers.
   * @default 'utf8'
   */
  encoding?: (Name extends Buffer ? 'buffer' : 'utf8') | undefined;
  /**
   * Ends the whole walk: the iteration then throws an AbortError.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms. When no system call for a directory has come back for so long, the walk gives the directory up, yields it with a
   * TimeoutError as its `error`, and goes on with the others. A slow directory whose calls come back is not given up. 0
   * and `Infinity`: none is.
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
