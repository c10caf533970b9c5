// read, readv, write and writev of a FileHandle, with arguments in all the shapes that Node takes.
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { EINVAL } from '../../node/errno';
import { systemError } from '../../node/errno-error';
import { argValue } from '../../node/errors';
import { cutsLengths, refusesPositions } from '../../node/version';
import { callOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import {
  validateBuffer,
  validateBufferArray,
  validateInteger,
  validateNullableObject,
  validateOffsetLengthRead,
  validateOffsetLengthWrite,
  validatePosition,
  validateStringData,
} from '../../validate/values';
import * as transfers from '../requests/transfers';
import {
  fillBytes,
  fillTarget,
  fillText,
  fillVector,
  givenPosition,
  type View,
  type Window,
} from '../requests/transfers';
import { type HandleBase, rejectClosed, settled, startOn } from './life';

export interface ReadResult {
  bytesRead: number;
  buffer: View;
}
export interface ReadvResult {
  bytesRead: number;
  buffers: readonly View[];
}
export interface WriteResult {
  bytesWritten: number;
  buffer: View | string;
}
export interface WritevResult {
  bytesWritten: number;
  buffers: readonly View[];
}

/**
 * Makes results, which have no prototype. An object of Object.create(null) has fast properties in V8; a literal with
 * __proto__ has not.
 */
const resultOf =
  <R extends object>(count: string, memory: string) =>
  (bytes: number, buffers: unknown): R => {
    const result = Object.create(null) as Record<string, unknown>;
    result[count] = bytes;
    result[memory] = buffers;
    return result as R;
  };

const readResult = resultOf<ReadResult>('bytesRead', 'buffer');
const readvResult = resultOf<ReadvResult>('bytesRead', 'buffers');
const writeResult = resultOf<WriteResult>('bytesWritten', 'buffer');
const writevResult = resultOf<WritevResult>('bytesWritten', 'buffers');

const READ: CallType<ReadResult> = {
  ...transfers.READ,
  result: (done, call) => readResult(done.value, call.into),
  settled,
};
const READV: CallType<ReadvResult> = {
  ...transfers.READV,
  result: (done, call) => readvResult(done.value, call.vector),
  settled,
};
/** The first argument of the call is the buffer or the text. */
const WRITE: CallType<WriteResult> = {
  ...transfers.WRITE,
  result: (done, call) => writeResult(done.value, call.args[0]),
  settled,
};
const WRITEV: CallType<WritevResult> = {
  ...transfers.WRITEV,
  result: (done, call) => writevResult(done.value, call.vector),
  settled,
};

/** No single transfer takes more bytes. Linux itself stops a page earlier. */
const LONGEST = 2 ** 31 - 1;

function readPosition(position: unknown, length: number): number | bigint {
  if (!refusesPositions) return givenPosition(position);
  if (position === null || position === undefined) return -1;
  validatePosition(position, 'position', length);
  return position;
}

/**
 * Returns a result that Node gives without a system call. If the signal is aborted, start() rejects instead. The
 * constructor of the call has checked the options.
 */
function unlessAborted<T>(
  handle: HandleBase,
  call: Call<T>,
  options: CallOptions | undefined,
  result: T,
): Promise<T> {
  return options?.signal?.aborted ? startOn(handle, call) : Promise.resolve(result);
}

export function read(handle: HandleBase, args: readonly unknown[]): Promise<ReadResult> {
  if (handle.fd === -1) return rejectClosed('read');
  try {
    let buffer = args[0];
    let offset = args[1];
    let length = args[2];
    let position = args[3];
    let options: CallOptions | undefined;
    if (!ArrayBuffer.isView(buffer)) {
      if (buffer !== undefined) validateNullableObject(buffer, 'options');
      const window: Window = buffer ?? {};
      options = window;
      buffer = window.buffer === undefined ? Buffer.alloc(16384) : window.buffer;
      offset = window.offset === undefined ? 0 : window.offset;
      position = window.position;
      length = window.length === undefined ? (buffer as View).byteLength - (offset as number) : window.length;
      validateBuffer(buffer);
    } else if (args.length > 4) {
      options = callOptions(args[4]);
    }
    if (typeof offset === 'object' && offset !== null) {
      const window: Window = offset;
      options = window;
      offset = window.offset === undefined ? 0 : window.offset;
      length = window.length === undefined ? buffer.byteLength - (offset as number) : window.length;
      position = window.position;
    }
    if (offset === undefined || offset === null) offset = 0;
    else validateInteger(offset, 'offset', 0);
    const from = offset as number;
    let count = (length ?? buffer.byteLength - from) as number;
    if (cutsLengths) count |= 0;
    const call = new Call(READ, args, options);
    const place = readPosition(position, count);
    if (count === 0) return unlessAborted(handle, call, options, readResult(0, buffer));
    if (buffer.byteLength === 0) throw argValue('buffer', buffer, 'is empty and cannot be written');
    validateOffsetLengthRead(from, count, buffer.byteLength);
    // Node aborts the process for an invalid length.
    validateInteger(count, 'length', 0);
    if (count > LONGEST) count = LONGEST;
    return startOn(handle, fillTarget(call, buffer as View, from, count, place));
  } catch (error) {
    return Promise.reject(error);
  }
}

export function readv(handle: HandleBase, args: readonly unknown[]): Promise<ReadvResult> {
  if (handle.fd === -1) return rejectClosed('readv');
  try {
    const buffers = args[0];
    const position = args[1];
    validateBufferArray(buffers);
    const options = callOptions(args[2]);
    const call = new Call(READV, args, options);
    fillVector(call, buffers, position);
    // Reading into no buffer is an error. Writing no buffer is not.
    if (buffers.length === 0 && !options?.signal?.aborted) throw systemError(EINVAL, 'read');
    return startOn(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function write(handle: HandleBase, args: readonly unknown[]): Promise<WriteResult> {
  if (handle.fd === -1) return rejectClosed('write');
  try {
    const buffer = args[0];
    return ArrayBuffer.isView(buffer)
      ? writeView(handle, buffer as View, args)
      : writeString(handle, buffer, args);
  } catch (error) {
    return Promise.reject(error);
  }
}

function writeView(handle: HandleBase, view: View, args: readonly unknown[]): Promise<WriteResult> {
  const size = view.byteLength;
  let offset = args[1];
  let length = args[2];
  let position = args[3];
  let options: CallOptions | undefined;
  if (typeof offset === 'object') {
    // null counts as a window: the arguments behind it are ignored.
    const window: Window = offset ?? {};
    options = offset === null ? callOptions(args[4]) : window;
    offset = window.offset === undefined ? 0 : window.offset;
    length = window.length;
    position = window.position;
  } else if (args.length > 4) {
    options = callOptions(args[4]);
  }
  const call = new Call(WRITE, args, options);
  if (size === 0) return unlessAborted(handle, call, options, writeResult(0, view));
  if (offset === undefined || offset === null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  const from = offset as number;
  const count = typeof length === 'number' ? length : size - from;
  validateOffsetLengthWrite(from, count, size);
  return startOn(handle, fillBytes(call, view, from, count, position));
}

function writeString(handle: HandleBase, text: unknown, args: readonly unknown[]): Promise<WriteResult> {
  const position = args[1];
  const encoding = args[2];
  const options = callOptions(args[3]) ?? callOptions(position);
  const call = new Call(WRITE, args, options);
  // As in Node, anything with a byteLength of 0 passes: an ArrayBuffer, for instance.
  if ((text as { byteLength?: unknown } | null | undefined)?.byteLength === 0) {
    return unlessAborted(handle, call, options, writeResult(0, text as View));
  }
  validateStringData(text, 'buffer');
  return startOn(handle, fillText(call, text, encoding, position));
}

export function writev(handle: HandleBase, args: readonly unknown[]): Promise<WritevResult> {
  if (handle.fd === -1) return rejectClosed('writev');
  try {
    const buffers = args[0];
    const position = args[1];
    validateBufferArray(buffers);
    const options = callOptions(args[2]);
    const call = new Call(WRITEV, args, options);
    fillVector(call, buffers, position);
    if (buffers.length === 0) return unlessAborted(handle, call, options, writevResult(0, buffers));
    return startOn(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}
