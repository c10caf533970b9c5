// The calls of a FileHandle, except reads and writes of buffers: whole files, attributes, sync. Each is made from the
// request of the function that takes a descriptor, under the method's name.
import type { BigIntStats, Stats } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { Call } from '../../call';
import { composite } from '../../call/composite';
import type { CallType } from '../../call/type';
import { OpKind } from '../../engine/codes';
import { callOptions, type FileOptions, parseOptions } from '../../validate/arguments';
import type { Encoding } from '../../validate/call-options';
import { validateBoolean } from '../../validate/values';
import * as attributes from '../requests/attributes';
import { APPEND_FILE, bytesOf, fillRead, fillWrite, READ_FILE, WRITE_FILE } from '../requests/files';
import { ftruncate } from '../requests/paths';
import type { DescriptorRequest } from '../requests/request';
import { FSTAT, handleStatCall } from '../requests/stats';
import { fillBytes, WRITE } from '../requests/transfers';
import { type BufferOption, bufferOption, readInto } from '../results/read-into';
import { attach, type HandleBase, rejectClosed, settled, startOn, withHandle } from './life';

type Method<T> = (handle: HandleBase, args: readonly unknown[]) => Promise<T>;

/** Node's errors of a closed handle name the function that takes a descriptor: `fstat` for stat(). */
function method<T>(fn: string, request: DescriptorRequest<T>): Method<T> {
  const type: CallType<T> = { ...request.type, fn, settled };
  // The descriptor is not among the arguments of the method.
  const optionsAt = request.takes.length - 1;
  return (handle, args) => {
    if (handle.fd === -1) return rejectClosed(request.type.fn);
    try {
      const call = new Call(type, args, callOptions(args[optionsAt]));
      request.fill(call, args[0], args[1]);
      return startOn(handle, call);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

export const chmod = method('chmod', attributes.fchmod);
export const chown = method('chown', attributes.fchown);
export const utimes = method('utimes', attributes.futimes);
export const truncate = method('truncate', ftruncate);
export const sync = method('sync', attributes.fsync);
export const datasync = method('datasync', attributes.fdatasync);

const STAT = {
  numbers: { ...FSTAT.numbers, fn: 'stat', settled },
  bigints: { ...FSTAT.bigints, fn: 'stat', settled },
};

export const stat: Method<Stats | BigIntStats> = (handle, args) => {
  if (handle.fd === -1) return rejectClosed('fstat');
  try {
    return startOn(handle, handleStatCall(STAT, args, args[0]));
  } catch (error) {
    return Promise.reject(error);
  }
};

const READ_HANDLE: CallType<string | Buffer> = { ...READ_FILE.byDescriptor, settled };

export const readFile: Method<string | Buffer> = (handle, args) => {
  if (handle.fd === -1) return rejectClosed('readFile');
  try {
    const options = parseOptions(args[0]);
    const buffer = bufferOption(options);
    checkDecoder(options);
    const content = startOn(handle, fillRead(new Call(READ_HANDLE, args, options), options));
    return buffer === undefined ? content : content.then(intoBuffer(buffer, options));
  } catch (error) {
    return Promise.reject(error);
  }
};

/** There is no decoder for 'buffer'. For a handle Node finds that out before it reads, for a path afterwards. */
function checkDecoder({ encoding }: FileOptions): void {
  if (encoding === 'buffer') new StringDecoder(encoding as BufferEncoding);
}

/** For readFile's option `buffer`. */
export const intoBuffer =
  (buffer: BufferOption, options: FileOptions) =>
  (content: string | Buffer): string | Buffer => {
    checkDecoder(options);
    return readInto(buffer, content as Buffer, options.encoding);
  };

export type Chunks = Iterable<unknown> | AsyncIterable<unknown>;

/** Returns whether writeFile writes the data piece by piece. */
export function isChunks(data: unknown): data is Chunks {
  if (data === null || data === undefined || typeof data === 'string' || ArrayBuffer.isView(data))
    return false;
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = data as AsyncIterable<unknown> &
    Iterable<unknown>;
  return typeof async === 'function' || typeof sync === 'function';
}

const CHUNK: CallType<number> = { ...WRITE, kind: OpKind.File };

const LONGEST_CHUNK = 512 * 1024;

/**
 * Writes every piece at the descriptor's position, one after the other. `prepare` gives each write its descriptor. If
 * the parent was interrupted, the next write rejects at its start, which ends the loop and with it the caller's
 * iterator.
 */
export async function writeChunks(
  parent: Call<unknown>,
  prepare: (call: Call<number>) => void,
  data: Chunks,
  encoding: Encoding,
): Promise<void> {
  for await (const piece of data) {
    if (ArrayBuffer.isView(piece) && piece.byteLength === 0) continue;
    const bytes = ArrayBuffer.isView(piece)
      ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
      : Buffer.from(piece as string, (encoding || 'utf8') as BufferEncoding);
    for (let done = 0; done < bytes.byteLength; ) {
      const chunk = bytes.subarray(done, done + LONGEST_CHUNK);
      const call = new Call(CHUNK, [chunk]);
      call.parent = parent;
      fillBytes(call, chunk, 0, chunk.byteLength, undefined);
      prepare(call);
      done += await call.start();
    }
  }
}

const WRITE_HANDLE: CallType<void> = { ...WRITE_FILE.byDescriptor, settled };
const APPEND_HANDLE: CallType<void> = { ...APPEND_FILE.byDescriptor, settled };

/** appendFile() of a descriptor does the same as writeFile(). */
const writing =
  (type: CallType<void>): Method<void> =>
  (handle, args) => {
    if (handle.fd === -1) return rejectClosed('writeFile');
    try {
      const [data, given] = args;
      const options = parseOptions(given);
      validateBoolean(options.flush ?? false, 'options.flush');
      if (isChunks(data)) return writeFileChunks(type, handle, args, options, data);
      const bytes = bytesOf(data, options.encoding);
      return startOn(handle, fillWrite(new Call(type, args, options), bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  };

export const writeFile = writing(WRITE_HANDLE);
export const appendFile = writing(APPEND_HANDLE);

function writeFileChunks(
  type: CallType<void>,
  handle: HandleBase,
  args: readonly unknown[],
  options: FileOptions,
  data: Chunks,
): Promise<void> {
  // A composite releases the handle by withHandle(), not by `settled`.
  return withHandle(handle, () =>
    composite({ ...type, settled: undefined }, args, options, '', '', (parent) => {
      attach(handle, parent);
      return writeChunks(parent, (call) => attach(handle, call), data, options.encoding);
    }),
  );
}
