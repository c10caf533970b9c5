// walk(): the entries of a tree, one by one or in batches.
import type { PathLike } from 'node:fs';
import { bound } from '../../call/current-scope';
import { noop } from '../../util/noop';
import { validPath } from '../../validate/path';
import type { Path } from '../requests/request';
import type { WalkBatch } from './batch';
import type { WalkEntry } from './entry';
import { type Settings, settingsOf, type WalkOptions } from './options';
import { type Found, Traversal } from './traversal';

/** What walk() returns. Each iteration goes through the tree anew. */
export interface Walk<Name extends string | Buffer = string> extends AsyncIterable<WalkEntry<Name>> {
  /**
   * Yields the entries of one directory at a time, or a part of them if they are many. The numbers of stat() are in typed
   * arrays, and no object is made for an entry, so this is the fastest way through a tree. For a directory that could
   * not be listed it yields a batch with an `error`.
   *
   * @returns an async iterator of batches. `filter` of the options has no effect on it
   * @example
   * ```ts
   * import { walk } from 'pendingop/fs/promises';
   * let bytes = 0;
   * for await (const batch of walk('/srv/media', { stats: true }).batches())
   *   for (const size of batch.column('size') ?? []) bytes += size;
   * ```
   */
  batches(): AsyncIterableIterator<WalkBatch<Name>>;
}

/**
 * Goes through the tree below a directory and yields its entries. A directory comes before its entries; otherwise the
 * order is that in which the file systems answer. One call lists a directory, with the stats of its entries if the option
 * `stats` is set. Up to 16 such calls run at a time. listPending() shows each as `walk`, with the path of its directory.
 *
 * If a directory or an entry cannot be read, the walk yields it with an `error` and goes on. The iteration throws if the
 * root cannot be listed, if `signal` is aborted, or if the scope ends in which walk() was called.
 *
 * The walk holds the root open, and finds everything below it from there. It follows no link below the root, unless
 * `followLinks` is set. `break`, or `return()` of the iterator, interrupts the calls in flight and closes what is open.
 *
 * @param root - the directory: a string, a Buffer or a `file:` URL. A symbolic link to a directory is followed
 * @param options - what entries have, which ones the walk yields and enters, and after which time without an answer (ms)
 *   it gives a directory up
 * @returns an async iterable of entries; `batches()` iterates over whole directories
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE for an invalid argument
 * @example
 * ```ts
 * import { walk } from 'pendingop/fs/promises';
 * for await (const entry of walk('/srv/media', { stats: true, timeout: 5000 })) {
 *   if (entry.error) console.warn('not read:', entry.path, entry.error.message);
 *   else if (entry.isFile()) console.log(entry.path, entry.stats?.size);
 * }
 * ```
 */
export function walk(root: PathLike, options?: WalkOptions): Walk;
export function walk(root: PathLike, options: WalkOptions<Buffer> & { encoding: 'buffer' }): Walk<Buffer>;
export function walk<Name extends string | Buffer>(root: PathLike, options?: WalkOptions<Name>): Walk<Name> {
  const path = validPath(root, 'root');
  const settings = settingsOf(options);
  const shown: readonly unknown[] = options === undefined ? [root] : [root, options];
  const traversal = (): Traversal<Name> => new Traversal(path as Path, settings, shown);
  return {
    [Symbol.asyncIterator]: bound(() => new Entries(traversal(), settings)),
    batches: bound(() => new Batches(traversal())),
  };
}

/** Ends a walk whose iterator was collected before its end. */
const dropped = new FinalizationRegistry<{ end(): Promise<void> }>((traversal) => void traversal.end());

/** Answers one next() after the other, even if the caller does not wait for the first. */
abstract class Iteration<T, Name extends string | Buffer> implements AsyncIterableIterator<T> {
  readonly #traversal: Traversal<Name>;
  /** Runs in the scope in which walk() was called, whoever calls next(). */
  readonly #search: () => Promise<Found<Name> | undefined>;
  #isOver = false;
  #pending = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(traversal: Traversal<Name>) {
    this.#traversal = traversal;
    this.#search = bound(() => traversal.next());
    dropped.register(this, traversal);
  }

  /** Returns the next value if it was found already; undefined: a directory has to be awaited first. */
  protected abstract take(): T | undefined;
  /** Hands over what was found. take() returns it piece by piece. */
  protected abstract receive(found: Found<Name>): void;

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#pending === 0 && !this.#isOver) {
      const value = this.#taken();
      if (value !== undefined) return value;
    }
    this.#pending++;
    const mine = this.#last.then(() => this.#find());
    this.#last = mine.then(noop, noop).then(() => {
      this.#pending--;
    });
    return mine;
  }

  #taken(): Promise<IteratorResult<T, undefined>> | undefined {
    try {
      const value = this.take();
      return value === undefined ? undefined : Promise.resolve({ value, done: false });
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #find(): Promise<IteratorResult<T, undefined>> {
    while (!this.#isOver) {
      const value = await this.#taken();
      if (value !== undefined) return value;
      let found: Found<Name> | undefined;
      try {
        found = await this.#search();
      } catch (error) {
        this.#isOver = true;
        throw error;
      }
      if (found === undefined) break;
      if (!this.#isOver) this.receive(found);
    }
    this.#isOver = true;
    return { value: undefined, done: true };
  }

  /** Ends the walk after `filter` has thrown. */
  async #failed(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#isOver = true;
    await this.#traversal.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class Batches<Name extends string | Buffer> extends Iteration<WalkBatch<Name>, Name> {
  #batch: WalkBatch<Name> | undefined;

  protected take(): WalkBatch<Name> | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    return batch;
  }

  protected receive({ batch }: Found<Name>): void {
    this.#batch = batch;
  }
}

class Entries<Name extends string | Buffer> extends Iteration<WalkEntry<Name>, Name> {
  readonly #filter: Settings<Name>['filter'];
  #found: Found<Name> | undefined;
  #head: WalkEntry<Name> | undefined;
  #at = 0;

  constructor(traversal: Traversal<Name>, { filter }: Settings<Name>) {
    super(traversal);
    this.#filter = filter;
  }

  protected take(): WalkEntry<Name> | undefined {
    const filter = this.#filter;
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      if (filter === undefined || filter(entry)) return entry;
    }
    return undefined;
  }

  #next(): WalkEntry<Name> | undefined {
    const head = this.#head;
    if (head !== undefined) {
      this.#head = undefined;
      return head;
    }
    const found = this.#found;
    if (found === undefined) return undefined;
    const { batch, entered } = found;
    while (entered?.has(this.#at)) this.#at++;
    if (this.#at < batch.length) return batch.entry(this.#at++);
    this.#found = undefined;
    return undefined;
  }

  protected receive(found: Found<Name>): void {
    this.#found = found;
    this.#head = found.head;
    this.#at = 0;
  }
}

export type { WalkBatch, WalkColumn } from './batch';
export type { WalkEntry } from './entry';
export type { WalkOptions } from './options';
