// FileHandle: Node's, with calls of this package, listPending(), and `signal` and `timeout` on every call.
import { AsyncResource } from 'node:async_hooks';
import type {
  BigIntStats,
  Mode,
  ObjectEncodingOptions,
  ReadOptions,
  ReadOptionsWithBuffer,
  ReadStream,
  ReadVResult,
  StatOptions,
  Stats,
  TimeLike,
  WriteStream,
  WriteVResult,
} from 'node:fs';
import type { CreateReadStreamOptions, CreateWriteStreamOptions, FileReadResult } from 'node:fs/promises';
import type { Interface } from 'node:readline';
import type { ReadableStream } from 'node:stream/web';
import type { PendingOp } from '../../call/pending-op';
import { likeNodeFileHandle } from '../../node/imitate';
import { listForHandle } from '../../table';
import type { CallOptions } from '../../validate/call-options';
import * as file from './file';
import * as io from './io';
import { HandleBase } from './life';
import { createReadStream, createWriteStream, readLines, type WebStreamOptions, webStream } from './streams';

type View = NodeJS.ArrayBufferView;
/** Buffer<ArrayBuffer>. Before TypeScript 5.7 Buffer takes no type argument. */
type Bytes = ReturnType<typeof Buffer.alloc>;
type Encoded = ObjectEncodingOptions & CallOptions;
type Position = number | bigint | null;
type ReadWindow = Omit<ReadOptions, 'position'> & { position?: Position | undefined } & CallOptions;
type ReadRequest<T extends View> = Omit<ReadOptionsWithBuffer<T>, 'position'> & {
  position?: Position | undefined;
} & CallOptions;
type WriteWindow = {
  offset?: number | null | undefined;
  length?: number | null | undefined;
  position?: number | null | undefined;
} & CallOptions;
type Data = string | View | Iterable<string | View> | AsyncIterable<string | View>;
type Written<T> = Promise<{ bytesWritten: number; buffer: T }>;

const asyncIds = new WeakMap<FileHandle, AsyncResource>();

// The methods take rest arguments, so that params() of the pending op shows what the caller gave. They never throw, and
// they are no async functions: errors are rejections, and the promise is the call's own. scripts/fs-docs.mjs has most
// of the docstrings.
/**
 * An open file: what `open` of `pendingop/fs/promises` resolves to. It is Node's FileHandle with calls of this package.
 * Every method but close() takes `timeout` (ms) and `signal`, among Node's options or as a last argument. The methods
 * reject with the errors of the functions of the same name.
 *
 * @example
 * ```ts
 * import { open } from 'pendingop/fs/promises';
 * const handle = await open('/mnt/data/report', 'r');
 * try {
 *   const { bytesRead, buffer } = await handle.read({ position: 0, timeout: 2000 });
 *   console.log(buffer.toString('utf8', 0, bytesRead));
 * } finally {
 *   await handle.close();
 * }
 * ```
 */
export class FileHandle extends HandleBase {
  /** The id of the handle for async_hooks. */
  getAsyncId(): number {
    let resource = asyncIds.get(this);
    if (resource === undefined) {
      resource = new AsyncResource('FILEHANDLE');
      asyncIds.set(this, resource);
    }
    return resource.asyncId();
  }

  /** Lists the calls in flight on this handle that began while tracking was on. */
  listPending(): PendingOp[] {
    return listForHandle(this);
  }

