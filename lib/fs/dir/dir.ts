// Dir: an open directory. Node's semantics (queued reads, its errors, its iterator) on calls of the pool.
//
// It inherits from fs.Dir for the sake of `instanceof` and does not call its constructor: every member is its own.
import { AsyncResource } from 'node:async_hooks';
import * as fs from 'node:fs';
import type { Call } from '../../call';
import type { CallType } from '../../call/type';
import { closeBlocking } from '../../engine';
import { systemError } from '../../node/errno-error';
import { likeNodeDir } from '../../node/imitate';
import { closedDirRejects } from '../../node/version';
import { callOptions, type FileOptions, parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { limitOf, validateFunction, validateUint32 } from '../../validate/values';
import type { Body } from '../plan/plan';
import type * as steps from '../plan/steps';
import { complete, completeAll } from '../plan/wait';
import { openingDirectory, READ_OPEN } from '../requests/directories';
import { DIR, pathCall, type Request } from '../requests/request';
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

const opening = (settings: DirSettings): CallType<Dir> =>
  openingDirectory(DIR, (done, call) => new Dir(done.value, call.path, settings));

export type OpenDirOptions = fs.OpenDirOptions & CallOptions;

export const opendirRequest: Request<Dir> = {
  type: opening({ encoding: null, bufferSize: 32, recursive: false }),
  takes: ['path'],
  build([path], shown, options) {
    const valid = validPath(path);
    const parsed: FileOptions = parseOptions(options);
    const { bufferSize = 32, encoding, recursive } = parsed;
    validateUint32(bufferSize, 'options.bufferSize', true);
    return pathCall(opening({ encoding, bufferSize, recursive: Boolean(recursive) }), valid, shown, parsed);
  },
};

type ReadCallback = (error: NodeJS.ErrnoException | null, entry: fs.Dirent | null) => void;
type CloseCallback = (error?: NodeJS.ErrnoException | null) => void;

export class Dir {
  readonly #descriptor: Descriptor;
  readonly #entries: DirEntries;
  #closed = false;
  /** What waits for the operation in flight; null while there is none. */
  #queue: (() => void)[] | null = null;

  /** @internal */
  constructor(fd: number, path: steps.Path, settings: DirSettings) {
    this.#descriptor = descriptorOf(this, fd, path);
    this.#entries = new DirEntries(this, this.#descriptor, settings);
  }

  get path(): string {
    // Of what is no Dir of ours, the prototype for one, Node's own getter knows what to say.
    if (!(#descriptor in this)) return Reflect.get(fs.Dir.prototype, 'path', this);
    return this.#descriptor.path as string;
  }

  read(options?: CallOptions): Promise<fs.Dirent | null>;
  read(callback: ReadCallback, options?: CallOptions): void;
  read(callback?: ReadCallback | CallOptions, options?: CallOptions): Promise<fs.Dirent | null> | undefined {
    // biome-ignore lint/complexity/noArguments: read(undefined) is not read().
    const bare = arguments.length === 0 || areOptions(callback);
    // Of a closed one #read() rejects.
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
    // It may have been closed by what was queued before.
    if (this.#closed) {
      callback(closedError(), null);
      return;
    }
    const entry = this.#entries.take();
    if (entry !== undefined) {
      if (deferred) process.nextTick(callback, null, entry);
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
   * What was queued runs when the callback has returned: what the callback itself asks for comes after it, and what
   * awaits the promise finds no operation in flight.
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
   * Blocks the event loop, as its name says. With a `timeout` (ms) it waits for a worker that long, and throws a
   * TimeoutError; what an abandoned one of its reads still gets is lost. Without one nothing can end it on a stalled
   * file system; what has not been read by now is then read all at once, through a descriptor of Node's.
   */
  readSync(options?: CallOptions): fs.Dirent | null {
    this.#checkSync();
    if (options?.timeout !== undefined) {
      const { path } = this.#descriptor;
      const body = (parent: Call<unknown>): Body<fs.Dirent | null> => this.#entries.step(parent);
      const type: CallType<fs.Dirent | null> = { ...READ_OPEN, result: () => null };
      return completeAll(
        { type, args: [options], options, path, body },
        limitOf(options.timeout),
        this.readSync,
      );
    }
    return this.#entries.nextSync() as fs.Dirent | null;
  }

  /** Never interrupted. */
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
      process.nextTick(callback, closedError());
    } else if (this.#queue !== null) {
      this.#queue.push(AsyncResource.bind(() => this.#close(callback)));
    } else {
      this.#closed = true;
      closeDescriptor(this.#descriptor).then(() => callback(null), callback);
    }
  }

  /** `timeout` (ms) frees the caller; the directory is closed all the same. */
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

  // Disposing of a Dir that is closed already is no error. Taken away again below where this Node's Dir has neither.
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.closeSync();
  }
}

/** Any other object is a callback that is none, as in Node. */
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
