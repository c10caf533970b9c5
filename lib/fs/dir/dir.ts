// Dir: an open directory. It behaves as Node's (queued reads, errors, iterator), with calls of this package.
//
// It inherits from fs.Dir for the sake of `instanceof`, but does not call its constructor: every member is its own.
import { AsyncResource } from 'node:async_hooks';
import * as fs from 'node:fs';
import { closeBlocking } from '../../engine';
import { systemError } from '../../node/errno-error';
import { likeNodeDir } from '../../node/imitate';
import { closedDirRejects } from '../../node/version';
import { nextTick } from '../../util/timers';
import { callOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { limitOf, validateFunction } from '../../validate/values';
import type * as steps from '../plan/steps';
import { complete } from '../plan/wait';
import {
  closeCall,
  closeDescriptor,
  closedError,
  concurrencyError,
  type Descriptor,
  descriptorOf,
  takeDescriptor,
} from './descriptor';
import { DirEntries, type DirSettings } from './entries';

type ReadCallback = (error: NodeJS.ErrnoException | null, entry: fs.Dirent | null) => void;
type CloseCallback = (error?: NodeJS.ErrnoException | null) => void;

export class Dir {
  readonly #descriptor: Descriptor;
  readonly #entries: DirEntries;
  #closed = false;
  /** What waits for the operation in flight; null: there is none. */
  #queue: (() => void)[] | null = null;

  /** @internal */
  constructor(fd: number, path: steps.Path, settings: DirSettings) {
    this.#descriptor = descriptorOf(this, fd, path);
    this.#entries = new DirEntries(this, this.#descriptor, settings);
  }

  get path(): string {
    // If `this` is no Dir of this package, for instance the prototype, Node's own getter throws the right error.
    if (!(#descriptor in this)) return Reflect.get(fs.Dir.prototype, 'path', this);
    return this.#descriptor.path as string;
  }

  read(options?: CallOptions): Promise<fs.Dirent | null>;
  read(callback: ReadCallback, options?: CallOptions): void;
  read(callback?: ReadCallback | CallOptions, options?: CallOptions): Promise<fs.Dirent | null> | undefined {
    // biome-ignore lint/complexity/noArguments: read(undefined) is not read().
    const bare = arguments.length === 0 || areOptions(callback);
    // If the Dir is closed, #read() rejects.
    if (this.#closed && !(bare && closedDirRejects)) throw closedError();
    if (callback === undefined || areOptions(callback)) return this.#readPromised(callback);
    validateFunction(callback, 'callback');
    this.#read(true, callback, callOptions(options));
    return undefined;
  }

  #readPromised(options: CallOptions | undefined): Promise<fs.Dirent | null> {
    return new Promise((settle, reject) => {
      this.#read(false, (error, entry) => (error ? reject(error) : settle(entry)), options);
    });
  }

  #read(deferred: boolean, callback: ReadCallback, options: CallOptions | undefined): void {
    if (this.#queue !== null) {
      this.#queue.push(AsyncResource.bind(() => this.#read(deferred, callback, options)));
      return;
    }
    // An operation that was queued before may have closed the Dir.
    if (this.#closed) {
      callback(closedError(), null);
      return;
    }
    const entry = this.#entries.take();
    if (entry !== undefined) {
      if (deferred) nextTick(callback, null, entry);
      else callback(null, entry as fs.Dirent);
      return;
    }
    this.#queue = [];
    this.#entries.next(options).then(
      (next) => this.#done(() => callback(null, next as fs.Dirent | null)),
      (error) => this.#done(() => callback(error, null)),
    );
  }

  /**
   * Runs the queue after the callback. So operations that the callback itself asks for come behind those in the queue,
   * and code that awaits the promise finds no operation in flight.
   */
  #done(tell: () => void): void {
    try {
      tell();
    } finally {
      const queue = this.#queue ?? [];
      this.#queue = null;
      for (const operation of queue) operation();
    }
  }

  /**
   * Reads the next entry and blocks the event loop, as its name says, until a worker has read it. With a `timeout` (ms) it
   * waits that long and throws a TimeoutError; entries that an abandoned read still gets are lost. Without a timeout,
   * nothing can end it on a stalled file system.
   */
  readSync(options?: CallOptions): fs.Dirent | null {
    this.#checkSync();
    return this.#entries.nextSync(options, this.readSync);
  }

  /** A close is never interrupted. */
  close(): Promise<void>;
  close(callback: CloseCallback): void;
  close(callback?: CloseCallback): Promise<void> | undefined {
    if (callback === undefined) {
      if (this.#closed) return Promise.reject(closedError());
      return new Promise((settle, reject) => this.#close((error) => (error ? reject(error) : settle())));
    }
    validateFunction(callback, 'callback');
    this.#close(callback);
    return undefined;
  }

  #close(callback: CloseCallback): void {
    if (this.#closed) {
      nextTick(callback, closedError());
    } else if (this.#queue !== null) {
      this.#queue.push(AsyncResource.bind(() => this.#close(callback)));
    } else {
      this.#closed = true;
      closeDescriptor(this.#descriptor).then(() => callback(null), callback);
    }
  }

  /**
   * Closes the directory and blocks the event loop. `timeout` (ms) frees the caller; the directory is closed all the
   * same.
   */
  closeSync(options?: CallOptions): void {
    this.#checkSync();
    if (options?.timeout !== undefined) {
      const call = closeCall(this.#descriptor, options);
      this.#closed = true;
      takeDescriptor(this.#descriptor);
      complete(call, limitOf(options.timeout), this.closeSync);
      return;
    }
    this.#closed = true;
    const errno = closeBlocking(takeDescriptor(this.#descriptor));
    if (errno < 0) throw systemError(errno, 'closedir');
  }

  #checkSync(): void {
    if (this.#closed) throw closedError();
    if (this.#queue !== null) throw concurrencyError();
  }

  async *entries(): AsyncGenerator<fs.Dirent, void> {
    try {
      for (;;) {
        const entry = await this.#readPromised(undefined);
        if (entry === null) return;
        yield entry;
      }
    } finally {
      await this.close();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<fs.Dirent, void> {
    return this.entries();
  }

  // Disposing of a closed Dir is no error. If this Node's Dir lacks these methods, they are removed again below.
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.closeSync();
  }
}

/** Any other object is taken for an invalid callback, as in Node. */
function areOptions(value: unknown): value is CallOptions {
  return typeof value === 'object' && value !== null && ('signal' in value || 'timeout' in value);
}

likeNodeDir(Dir.prototype);
Object.setPrototypeOf(Dir.prototype, fs.Dir.prototype);
Object.defineProperty(Dir.prototype, Symbol.asyncIterator, {
  configurable: true,
  enumerable: false,
  writable: true,
  value: Dir.prototype.entries,
});
for (const symbol of [Symbol.asyncDispose, Symbol.dispose] as const) {
  if (!(symbol in fs.Dir.prototype)) delete (Dir.prototype as Partial<Dir>)[symbol];
}