  read<T extends View>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: Position,
    options?: CallOptions,
  ): Promise<FileReadResult<T>>;
  read<T extends View>(buffer: T, options?: ReadWindow): Promise<FileReadResult<T>>;
  read<T extends View = Bytes>(options?: ReadRequest<T>): Promise<FileReadResult<T>>;
  read(...args: unknown[]): Promise<io.ReadResult> {
    return io.read(this, args);
  }

  readv<T extends readonly View[]>(
    buffers: T,
    position?: number | null,
    options?: CallOptions,
  ): Promise<ReadVResult<T>>;
  readv(...args: unknown[]): Promise<io.ReadvResult> {
    return io.readv(this, args);
  }

  write<T extends View>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
    options?: CallOptions,
  ): Written<T>;
  write<T extends View>(buffer: T, options?: WriteWindow): Written<T>;
  write(
    text: string,
    position?: number | null,
    encoding?: BufferEncoding | null,
    options?: CallOptions,
  ): Written<string>;
  write(...args: unknown[]): Promise<io.WriteResult> {
    return io.write(this, args);
  }

  writev<T extends readonly View[]>(
    buffers: T,
    position?: number | null,
    options?: CallOptions,
  ): Promise<WriteVResult<T>>;
  writev(...args: unknown[]): Promise<io.WritevResult> {
    return io.writev(this, args);
  }

  readFile(options?: ({ encoding?: null | undefined } & CallOptions) | null): Promise<Bytes>;
  readFile(options: ({ encoding: BufferEncoding } & CallOptions) | BufferEncoding): Promise<string>;
  readFile(options?: Encoded | BufferEncoding | null): Promise<string | Bytes>;
  readFile(...args: unknown[]): Promise<string | Buffer> {
    return file.readFile(this, args);
  }

  writeFile(data: Data, options?: Encoded | BufferEncoding | null): Promise<void>;
  writeFile(...args: unknown[]): Promise<void> {
    return file.writeFile(this, args);
  }

  appendFile(data: Data, options?: Encoded | BufferEncoding | null): Promise<void>;
  appendFile(...args: unknown[]): Promise<void> {
    return file.appendFile(this, args);
  }

  stat(options?: StatOptions & CallOptions & { bigint?: false | undefined }): Promise<Stats>;
  stat(options: StatOptions & CallOptions & { bigint: true }): Promise<BigIntStats>;
  stat(options?: StatOptions & CallOptions): Promise<Stats | BigIntStats>;
  stat(...args: unknown[]): Promise<Stats | BigIntStats> {
    return file.stat(this, args);
  }

  chmod(mode: Mode, options?: CallOptions): Promise<void>;
  chmod(...args: unknown[]): Promise<void> {
    return file.chmod(this, args);
  }

  chown(uid: number, gid: number, options?: CallOptions): Promise<void>;
  chown(...args: unknown[]): Promise<void> {
    return file.chown(this, args);
  }

  utimes(atime: TimeLike, mtime: TimeLike, options?: CallOptions): Promise<void>;
  utimes(...args: unknown[]): Promise<void> {
    return file.utimes(this, args);
  }

  truncate(len?: number, options?: CallOptions): Promise<void>;
  truncate(...args: unknown[]): Promise<void> {
    return file.truncate(this, args);
  }

  sync(options?: CallOptions): Promise<void>;
  sync(...args: unknown[]): Promise<void> {
    return file.sync(this, args);
  }

  datasync(options?: CallOptions): Promise<void>;
  datasync(...args: unknown[]): Promise<void> {
    return file.datasync(this, args);
  }

  /**
   * Makes an fs.ReadStream of the file.
   *
   * @param options - Node's options; `timeout`: ms for each read; `signal`: ends the stream
   */
  createReadStream(options?: CreateReadStreamOptions & CallOptions): ReadStream {
    return createReadStream(this, options);
  }

  /**
   * Makes an fs.WriteStream of the file.
   *
   * @param options - Node's options; `timeout`: ms for each write; `signal`: ends the stream
   */
  createWriteStream(options?: CreateWriteStreamOptions & CallOptions): WriteStream {
    return createWriteStream(this, options);
  }

  /**
   * Makes an interface of node:readline that reads the file line by line.
   *
   * @param options - Node's options; `timeout`: ms for each read; `signal`: ends the stream
   */
  readLines(options?: CreateReadStreamOptions & CallOptions): Interface {
    return readLines(this, options);
  }

  /**
   * Makes a web stream of the file.
   *
   * @param options - Node's options; `timeout`: ms for each read
   */
  readableWebStream(options: WebStreamOptions = {}): ReadableStream {
    return webStream(this, options);
  }

  /** Closes the file, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

likeNodeFileHandle(FileHandle.prototype);
