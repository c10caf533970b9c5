// The errors of the public contract, and the errors of the kernel as Node shows them.
import type { PendingOp } from './pending-op';

/**
 * How an interrupted op ended. `cancelled`: no worker had taken it. `interrupted`: the kernel released it. `killed`:
 * its worker was killed, and the kernel gave the call up with that. `abandoned`: its caller is free, and the kernel
 * still has the call. `completed`: it was over first, and its caller has the real result.
 */
export type Outcome = 'cancelled' | 'interrupted' | 'killed' | 'abandoned' | 'completed';

/** What an interrupted call leaves behind, as its error tells it. */
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

const EINTR = -4;
const ETIMEDOUT = process.platform === 'darwin' ? -60 : -110;

/** What an error of ours is, for every copy of this package in the process: on the prototypes of its classes. */
const BRAND = Symbol.for('pendingop.error');

/** The brand of `value`, of whichever copy it is. */
const brandOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { [BRAND]?: unknown })[BRAND] : undefined;

const INTERRUPTS: readonly unknown[] = ['InterruptError', 'AbortError', 'TimeoutError'];

/** `instanceof` for our classes, by their brands; for classes that others derive from them, as it is for any class. */
function hasInstance(made: { readonly prototype: object }, value: unknown): boolean {
  if (!Object.hasOwn(made.prototype, BRAND))
    return Function.prototype[Symbol.hasInstance].call(made as never, value);
  const [own, brand] = [brandOf(made.prototype), brandOf(value)];
  return own === 'InterruptError' ? INTERRUPTS.includes(brand) : own === brand;
}

/**
 * A call that interrupt() or a scope ended before it had its result; the base class of AbortError and TimeoutError.
 * `cause` is the reason that was given.
 */
export class InterruptError extends Error {
  /** The system's number of EINTR (of ETIMEDOUT for a TimeoutError), negative as in Node's errors. */
  declare errno: number;
  /** `EINTR`; `ABORT_ERR` for an AbortError, `ETIMEDOUT` for a TimeoutError. */
  declare code: 'EINTR' | 'ABORT_ERR' | 'ETIMEDOUT';
  /** The system call, or the function, that the call was about. */
  declare syscall: string;
  /** The path that the caller gave; for calls on a handle that of the handle. */
  declare path?: string;
  /** The other path of a function that takes two. */
  declare dest?: string;
  /** The op as it was when it was interrupted. Not enumerable. */
  declare op: PendingOp;
  /** How it ended. */
  declare outcome: Outcome;
  /** Whether a change may have reached the disk all the same. */
  declare mayHaveTakenEffect: boolean;
  /** Bytes that were read or written by then, by functions that take several steps; otherwise 0. */
  declare bytesDone: number;
  /** What the `onInterrupt` of the op failed with: see trackOp(). */
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

/** The call's `signal` was aborted, or that of its scope. `cause` is the signal's reason. */
export class AbortError extends InterruptError {
  /** Always `ABORT_ERR`. */
  declare code: 'ABORT_ERR';

  /** Errors of this class are made by this package. */
  constructor(details: InterruptDetails) {
    super('The operation was aborted', details);
    this.code = 'ABORT_ERR';
  }
}

/** The call's `timeout` was over, or that of its scope, or the one of configure(). */
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
 * So many calls are stuck on the mount that this one was not begun: see configure({ maxStuckPerMount }). It is no
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
      `The file system at '${mount}' does not answer: as many calls are stuck on it as configure({ maxStuckPerMount }) ` +
        `allows, and this one was not begun, ${syscall}${path === '' ? '' : ` '${path}'`}`,
    );
    this.code = 'ERR_MOUNT_STALLED';
    this.syscall = syscall;
    if (path !== '') this.path = path;
    this.mount = mount;
  }
}

/**
 * Nothing is mounted where mounts.expect() expects a file system: the call, which would have found the bare folder,
 * was not begun. It is no InterruptError.
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
      `The file system that mounts.expect() expects at '${mount}' is not mounted, and the call was not begun, ` +
        `${syscall} '${path}'`,
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

/** Whether an error says that nobody knows, as against that nothing is there. */
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

/** What is left of a stack when an error goes to another thread as a copy, without its class and its properties. */
const COPIED = /^(InterruptError: EINTR: interrupted|TimeoutError: ETIMEDOUT: timed out after) /;

/**
 * Tells whether an error says that this package ended a call: an InterruptError, AbortError or TimeoutError, of any
 * copy of the package that the process has loaded, and also of another thread. (The structured clone of an AbortError
 * has lost what would tell.)
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
