// Streams over a FileHandle: Node's own stream classes, whose reads and writes go through the handle. Each stream holds
// a reference on the handle until it is done with it, and ends when the handle is closed. A stream that is made in a
// scope stays in that scope, whoever consumes it.
import type * as fs from 'node:fs';
import type { Interface } from 'node:readline';
import type {
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamDefaultController,
} from 'node:stream/web';
import { bound, boundAll } from '../../call/current-scope';
import { invalidState, methodNotImplemented } from '../../node/errors';
import {
  createReadStream as createReadStreamOfNode,
  createWriteStream as createWriteStreamOfNode,
} from '../../node/original';
import { streamsBytesOnly } from '../../node/version';
import type { CallOptions } from '../../validate/call-options';
import { validateBoolean, validateObject, validateString } from '../../validate/values';
import type { FileHandle } from './file-handle';
import { isClosing, retain, unretain } from './life';
import { type Destroyable, Reading } from './reading';

// Loaded when they are needed, so that programs without such streams start faster.
const readline = (): typeof import('node:readline') => require('node:readline');
const webStreams = (): typeof import('node:stream/web') => require('node:stream/web');

type BytesCallback = (error: Error | null, count?: number, buffer?: NodeJS.ArrayBufferView) => void;
type VectorCallback = (error: Error | null, count?: number, buffers?: NodeJS.ArrayBufferView[]) => void;
type EndCallback = (error?: Error | null) => void;

/**
 * The functions that a stream calls in place of those of node:fs. `calls`: the stream's signal and timeout, for each
 * call.
 */
function operationsOf(handle: FileHandle, calls: CallOptions, reading: Reading) {
  return {
    open(): never {
      throw methodNotImplemented('open()');
    },
    close(_fd: number, done: EndCallback): void {
      unretain(handle);
      handle.close().then(() => done(), done);
    },
    fsync(_fd: number, done: EndCallback): void {
      handle.sync(calls).then(() => done(), done);
    },
    read(
      _fd: number,
      buffer: Buffer,
      offset: number,
      length: number,
      position: number | undefined,
      done: BytesCallback,
    ) {
      const limits = { signal: reading.begin(calls.signal), timeout: calls.timeout };
      handle.read(buffer, offset, length, position, limits).then(
        ({ bytesRead }) => {
          reading.end();
          done(null, bytesRead, buffer);
        },
        (error: Error) => done(reading.end() ? null : error, 0, buffer),
      );
    },
    write(
      _fd: number,
      buffer: Buffer,
      offset: number,
      length: number,
      position: number | undefined,
      done: BytesCallback,
    ) {
      handle.write(buffer, offset, length, position, calls).then(
        (result) => done(null, result.bytesWritten, result.buffer),
        (error: Error) => done(error, 0, buffer),
      );
    },
    writev(_fd: number, buffers: Buffer[], position: number | undefined, done: VectorCallback) {
      handle.writev(buffers, position, calls).then(
        (result) => done(null, result.bytesWritten, result.buffers as Buffer[]),
        (error: Error) => done(error, 0, buffers),
      );
    },
  };
}

export interface StreamOptions extends CallOptions {
  fs?: unknown;
}

/** Makes a stream that holds a reference on the handle until it closes it. */
export function makeStream<S extends Destroyable & { close(): void }>(
  handle: FileHandle,
  options: StreamOptions | undefined,
  make: (options: object) => S,
): S {
  if (options?.fs) throw methodNotImplemented('FileHandle with fs');
  const calls: CallOptions = { signal: options?.signal, timeout: options?.timeout };
  const reading = new Reading();
  retain(handle);
  let stream: S;
  try {
    stream = make({ ...options, fd: handle.fd, fs: boundAll(operationsOf(handle, calls, reading)) });
  } catch (error) {
    unretain(handle);
    throw error;
  }
  reading.watch(stream);
  handle.on('close', stream.close.bind(stream));
  return stream;
}

export function createReadStream(handle: FileHandle, options: StreamOptions | undefined): fs.ReadStream {
  return makeStream(handle, options, (made) => createReadStreamOfNode('', made));
}

export function createWriteStream(handle: FileHandle, options: StreamOptions | undefined): fs.WriteStream {
  return makeStream(handle, options, (made) => createWriteStreamOfNode('', made));
}

