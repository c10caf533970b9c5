// The error classes of this package, and how others tell them from any other error.
import { EINTR, ETIMEDOUT } from '../node/errno';
import type { PendingOp } from './pending-op';

/**
 * How an interrupted op ended. `cancelled`: no worker had taken it. `interrupted`: it left the kernel after a signal.
 * `killed`: its worker was killed, and the call ended with it. `abandoned`: its caller is free, but the kernel still
 * has the call. `completed`: it was over before the interrupt, and its caller has the real result.
 */
export type Outcome = 'cancelled' | 'interrupted' | 'killed' | 'abandoned' | 'completed';

/** What the error of an interrupted call tells about it. */
export interface InterruptDetails {
  syscall: string;
  path?: string | undefined;
  dest?: string | undefined;
  op: PendingOp;
  outcome: Outcome;
  mayHaveTakenEffect: boolean;
  bytesDone: number;
  cause?: unknown;
  handlerFailure?: { error: unknown } | undefined;
}

/** The brand of our errors, on the prototypes of their classes. All copies of this package in the process share it. */
const BRAND = Symbol.for('pendingop.error');

/** Returns the brand of `value`, whichever copy of the package has made it. */
const brandOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { [BRAND]?: unknown })[BRAND] : undefined;

const INTERRUPTS: readonly unknown[] = ['InterruptError', 'AbortError', 'TimeoutError'];

/** `instanceof` by the brand for our classes. For classes that are derived from them, it works as for any class. */
function hasInstance(made: { readonly prototype: object }, value: unknown): boolean {
  if (!Object.hasOwn(made.prototype, BRAND))
    return Function.prototype[Symbol.hasInstance].call(made as never, value);
  const [own, brand] = [brandOf(made.prototype), brandOf(value)];
  return own === 'InterruptError' ? INTERRUPTS.includes(brand) : own === brand;
}

/**
 * A call was ended by interrupt() or by a scope before it had its result. It is the base class of AbortError and
 * TimeoutError. `cause` is the reason that was given.
 */
export class InterruptError extends Error {
  /** The system's number of EINTR; for a TimeoutError that of ETIMEDOUT. Negative, as in Node's errors. */
  declare errno: number;
  /** `EINTR`; for an AbortError `ABORT_ERR`, for a TimeoutError `ETIMEDOUT`. */
  declare code: 'EINTR' | 'ABORT_ERR' | 'ETIMEDOUT';
  /** The system call, or the function, that the error is about. */
  declare syscall: string;
  /** The path that the caller gave; for a call on a handle, the path of the handle. */
  declare path?: string;
  /** The other path of a function that takes two. */
  declare dest?: string;
  /** The op at the time of the interrupt. Not enumerable. */
  declare op: PendingOp;
  /** How the op ended. */
  declare outcome: Outcome;
  /** Whether a change may have reached the disk all the same. */
  declare mayHaveTakenEffect: boolean;
  /** The bytes that were read or written by then, by functions that take several steps; otherwise 0. */
  declare bytesDone: number;
  /** The error of the op's `onInterrupt` handler: see trackOp(). */
  declare handlerError?: unknown;

  /** Errors of this class are made by this package. */
  constructor(message: string, details: InterruptDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.errno = EINTR;
    this.code = 'EINTR';
    this.syscall = details.syscall;
    if (details.path !== undefined) this.path = details.path;
    if (details.dest !== undefined) this.dest = details.dest;
    this.outcome = details.outcome;
    this.mayHaveTakenEffect = details.mayHaveTakenEffect;
    this.bytesDone = details.bytesDone;
    if (details.handlerFailure !== undefined) this.handlerError = details.handlerFailure.error;
    Object.defineProperty(this, 'op', {
      value: details.op,
      enumerable: false,
      configurable: true,
      writable: true,
    });
  }
}

/** The `signal` of the call, or of its scope, was aborted. `cause` is the signal's reason. */
export class AbortError extends InterruptError {
  /** Always `ABORT_ERR`. */
  declare code: 'ABORT_ERR';

  /** Errors of this class are made by this package. */
  constructor(details: InterruptDetails) {
    super('The operation was aborted', details);
    this.code = 'ABORT_ERR';
  }
}

/** The `timeout` of the call, of its scope, or of configure() was over. */
export class TimeoutError extends InterruptError {
  /** Always `ETIMEDOUT`. */
  declare code: 'ETIMEDOUT';

  /** Errors of this class are made by this package. */
  constructor(message: string, details: InterruptDetails) {
    super(message, details);
    this.errno = ETIMEDOUT;
    this.code = 'ETIMEDOUT';
  }
}

