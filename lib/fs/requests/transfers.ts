// read, readv, write and writev of a descriptor or a FileHandle. The two take their arguments in different shapes,
// which their own functions check; what follows is the same.
import type { Call } from '../../call';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { setPosition } from '../../engine/operands';
import { isWindows } from '../../node/windows';
import type { CallOptions } from '../../validate/call-options';
import { validateEncoding } from '../../validate/values';
import { FILE } from './request';

export type View = NodeJS.ArrayBufferView;

const count = { kind: FILE, result: (done: { value: number }): number => done.value };

export const READ: CallType<number> = {
  ...count,
  fn: 'read',
  code: Code.read,
  syscall: 'read',
  changes: false,
};
export const READV: CallType<number> = {
  ...count,
  fn: 'readv',
  code: Code.readv,
  syscall: 'read',
  changes: false,
};
export const WRITE: CallType<number> = {
  ...count,
  fn: 'write',
  code: Code.write,
  syscall: 'write',
  changes: true,
};
export const WRITEV: CallType<number> = {
  ...count,
  fn: 'writev',
  code: Code.writev,
  syscall: 'write',
  changes: true,
};

/** Options that name a part of the buffer, and a position in the file. */
export interface Window extends CallOptions {
  buffer?: unknown;
  offset?: unknown;
  length?: unknown;
  position?: unknown;
}

/** Returns the position; -1, the descriptor's own position, for anything that is no valid one. */
export const givenPosition = (position: unknown): number =>
  Number.isSafeInteger(position) && ((position as number) >= 0 || isWindows) ? (position as number) : -1;

/** `offset` and `length` have been checked. */
export function fillTarget<T>(
  call: Call<T>,
  into: View,
  offset: number,
  length: number,
  position: number | bigint,
): Call<T> {
  call.into = into;
  call.offset = offset;
  call.length = length;
  setPosition(call, position);
  return call;
}

export function fillVector<T>(call: Call<T>, buffers: readonly View[], position: unknown): Call<T> {
  call.vector = buffers;
  setPosition(call, givenPosition(position));
  return call;
}

/** `offset` and `length` have been checked. */
export function fillBytes<T>(
  call: Call<T>,
  view: View,
  offset: number,
  length: number,
  position: unknown,
): Call<T> {
  const whole = offset === 0 && length === view.byteLength && view instanceof Uint8Array;
  call.data = whole ? view : new Uint8Array(view.buffer, view.byteOffset + offset, length);
  setPosition(call, givenPosition(position));
  return call;
}

/** An unknown encoding counts as UTF-8. */
export function fillText<T>(call: Call<T>, text: string, encoding: unknown, position: unknown): Call<T> {
  validateEncoding(text, encoding);
  const known = typeof encoding === 'string' && Buffer.isEncoding(encoding);
  call.data = Buffer.from(text, known ? encoding : 'utf8');
  setPosition(call, givenPosition(position));
  return call;
}
