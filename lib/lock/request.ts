// The options of lock() and tryLock(), checked.
import type { Call } from '../call';
import { setLock } from '../engine/operands';
import { argValue, outOfRange } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { validateBoolean, validateInteger, validateNames } from '../validate/values';

/**
 * `flock`: a lock on the whole file, flock(2). `fcntl`: a lock on a range of bytes, an "open file description" lock of
 * fcntl(2).
 */
export type LockKind = 'flock' | 'fcntl';

/** Options of lock() and tryLock(): which lock they ask for. */
export interface LockOptions extends CallOptions {
  /**
   * `flock`: the whole file. `fcntl`: a range of bytes. On a local file system the two kinds do not see each other.
   * @default 'flock'
   */
  kind?: LockKind | undefined;
  /**
   * Whether other shared locks can be held at the same time. If false, the lock excludes all others.
   * @default false
   */
  shared?: boolean | undefined;
  /**
   * With `fcntl`: the first byte.
   * @default 0
   */
  start?: number | undefined;
  /**
   * With `fcntl`: the number of bytes; 0: all from `start` on, however long the file becomes.
   * @default 0
   */
  length?: number | undefined;
  /**
   * For a path: whether a missing file is created.
   * @default true
   */
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
    throw argValue(
      'options.create',
      create,
      'must be left out for a FileHandle, whose file is there already',
    );
  }
  const { start = 0, length = 0 } = rest;
  validateInteger(start, 'options.start', 0);
  validateInteger(length, 'options.length', 0);
  if (kind === 'flock' && (start !== 0 || length !== 0)) {
    throw argValue(
      'options.kind',
      kind,
      "must be 'fcntl' when start or length is given: 'flock' locks whole files",
    );
  }
  if (start + length > Number.MAX_SAFE_INTEGER) {
    throw outOfRange('options.length', `<= ${Number.MAX_SAFE_INTEGER - start}`, length);
  }
  return { kind, shared, start, length, create, wait };
}

// LockType of binding/sys/sys.h.
const UNLOCK = 0;
const SHARED = 1;
const EXCLUSIVE = 2;
// The bits of binding/ops/lock.cc.
const WAIT = 1;
const FCNTL = 2;

function fill(call: Call<void>, request: LockRequest, type: number, how: number): void {
  const { kind, start, length } = request;
  setLock(call, type, kind === 'fcntl' ? how | FCNTL : how, start, length);
}

export const fillLock = (call: Call<void>, request: LockRequest): void =>
  fill(call, request, request.shared ? SHARED : EXCLUSIVE, request.wait ? WAIT : 0);

export const fillUnlock = (call: Call<void>, request: LockRequest): void => fill(call, request, UNLOCK, 0);

/** Returns whether the two have a byte in common, as the kernel would see them on one open file. */
export function overlap(one: LockRequest, other: LockRequest): boolean {
  if (one.kind !== other.kind) return false;
  const endOf = ({ start, length }: LockRequest): number => (length === 0 ? Infinity : start + length);
  return one.start < endOf(other) && other.start < endOf(one);
}
