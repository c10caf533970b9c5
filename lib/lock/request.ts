// What is asked for: the options of lock() and tryLock(), checked.
import type { Call } from '../call';
import { setLock } from '../engine/operands';
import { argValue, outOfRange } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { validateBoolean, validateInteger, validateNames } from '../validate/values';

export type LockKind = 'flock' | 'fcntl';

export interface LockOptions extends CallOptions {
  /**
   * `flock` (the default): the whole file. `fcntl`: a range of bytes, as an "open file description" lock. The two do
   * not see each other on a local file system.
   */
  kind?: LockKind | undefined;
  /** Together with other shared locks; default false: alone. */
  shared?: boolean | undefined;
  /** With `fcntl`: the first byte. Default 0. */
  start?: number | undefined;
  /** With `fcntl`: how many bytes; 0, the default: all from `start` on, however long the file becomes. */
  length?: number | undefined;
  /** For a path: whether to create the file when there is none. Default true. */
  create?: boolean | undefined;
}

/** A lock that is asked for, or held. */
export interface LockRequest {
  readonly kind: LockKind;
  readonly shared: boolean;
  readonly start: number;
  readonly length: number;
  readonly create: boolean;
  readonly wait: boolean;
}

const OPTIONS = new Set(['kind', 'shared', 'start', 'length', 'create', 'signal', 'timeout']);

export function parseLockOptions(options: unknown, wait: boolean, isPath: boolean): LockRequest {
  if (options === undefined) options = {};
  validateNames(options, OPTIONS);
  const { kind = 'flock', shared = false, create = true, ...rest } = options as LockOptions;
  if (kind !== 'flock' && kind !== 'fcntl')
    throw argValue('options.kind', kind, "must be 'flock' or 'fcntl'");
  validateBoolean(shared, 'options.shared');
  validateBoolean(create, 'options.create');
  if (!isPath && (options as LockOptions).create !== undefined) {
    throw argValue('options.create', create, 'is for a path: the file of a FileHandle is there');
  }
  const { start = 0, length = 0 } = rest;
  validateInteger(start, 'options.start', 0);
  validateInteger(length, 'options.length', 0);
  if (kind === 'flock' && (start !== 0 || length !== 0)) {
    throw argValue('options.kind', kind, "locks whole files: a range of bytes needs 'fcntl'");
  }
  if (start + length > Number.MAX_SAFE_INTEGER) {
    throw outOfRange('options.length', `<= ${Number.MAX_SAFE_INTEGER - start}`, length);
  }
  return { kind, shared, start, length, create, wait };
}

// binding/sys/sys.h, LockType.
const UNLOCK = 0;
const SHARED = 1;
const EXCLUSIVE = 2;
// binding/ops/lock.cc
const WAIT = 1;
const FCNTL = 2;

function fill(call: Call<void>, request: LockRequest, type: number, how: number): void {
  const { kind, start, length } = request;
  setLock(call, type, kind === 'fcntl' ? how | FCNTL : how, start, length);
}

export const fillLock = (call: Call<void>, request: LockRequest): void =>
  fill(call, request, request.shared ? SHARED : EXCLUSIVE, request.wait ? WAIT : 0);

export const fillUnlock = (call: Call<void>, request: LockRequest): void => fill(call, request, UNLOCK, 0);

/** Whether they have a byte in common, as the kernel would see it on one open file. */
export function overlap(one: LockRequest, other: LockRequest): boolean {
  if (one.kind !== other.kind) return false;
  const endOf = ({ start, length }: LockRequest): number => (length === 0 ? Infinity : start + length);
  return one.start < endOf(other) && other.start < endOf(one);
}
