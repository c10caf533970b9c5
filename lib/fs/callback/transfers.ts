// read, readv, write and writev of a descriptor: arguments in all the shapes that Node takes.
import type * as fs from 'node:fs';
import { Call } from '../../call';
import type { Callback, Pass } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { limitsPositions } from '../../node/version';
import type { CallOptions } from '../../validate/call-options';
import {
  validateBuffer,
  validateBufferArray,
  validateEncoding,
  validateInteger,
  validateOffsetLengthRead,
  validateOffsetLengthWrite,
  validatePosition,
  validateStringData,
} from '../../validate/values';
import { givenPosition } from '../handle/io';
import { FILE } from '../requests/path-call';
import { callLater, define, descriptor, isObject, isOurs, NODES_OWN, ours, shown, wait } from './define';

type View = NodeJS.ArrayBufferView;

/** How many bytes, and the buffer again, which lives until then. */
const passCount: Pass = (callback, error, value, buffer) => callback(error, (value as number) || 0, buffer);

const count = { kind: FILE, result: (done: { value: number }) => done.value };
const READ: CallType<number> = { ...count, fn: 'read', code: Code.read, syscall: 'read', changes: false };
const READV: CallType<number> = { ...count, fn: 'readv', code: Code.readv, syscall: 'read', changes: false };
const WRITE: CallType<number> = { ...count, fn: 'write', code: Code.write, syscall: 'write', changes: true };
const WRITEV: CallType<number> = {
  ...count,
  fn: 'writev',
  code: Code.writev,
  syscall: 'write',
  changes: true,
};

interface Window extends CallOptions {
  buffer?: unknown;
  offset?: unknown;
  length?: unknown;
  position?: unknown;
}

const NO_WINDOW: Window = {};
const BUFFER_SIZE = 16384;
/** The largest double that the kernel's offsets have room for. */
const LAST_POSITION = 2 ** 63 - 1024;

function windowOf(value: unknown): Window {
  if (value === undefined || value === null) return NO_WINDOW;
  if (!isObject(value) || Array.isArray(value)) throw NODES_OWN;
  return ours(value);
}

function callbackAt(args: unknown[], at: number): Callback {
  const callback = args[at];
  if (typeof callback !== 'function') throw NODES_OWN;
  return callback as Callback;
}

export const read = define<typeof fs.read>('read', (args) => {
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
    length = window.length === undefined ? (buffer as View)?.byteLength - (offset as number) : window.length;
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
    return callLater(callback, 0, buffer);
  }
  if (buffer.byteLength === 0) throw NODES_OWN;
  validateOffsetLengthRead(from, size, buffer.byteLength);
  validatePosition(place, 'position', size);
  const call = new Call(READ, shown(args), options);
  call.fd = fd;
  call.into = buffer;
  call.offset = from;
  call.length = size;
  call.d0 = Math.min(Number(place), LAST_POSITION);
  wait(callback, passCount, buffer);
  return call;
});

/** What readv and writev have in common: fd, buffers, position?, options? of ours, callback. */
function vector(type: CallType<number>, args: unknown[]): Call<number> | undefined {
  const fd = descriptor(args[0]);
  const [, buffers, position] = args;
  validateBufferArray(buffers);
  const bare = typeof position === 'function';
  const at = bare ? 2 : isOurs(args[args.length - 2]) ? args.length - 1 : 3;
  if (at < 2 || at > 4) throw NODES_OWN;
  const callback = callbackAt(args, at);
  const options = at === 2 ? undefined : ours(args[at - 1]);
  const call = new Call(type, shown(args), isObject(options) ? options : undefined);
  call.fd = fd;
  call.vector = buffers;
  call.d0 = givenPosition(position);
  if (buffers.length === 0 && !call.signal?.aborted) {
    // Node's answer to this needs no disk.
    if (type === READV) throw NODES_OWN;
    return callLater(callback, 0, buffers);
  }
  wait(callback, passCount, buffers);
  return call;
}

export const readv = define<typeof fs.readv>('readv', (args) => vector(READV, args));
export const writev = define<typeof fs.writev>('writev', (args) => vector(WRITEV, args));

/** Position or none, as Node's native layer sees it. */
const placeOf = (position: unknown): number => (typeof position === 'number' ? givenPosition(position) : -1);

function writeView(args: unknown[], view: View): Call<number> {
  const { byteLength } = view;
  let [, , offset, length, position] = args;
  let options: CallOptions | undefined;
  let callback: Callback;
  if (args.length === 7 && isOurs(args[5])) {
    callback = callbackAt(args, 6);
    options = ours(args[5]);
  } else {
    // The last one that is given, whatever it is.
    callback = (args[5] || position || length || offset) as Callback;
    if (typeof callback !== 'function') throw NODES_OWN;
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
  const call = new Call(WRITE, shown(args), options);
  const whole = from === 0 && size === byteLength && view instanceof Uint8Array;
  call.data = whole ? view : new Uint8Array(view.buffer, view.byteOffset + from, size);
  call.d0 = placeOf(position);
  wait(callback, passCount, view);
  return call;
}

function writeText(args: unknown[], text: string): Call<number> {
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
  validateEncoding(text, encoding);
  const callback = callbackAt(args, at);
  const call = new Call(WRITE, shown(args), options);
  const known = typeof encoding === 'string' && Buffer.isEncoding(encoding);
  call.data = Buffer.from(text, (known ? encoding : 'utf8') as BufferEncoding);
  call.d0 = placeOf(position);
  wait(callback, passCount, text);
  return call;
}

export const write = define<typeof fs.write>('write', (args) => {
  const fd = descriptor(args[0]);
  const data = args[1];
  let call: Call<number>;
  if (ArrayBuffer.isView(data)) {
    call = writeView(args, data as View);
  } else {
    validateStringData(data, 'buffer');
    call = writeText(args, data);
  }
  call.fd = fd;
  return call;
});