/**
 * The call was not begun, because too many calls are stuck on the mount: see configure({ maxStuckPerMount }). It is no
 * InterruptError.
 */
export class StalledError extends Error {
  /** Always `ERR_MOUNT_STALLED`. */
  declare code: 'ERR_MOUNT_STALLED';
  /** The system call that was not made. */
  declare syscall: string;
  /** The path that the caller gave. */
  declare path?: string;
  /** The mount point. */
  declare mount: string;

  /** Errors of this class are made by this package. */
  constructor(mount: string, syscall: string, path: string) {
    super(
      `The file system at '${mount}' does not answer, and as many calls are stuck on it as ` +
        'configure({ maxStuckPerMount }) allows; mounts.whenAvailable() waits until it answers. ' +
        `The call was not begun, ${syscall}${path === '' ? '' : ` '${path}'`}`,
    );
    this.code = 'ERR_MOUNT_STALLED';
    this.syscall = syscall;
    if (path !== '') this.path = path;
    this.mount = mount;
  }
}

/**
 * The call was not begun, because nothing is mounted where mounts.expect() expects a file system: it would have found
 * the bare folder. It is no InterruptError.
 */
export class MountMissingError extends Error {
  /** Always `ERR_MOUNT_MISSING`. */
  declare code: 'ERR_MOUNT_MISSING';
  /** The system call that was not made. */
  declare syscall: string;
  /** The path that the caller gave. */
  declare path?: string;
  /** The mount point. */
  declare mount: string;

  /** Errors of this class are made by this package. */
  constructor(mount: string, syscall: string, path: string) {
    super(
      `No file system is mounted at '${mount}', where mounts.expect() or PENDINGOP_EXPECT_MOUNTS expects one; ` +
        `mounts.whenAvailable() waits for it. The call was not begun, ${syscall} '${path}'`,
    );
    this.code = 'ERR_MOUNT_MISSING';
    this.syscall = syscall;
    this.path = path;
    this.mount = mount;
  }
}

const UNAVAILABLE: readonly unknown[] = [
  'ERR_MOUNT_MISSING',
  'ERR_MOUNT_STALLED',
  'ETIMEDOUT',
  'EINTR',
  'ABORT_ERR',
];

/** Returns whether an error says that nobody knows, as against that the file does not exist. */
export const isUnavailable = (error: unknown): boolean =>
  UNAVAILABLE.includes((error as NodeJS.ErrnoException | null)?.code);

for (const made of [InterruptError, AbortError, TimeoutError, StalledError, MountMissingError]) {
  Object.defineProperty(made.prototype, 'name', { value: made.name, configurable: true, writable: true });
  Object.defineProperty(made.prototype, BRAND, { value: made.name });
  Object.defineProperty(made, Symbol.hasInstance, {
    value(this: typeof made, value: unknown): boolean {
      return hasInstance(this, value);
    },
  });
}

const CODES: readonly unknown[] = ['EINTR', 'ABORT_ERR', 'ETIMEDOUT'];

/** What is left of a stack in a copy of the error in another thread, which has lost its class and its properties. */
const COPIED = /^(InterruptError: EINTR: interrupted|TimeoutError: ETIMEDOUT: timed out after) /;

/**
 * Returns whether an error says that this package has ended a call: it is an InterruptError, AbortError or
 * TimeoutError, of any copy of the package in the process, or a copy from another thread. (The structured clone of an
 * AbortError has lost what would tell.)
 *
 * @param error - anything that was thrown
 * @example
 * ```ts
 * import { isInterruptError } from 'pendingop';
 * import { readFile } from 'pendingop/fs/promises';
 * try {
 *   await readFile('/mnt/nas/list.json', { timeout: 1000 });
 * } catch (error) {
 *   if (!isInterruptError(error)) throw error;
 *   console.warn(error.outcome, error.mayHaveTakenEffect);
 * }
 * ```
 */
export function isInterruptError(error: unknown): error is InterruptError {
  if (typeof error !== 'object' || error === null) return false;
  if (INTERRUPTS.includes(brandOf(error))) return true;
  const { code, outcome, mayHaveTakenEffect, bytesDone, stack } = error as Partial<InterruptError>;
  if (typeof mayHaveTakenEffect === 'boolean' && typeof bytesDone === 'number')
    return CODES.includes(code) && typeof outcome === 'string';
  return code === undefined && typeof stack === 'string' && COPIED.test(stack);
}
