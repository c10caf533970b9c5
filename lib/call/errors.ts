// The errors of the public contract, and the errors of the kernel as Node shows them.
import type { PendingOp } from './pending-op';

/**
 * How an interrupted op ended. `cancelled`: it never started. `interrupted`: the kernel gave it up. `abandoned`: the
 * caller is free, the kernel still holds the call. `completed`: it was over first, and the caller got the real result.
 * `killed`: its worker was ended, and with it the call; the kernel has let go.
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

/** A call that was ended before it had its result. */
export class InterruptError extends Error {
  declare errno: number;
  declare code: 'EINTR' | 'ABORT_ERR' | 'ETIMEDOUT';
  declare syscall: string;
  declare path?: string;
  declare dest?: string;
  /** The call, as it was when it ended. */
  declare op: PendingOp;
  declare outcome: Outcome;
  /** True where a change may have reached the disk all the same. */
  declare mayHaveTakenEffect: boolean;
  /** For reads and writes that got part of the way. */
  declare bytesDone: number;
  /** What the op's own onInterrupt handler failed with; see trackOp(). */
  declare handlerError?: unknown;

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

/** The call's `signal` was aborted. `cause` is the signal's reason. */
export class AbortError extends InterruptError {
  declare code: 'ABORT_ERR';

  constructor(details: InterruptDetails) {
    super('The operation was aborted', details);
    this.code = 'ABORT_ERR';
  }
}

/** The call's `timeout` ran out. */
export class TimeoutError extends InterruptError {
  declare code: 'ETIMEDOUT';

  constructor(message: string, details: InterruptDetails) {
    super(message, details);
    this.errno = ETIMEDOUT;
    this.code = 'ETIMEDOUT';
  }
}

/** So many calls are stuck on the mount already that this one was not begun (configure({ maxStuckPerMount })). */
export class StalledError extends Error {
  declare code: 'ERR_MOUNT_STALLED';
  declare syscall: string;
  declare path?: string;
  /** The mount point. */
  declare mount: string;

  constructor(mount: string, syscall: string, path: string) {
    super(`The file system at '${mount}' does not answer: too many calls are stuck on it, ${syscall}`);
    this.code = 'ERR_MOUNT_STALLED';
    this.syscall = syscall;
    if (path !== '') this.path = path;
    this.mount = mount;
  }
}

/** The file system that mounts.expect() expects there is not mounted: what is below is not it, but a bare folder. */
export class MountMissingError extends Error {
  declare code: 'ERR_MOUNT_MISSING';
  declare syscall: string;
  declare path?: string;
  /** The mount point. */
  declare mount: string;

  constructor(mount: string, syscall: string, path: string) {
    super(`The file system that is expected at '${mount}' is not mounted, ${syscall} '${path}'`);
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
 * Whether a call was interrupted, aborted or timed out by this package: holds for errors of every copy of it that the
 * process has loaded, and for those that come from another thread. (Of a structured clone of an AbortError nothing tells
 * whose it was.)
 *
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
