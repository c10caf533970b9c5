// statMany(): the status of many files, with one promise.
import type { BigIntStats, PathLike, Stats } from 'node:fs';
import { currentScope } from '../../call/current-scope';
import { endsAll } from '../../call/ends-all';
import type { CallListener } from '../../call/type';
import { defaults } from '../../engine/settings';
import { argType } from '../../node/errors';
import { now } from '../../util/clock';
import { outside } from '../../util/outside';
import { clearTimeout, setTimeout } from '../../util/timers';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import {
  limitOf,
  validateBoolean,
  validateNames,
  validateSignal,
  validateTimeout,
} from '../../validate/values';
import type { Path } from '../requests/request';
import { type Asking, LSTAT, STAT, statCall } from '../requests/stats';

/** Options of statMany(). `timeout` and `signal` hold for all paths together. */
export interface StatManyOptions extends CallOptions {
  /**
   * Whether the results are BigIntStats, whose numbers are bigints.
   * @default false
   */
  bigint?: boolean | undefined;
  /**
   * Whether the status of a link is that of its target, as with stat(), or its own, as with lstat().
   * @default true
   */
  followLinks?: boolean | undefined;
}

type Results = PromiseSettledResult<Stats | BigIntStats>[];

const NAMES: ReadonlySet<string> = new Set(['bigint', 'followLinks', 'signal', 'timeout']);

const named = (asking: Asking<Stats, BigIntStats>): Asking<Stats, BigIntStats> => ({
  numbers: { ...asking.numbers, fn: 'statMany' },
  bigints: { ...asking.bigints, fn: 'statMany' },
});
const FOLLOWING = named(STAT);
const NOT_FOLLOWING = named(LSTAT);

/**
 * Reads the status of many paths: does what `Promise.allSettled(paths.map((path) => stat(path)))` does, without a promise
 * for each path. Each path is a call of its own, listed as `statMany`. If one waits on a stalled mount, the others go on.
 *
 * @param paths - an array, or any other iterable of strings, Buffers and `file:` URLs
 * @param options - `bigint`, `followLinks`, `signal`, and the following
 * @param options.timeout - ms from the call. A path without an answer by then gets a TimeoutError as its result
 * @returns a promise of one result for each path, in their order: `{ status: 'fulfilled', value }` with a Stats, or
 *   `{ status: 'rejected', reason }` with the error
 * @throws as rejections: an AbortError if `signal` is aborted; an InterruptError, AbortError or TimeoutError if the scope ends; ERR_INVALID_ARG_TYPE,
 *   ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE for an invalid argument
 * @example
 * ```ts
 * import { statMany } from 'pendingop/fs/promises';
 * const files = ['/mnt/nas/a', '/mnt/nas/b'];
 * for (const [index, found] of (await statMany(files, { timeout: 2000 })).entries())
 *   console.log(files[index], found.status === 'fulfilled' ? found.value.size : found.reason.code);
 * ```
 */
export function statMany(
  paths: Iterable<PathLike>,
  options?: StatManyOptions & { bigint?: false | undefined },
): Promise<PromiseSettledResult<Stats>[]>;
export function statMany(
  paths: Iterable<PathLike>,
  options: StatManyOptions & { bigint: true },
): Promise<PromiseSettledResult<BigIntStats>[]>;
export function statMany(
  paths: Iterable<PathLike>,
  options?: StatManyOptions,
): Promise<PromiseSettledResult<Stats | BigIntStats>[]>;
export function statMany(paths: Iterable<PathLike>, options: StatManyOptions = {}): Promise<Results> {
  return new Promise((resolve, reject) => {
    new Many(validPaths(paths), validOptions(options), resolve, reject).begin();
  });
}

function validPaths(paths: unknown): Path[] {
  const iterator = (paths as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator];
  if (typeof paths === 'string' || typeof iterator !== 'function')
    throw argType('paths', 'an instance of Array or another Iterable', paths);
  return Array.from(paths as Iterable<unknown>, (path, index) => validPath(path, `paths[${index}]`));
}

