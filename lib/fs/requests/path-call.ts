// The common shapes of calls: what names one or two paths, and what gives nothing back.
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { OpKind } from '../../engine/codes';
import { timeRules } from '../../node/version';
import { callOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';

export const FILE = OpKind.Top | OpKind.File;
export const DIR = OpKind.Top | OpKind.Dir;
export const PATH = OpKind.Top | OpKind.Path;

/** The type of a call whose promise resolves to undefined. */
export function voidType(
  fn: string,
  code: number,
  syscall: string,
  kind: number,
  changes: boolean,
): CallType<void> {
  return { fn, code, syscall, kind, changes, result: () => undefined };
}

/** The arguments as given, without those left out at the end. */
export function given(...args: unknown[]): readonly unknown[] {
  while (args.length > 0 && args.at(-1) === undefined) args.pop();
  return args;
}

/** A call on a path that has been checked; the caller adds what else it takes and starts it. */
export function pathCall<T>(
  type: CallType<T>,
  path: string | Uint8Array,
  args: readonly unknown[],
  options: unknown,
): Call<T> {
  const call = new Call(type, args, callOptions(options));
  call.path = path;
  return call;
}

/** A call on two paths, in the order of the function's arguments. */
export function twoPathCall<T>(
  type: CallType<T>,
  path: string | Uint8Array,
  dest: string | Uint8Array,
  args: readonly unknown[],
  options: unknown,
): Call<T> {
  const call = pathCall(type, path, args, options);
  call.dest = dest;
  return call;
}

/** Seconds since 1970, for the calls that set a file's times. */
export function setTimes(call: Call<unknown>, atime: number, mtime: number): void {
  call.d0 = atime;
  call.d1 = mtime;
  call.i0 = timeRules;
}

/** The extra last argument of functions that take no options in Node. */
export type ExtraOptions = CallOptions | null | undefined;
