// read, readv, write and writev of a descriptor, with arguments in all the shapes that Node takes.
import type * as fs from 'node:fs';
import type { Callback, Pass } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { limitsPositions } from '../../node/version';
import type { CallOptions } from '../../validate/call-options';
import {
  validateBuffer,
  validateBufferArray,
  validateInteger,
  validateOffsetLengthRead,
  validateOffsetLengthWrite,
  validatePosition,
  validateStringData,
} from '../../validate/values';
import { descriptorCall } from '../requests/request';
import {
  fillBytes,
  fillTarget,
  fillText,
  fillVector,
  READ,
  READV,
  type View,
  type Window,
  WRITE,
  WRITEV,
} from '../requests/transfers';
import {
  Answer,
  define,
  descriptor,
  isObject,
  isOurs,
  LEAVE_TO_NODE,
  ours,
  type Prepared,
  shown,
} from './define';

/** Passes the number of bytes, and the buffer, which is kept alive until then. */
const passCount: Pass = (callback, error, value, buffer) => callback(error, (value as number) || 0, buffer);

const NO_WINDOW: Window = {};
const BUFFER_SIZE = 16384;

function windowOf(value: unknown): Window {
  if (value === undefined || value === null) return NO_WINDOW;
  if (!isObject(value) || Array.isArray(value)) throw LEAVE_TO_NODE;
  return ours(value);
}

function callbackAt(args: unknown[], at: number): Callback {
  const callback = args[at];
  if (typeof callback !== 'function') throw LEAVE_TO_NODE;
  return callback as Callback;
}

type Failure = NodeJS.ErrnoException | null;
type Transfer<T> = (error: Failure, count: number, buffer: T) => void;

/** The types of read and write for a part of a buffer. Options come last. */
type PartWithOptions = <T extends View>(
  fd: number,
  buffer: T,
  offset: number | null | undefined,
  length: number | null | undefined,
  position: fs.ReadPosition | null | undefined,
  options: CallOptions,
  callback: Transfer<T>,
) => void;

type TextWithOptions = (
  fd: number,
  text: string,
  position: number | null | undefined,
  encoding: BufferEncoding | null | undefined,
  options: CallOptions,
  callback: Transfer<string>,
) => void;

type VectorWithOptions = {
  <T extends readonly View[]>(fd: number, buffers: T, options: CallOptions, callback: Transfer<T>): void;
  <T extends readonly View[]>(
    fd: number,
    buffers: T,
    position: number | null | undefined,
    options: CallOptions,
    callback: Transfer<T>,
  ): void;
};

export const read = define<typeof fs.read & PartWithOptions>(
  'read',
  ['fd', 'buffer', 'offset?', 'length?', 'position?'],
  (args) => {
    const fd = descriptor(args[0]);
    let [, buffer, offset, length, position] = args;
    let options: Window | undefined;
    let at = args.length - 1;
    if (args.length <= 4) {
      if (args.length === 4) options = windowOf(offset);
      else if (args.length === 3 && !ArrayBuffer.isView(buffer)) {
        options = windowOf(buffer);
        buffer = options.buffer === undefined ? Buffer.alloc(BUFFER_SIZE) : options.buffer;
      } else if (args.length === 2) buffer = Buffer.alloc(BUFFER_SIZE);
      const window = options ?? NO_WINDOW;
      offset = window.offset === undefined ? 0 : window.offset;
      length =
        window.length === undefined ? (buffer as View)?.byteLength - (offset as number) : window.length;
      position = window.position;
    } else if (args.length === 7 && isOurs(args[5])) {
      options = ours(args[5]);
    } else {
      at = 5;
    }
    const callback = callbackAt(args, at);
    validateBuffer(buffer);
    if (offset === undefined || offset === null) offset = 0;
    else validateInteger(offset, 'offset', 0);
    const from = offset as number;
    const size = (length as number) | 0;
    const place = position ?? -1;
    if (limitsPositions) validatePosition(place, 'position', size);
    if (size === 0 && !options?.signal?.aborted) {
      return { callback, action: new Answer(0, buffer), pass: passCount };
    }
    if (buffer.byteLength === 0) throw LEAVE_TO_NODE;
    validateOffsetLengthRead(from, size, buffer.byteLength);
    validatePosition(place, 'position', size);
    const call = descriptorCall(READ, fd, shown(args), options);
    const action = fillTarget(call, buffer, from, size, place);
    return { callback, action, pass: passCount, kept: buffer };
  },
);

