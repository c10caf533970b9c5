// read, readv, write and writev of a FileHandle: arguments in all the shapes that Node takes.
import { constants as os } from 'node:os';
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { systemError } from '../../node/errno-error';
import { argValue } from '../../node/errors';
import { refusesPositions } from '../../node/version';
import { callOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import {
  validateBuffer,
  validateBufferArray,
  validateEncoding,
  validateInteger,
  validateNullableObject,
  validateOffsetLengthRead,
  validateOffsetLengthWrite,
  validatePosition,
  validateStringData,
} from '../../validate/values';
import { type HandleBase, launch, rejectClosed, settled } from './life';

type View = NodeJS.ArrayBufferView;

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

// Results have no prototype. Object.create(null) gives an object with fast properties, unlike a literal with __proto__.
function readResult(bytesRead: number, buffer: View): ReadResult {
  const result = Object.create(null) as ReadResult;
  result.bytesRead = bytesRead;
  result.buffer = buffer;
  return result;
}

function readvResult(bytesRead: number, buffers: readonly View[]): ReadvResult {
  const result = Object.create(null) as ReadvResult;
  result.bytesRead = bytesRead;
  result.buffers = buffers;
  return result;
}

function writeResult(bytesWritten: number, buffer: View | string): WriteResult {
  const result = Object.create(null) as WriteResult;
  result.bytesWritten = bytesWritten;
  result.buffer = buffer;
  return result;
}

function writevResult(bytesWritten: number, buffers: readonly View[]): WritevResult {
  const result = Object.create(null) as WritevResult;
  result.bytesWritten = bytesWritten;
  result.buffers = buffers;
  return result;
}

const kind = OpKind.Top | OpKind.File;

const READ: CallType<ReadResult> = {
  fn: 'read',
  code: Code.read,
  syscall: 'read',
  kind,
  changes: false,
  result: (done, call) => readResult(done.value, call.into as View),
  settled,
};

const READV: CallType<ReadvResult> = {
  fn: 'readv',
  code: Code.readv,
  syscall: 'read',
  kind,
  changes: false,
  result: (done, call) => readvResult(done.value, call.vector as readonly View[]),
  settled,
};

const WRITE: CallType<WriteResult> = {
  fn: 'write',
  code: Code.write,
  syscall: 'write',
  kind,
  changes: true,
  result: (done, call) => writeResult(done.value, call.extra as View | string),
  settled,
};

const WRITEV: CallType<WritevResult> = {
  fn: 'writev',
  code: Code.writev,
  syscall: 'write',
  kind,
  changes: true,
  result: (done, call) => writevResult(done.value, call.vector as readonly View[]),
  settled,
};

/** No transfer takes more; Linux itself stops a page earlier. */
const LONGEST = 2 ** 31 - 1;

function readPosition(position: unknown, length: number): number {
  if (!refusesPositions) return givenPosition(position);
  if (position === null || position === undefined) return -1;
  validatePosition(position, 'position', length);
  return Number(position);
}

/** Anything but a position that can be meant is the current one. */
export const givenPosition = (position: unknown): number =>
  Number.isSafeInteger(position) && (position as number) >= 0 ? (position as number) : -1;

interface Window extends CallOptions {
  buffer?: unknown;
  offset?: unknown;
  length?: unknown;
  position?: unknown;
}

/**
 * What Node answers without a system call, unless the signal says no: then start() rejects. The call's
 * constructor has checked the options by now.
 */
function unlessAborted<T>(
  handle: HandleBase,
  call: Call<T>,
  options: CallOptions | undefined,
  result: T,
): Promise<T> {
  return options?.signal?.aborted ? launch(handle, call) : Promise.resolve(result);
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
    const call = new Call(READ, args, options);
    call.into = buffer as NodeJS.ArrayBufferView;
    call.d0 = readPosition(position, count);
    if (count === 0) return unlessAborted(handle, call, options, readResult(0, buffer as View));
    if (buffer.byteLength === 0) throw argValue('buffer', buffer, 'is empty and cannot be written');
    validateOffsetLengthRead(from, count, buffer.byteLength);
    // Node aborts the process for these.
    validateInteger(count, 'length', 0);
    if (count > LONGEST) count = LONGEST;
    call.offset = from;
    call.length = count;
    return launch(handle, call);
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
    call.vector = buffers;
    // Reading into nothing is an error, while writing nothing is none.
    if (buffers.length === 0 && !options?.signal?.aborted) throw systemError(-os.errno.EINVAL, 'read');
    call.d0 = givenPosition(position);
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

const bytesOf = (view: View, offset: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, length);

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
    // null is a window, too: what follows it does not count.
    const window: Window = offset ?? {};
    options = offset === null ? callOptions(args[4]) : window;
    offset = window.offset === undefined ? 0 : window.offset;
    length = window.length;
    position = window.position;
  } else if (args.length > 4) {
    options = callOptions(args[4]);
  }
  const call = new Call(WRITE, args, options);
  call.extra = view;
  if (size === 0) return unlessAborted(handle, call, options, writeResult(0, view));
  if (offset === undefined || offset === null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  const from = offset as number;
  const count = typeof length === 'number' ? length : size - from;
  validateOffsetLengthWrite(from, count, size);
  call.data = from === 0 && count === size && view instanceof Uint8Array ? view : bytesOf(view, from, count);
  call.d0 = givenPosition(position);
  return launch(handle, call);
}

function writeString(handle: HandleBase, text: unknown, args: readonly unknown[]): Promise<WriteResult> {
  const position = args[1];
  const encoding = args[2];
  const options = callOptions(args[3]) ?? callOptions(position);
  const call = new Call(WRITE, args, options);
  // Anything empty passes here: an ArrayBuffer, say.
  if ((text as { byteLength?: unknown } | null | undefined)?.byteLength === 0) {
    return unlessAborted(handle, call, options, writeResult(0, text as View));
  }
  validateStringData(text, 'buffer');
  validateEncoding(text, encoding);
  call.extra = text;
  const known = typeof encoding === 'string' && Buffer.isEncoding(encoding);
  call.data = Buffer.from(text, known ? encoding : 'utf8');
  call.d0 = givenPosition(position);
  return launch(handle, call);
}

export function writev(handle: HandleBase, args: readonly unknown[]): Promise<WritevResult> {
  if (handle.fd === -1) return rejectClosed('writev');
  try {
    const buffers = args[0];
    const position = args[1];
    validateBufferArray(buffers);
    const options = callOptions(args[2]);
    const call = new Call(WRITEV, args, options);
    call.vector = buffers;
    if (buffers.length === 0) return unlessAborted(handle, call, options, writevResult(0, buffers));
    call.d0 = givenPosition(position);
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}