export function readLines(handle: FileHandle, options: StreamOptions | undefined): Interface {
  return readline().createInterface({
    input: createReadStream(handle, options),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
}

export interface WebStreamOptions extends CallOptions {
  type?: 'bytes' | undefined;
  /** Whether the handle is closed when the stream has ended, was cancelled or has failed. */
  autoClose?: boolean | undefined;
}

/** The handles that have a web stream. Each can have one only. */
const locked = new WeakSet<FileHandle>();

function checkWebStreamOptions(options: WebStreamOptions): void {
  if (!streamsBytesOnly) {
    if (options.type !== undefined) validateString(options.type, 'options.type');
    return;
  }
  validateObject(options, 'options');
  const { type = 'bytes', autoClose = false } = options;
  validateBoolean(autoClose, 'options.autoClose');
  if (type === 'bytes') return;
  process.emitWarning(
    'A non-"bytes" options.type has no effect. A byte-oriented steam is always created.',
    'ExperimentalWarning',
  );
}

/** The bytes that Node reads at a time into a stream that is no byte stream. */
const CHUNK = 64 * 1024;
const BYTE_CHUNK = 16 * 1024;

export function webStream(handle: FileHandle, options: WebStreamOptions): ReadableStream {
  if (handle.fd === -1) throw invalidState('The FileHandle is closed');
  if (isClosing(handle)) throw invalidState('The FileHandle is closing');
  if (locked.has(handle)) throw invalidState('The FileHandle is locked');
  locked.add(handle);
  checkWebStreamOptions(options);

  const calls: CallOptions = { signal: options.signal, timeout: options.timeout };
  const read = bound((view: Uint8Array, length: number) => handle.read(view, 0, length, null, calls));
  let holds = true;
  const release = (): void => {
    if (!holds) return;
    holds = false;
    unretain(handle);
    // The promise of handle.close() tells how the close went.
    if (options.autoClose) handle.close().catch(() => undefined);
  };

  retain(handle);
  const made =
    options.type === 'bytes' || streamsBytesOnly ? byteStream(read, release) : chunkStream(read, release);
  handle.once('close', () => {
    if (!holds) return;
    release();
    // cancel() refuses a stream that has a reader, but its reads have to end all the same.
    if (made.stream.locked) made.end();
    else made.stream.cancel().catch(() => undefined);
  });
  return made.stream;
}

type Read = (view: Uint8Array, length: number) => Promise<{ bytesRead: number }>;

interface Made {
  stream: ReadableStream;
  /** Ends the stream and every read that waits on it. */
  end(): void;
}

function chunkStream(read: Read, release: () => void): Made {
  let controller!: ReadableStreamDefaultController;
  let open = true;
  const end = (): void => {
    if (open) controller.close();
    open = false;
    release();
  };
  const stream = new (webStreams().ReadableStream)({
    start(given) {
      controller = given;
    },
    async pull() {
      try {
        const chunk = new Uint8Array(CHUNK);
        const { bytesRead } = await read(chunk, CHUNK);
        if (!open) return;
        if (bytesRead === 0) end();
        else controller.enqueue(bytesRead === CHUNK ? chunk.buffer : chunk.buffer.slice(0, bytesRead));
      } catch (error) {
        release();
        throw error;
      }
    },
    cancel() {
      open = false;
      release();
    },
  });
  return { stream, end };
}

function byteStream(read: Read, release: () => void): Made {
  let controller!: ReadableByteStreamController;
  let open = true;
  const end = (): void => {
    if (!open) return;
    open = false;
    controller.close();
    // In a closed byte stream, a read into the reader's buffer ends only when its request is answered.
    (controller.byobRequest as { respond(bytes: number): void } | null)?.respond(0);
    release();
  };
  const stream = new (webStreams().ReadableStream)({
    type: 'bytes',
    autoAllocateChunkSize: BYTE_CHUNK,
    start(given) {
      controller = given as ReadableByteStreamController;
    },
    async pull() {
      const request = controller.byobRequest as { view: Uint8Array; respond(bytes: number): void } | null;
      if (!request) return;
      try {
        const { bytesRead } = await read(request.view, request.view.byteLength);
        if (!open) return;
        if (bytesRead === 0) end();
        else request.respond(bytesRead);
      } catch (error) {
        release();
        throw error;
      }
    },
    cancel() {
      open = false;
      release();
    },
  });
  return { stream, end };
}