/** The shape of readv and writev: fd, buffers, position?, options? of this package, callback. */
function vector(type: CallType<number>, args: unknown[]): Prepared {
  const fd = descriptor(args[0]);
  const [, buffers, position] = args;
  validateBufferArray(buffers);
  const bare = typeof position === 'function';
  const at = bare ? 2 : isOurs(args[args.length - 2]) ? args.length - 1 : 3;
  if (at < 2 || at > 4) throw LEAVE_TO_NODE;
  const callback = callbackAt(args, at);
  const options = at === 2 ? undefined : ours(args[at - 1]);
  const call = descriptorCall(type, fd, shown(args), options);
  if (buffers.length === 0 && !call.signal?.aborted) {
    // Node's own answer needs no disk.
    if (type === READV) throw LEAVE_TO_NODE;
    return { callback, action: new Answer(0, buffers), pass: passCount };
  }
  return { callback, action: fillVector(call, buffers, position), pass: passCount, kept: buffers };
}

export const readv = define<typeof fs.readv & VectorWithOptions>(
  'readv',
  ['fd', 'buffers', 'position?'],
  (args) => vector(READV, args),
);
export const writev = define<typeof fs.writev & VectorWithOptions>(
  'writev',
  ['fd', 'buffers', 'position?'],
  (args) => vector(WRITEV, args),
);

function writeView(fd: number, args: unknown[], view: View): Prepared {
  const { byteLength } = view;
  let [, , offset, length, position] = args;
  let options: CallOptions | undefined;
  let callback: Callback;
  if (args.length === 7 && isOurs(args[5])) {
    callback = callbackAt(args, 6);
    options = ours(args[5]);
  } else {
    // As in Node, the last argument that is truthy.
    callback = (args[5] || position || length || offset) as Callback;
    if (typeof callback !== 'function') throw LEAVE_TO_NODE;
  }
  if (typeof offset === 'object') {
    const window = offset === null ? NO_WINDOW : (ours(offset) as Window);
    if (window !== NO_WINDOW) options = window;
    offset = window.offset === undefined ? 0 : window.offset;
    length = window.length === undefined ? byteLength - (offset as number) : window.length;
    position = window.position;
  }
  if (offset === undefined || offset === null || typeof offset === 'function') offset = 0;
  else validateInteger(offset, 'offset', 0);
  const from = offset as number;
  const size = typeof length === 'number' ? length : byteLength - from;
  validateOffsetLengthWrite(from, size, byteLength);
  const call = descriptorCall(WRITE, fd, shown(args), options);
  return {
    callback,
    action: fillBytes(call, view, from, size, position),
    pass: passCount,
    kept: view,
  };
}

function writeText(fd: number, args: unknown[], text: string): Prepared {
  let at = args.length - 1;
  let options: CallOptions | undefined;
  let [, , position, encoding] = args as [unknown, unknown, unknown, unknown];
  if (args.length === 6 && isOurs(args[4])) options = ours(args[4]);
  else if (typeof args[4] === 'function') at = 4;
  else {
    at = typeof position === 'function' ? 2 : 3;
    if (at === 2) position = undefined;
    encoding = 'utf8';
  }
  const callback = callbackAt(args, at);
  const call = descriptorCall(WRITE, fd, shown(args), options);
  return { callback, action: fillText(call, text, encoding, position), pass: passCount, kept: text };
}

export const write = define<typeof fs.write & PartWithOptions & TextWithOptions>(
  'write',
  ['fd', 'buffer', 'offset?', 'length?', 'position?'],
  (args) => {
    const fd = descriptor(args[0]);
    const data = args[1];
    if (ArrayBuffer.isView(data)) return writeView(fd, args, data as View);
    validateStringData(data, 'buffer');
    return writeText(fd, args, data);
  },
);