function validOptions(options: StatManyOptions): StatManyOptions {
  validateNames(options, NAMES);
  const { bigint, followLinks, signal, timeout } = options;
  if (bigint !== undefined) validateBoolean(bigint, 'options.bigint');
  if (followLinks !== undefined) validateBoolean(followLinks, 'options.followLinks');
  validateSignal(signal);
  validateTimeout(timeout);
  return options;
}

/** Calls that are in flight at a time, as long as some come back. */
const WIDTH = 64;
/** ms after which as many more are made, where none has come back: others need not wait for those that hang. */
const PATIENCE = 50;

class Many {
  readonly #paths: readonly Path[];
  readonly #asking: Asking<Stats, BigIntStats>;
  readonly #options: StatManyOptions;
  readonly #limitMs: number;
  readonly #resolve: (results: Results) => void;
  readonly #reject: (error: unknown) => void;
  readonly #results: Results;
  readonly #scope = currentScope();
  readonly #begunAt = now();
  #next = 0;
  #inFlight = 0;
  #width = WIDTH;
  #settled = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStarting = false;
  #isOver = false;

  constructor(
    paths: readonly Path[],
    options: StatManyOptions,
    resolve: (results: Results) => void,
    reject: (error: unknown) => void,
  ) {
    this.#paths = paths;
    this.#asking = options.followLinks === false ? NOT_FOLLOWING : FOLLOWING;
    this.#options = options;
    this.#limitMs = limitOf(options.timeout ?? defaults.timeout);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#results = new Array(paths.length);
  }

  begin(): void {
    this.#go();
  }

  settle(index: number, result: PromiseSettledResult<Stats | BigIntStats>): void {
    this.#inFlight--;
    if (this.#isOver) return;
    if (result.status === 'rejected' && endsAll(result.reason, this.#options.signal, this.#scope)) {
      this.#isOver = true;
      clearTimeout(this.#timer);
      this.#reject(result.reason);
      return;
    }
    this.#results[index] = result;
    this.#settled++;
    this.#go();
  }

  #go(): void {
    // A call that is refused settles while it is started.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (!this.#isOver && this.#next < this.#paths.length && this.#inFlight < this.#width)
      this.#start(this.#next++);
    this.#isStarting = false;
    if (this.#isOver) return;
    if (this.#settled === this.#paths.length) {
      this.#isOver = true;
      clearTimeout(this.#timer);
      this.#resolve(this.#results);
    } else if (this.#next < this.#paths.length) {
      this.#timer ??= this.#wait(this.#settled);
    }
  }

  #start(index: number): void {
    const path = this.#paths[index] as Path;
    const { signal, bigint } = this.#options;
    // What is begun after the time was over, is over at once.
    const timeout =
      this.#limitMs === Infinity ? 0 : Math.max(this.#limitMs - (now() - this.#begunAt), Number.MIN_VALUE);
    this.#inFlight++;
    statCall(this.#asking, path, [path], { signal, bigint, timeout }).startFor(new One(this, index));
  }

  #wait(before: number): NodeJS.Timeout {
    const look = (): void => {
      this.#timer = undefined;
      if (this.#settled === before) this.#width += WIDTH;
      this.#go();
    };
    return outside(() => setTimeout(look, PATIENCE));
  }
}

/** Hears what becomes of one path. */
class One implements CallListener {
  readonly #many: Many;
  readonly #index: number;

  constructor(many: Many, index: number) {
    this.#many = many;
    this.#index = index;
  }

  done(value: unknown): void {
    this.#many.settle(this.#index, { status: 'fulfilled', value: value as Stats | BigIntStats });
  }

  failed(reason: unknown): void {
    this.#many.settle(this.#index, { status: 'rejected', reason });
  }
}
