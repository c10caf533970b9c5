// The entry point `pendingop/lock`: advisory locks that can be listed while they are waited for, and interrupted.
import { constants, type PathLike } from 'node:fs';
import { Call } from '../call';
import { composite } from '../call/composite';
import type { CallType } from '../call/type';
import { requireAddon } from '../engine/addon';
import { Code, OpKind } from '../engine/codes';
import type { FileHandle } from '../fs/handle/file-handle';
import { attach, HandleBase, isClosing, pathOf, rejectClosed, settled, startOn } from '../fs/handle/life';
import { openStep } from '../fs/promises/open';
import { given } from '../fs/requests/request';
import { systemError } from '../node/errno-error';
import { argType } from '../node/errors';
import { absolute, textOf, workingDirectory } from '../node/path-text';
import { noop } from '../util/noop';
import type { CallOptions } from '../validate/call-options';
import { validPath } from '../validate/path';
import { claim, disclaim, unlockWhenLate } from './claims';
import { FileLock, unlock } from './file-lock';
import { fillLock, type LockKind, type LockOptions, type LockRequest, parseLockOptions } from './request';

export type { FileHandle } from '../fs/handle/file-handle';
export { FileLock } from './file-lock';
export type { LockKind, LockOptions } from './request';

const LOCK: CallType<void> = {
  fn: 'lock',
  code: Code.lock,
  syscall: 'flock',
  kind: OpKind.Top | OpKind.Lock,
  changes: true,
  result: noop,
};
const ON_HANDLE: CallType<void> = { ...LOCK, settled };
const STEP: CallType<void> = { ...LOCK, kind: OpKind.Lock };

/** `fn`: the function that the caller called. For a step of a composite it is the system call. */
const typeOf = <T>(type: CallType<void>, fn: string, kind: LockKind): CallType<T> =>
  ({ ...type, fn, syscall: kind }) as CallType<T>;

/**
 * Waits until an advisory lock is granted. A path is opened for the lock, and created if it is missing; the lock then
 * has a descriptor of its own. On a FileHandle the lock belongs to the open file.
 *
 * @param target - a path, or a FileHandle of `pendingop/fs/promises`
 * @param options - which lock, and `timeout` (ms) and `signal`, which end the wait
 * @throws as rejections: the system's errors, TimeoutError, AbortError, InterruptError, and without an addon
 *   ERR_PENDINGOP_NO_ADDON
 * @example
 * ```ts
 * import { lock } from 'pendingop/lock';
 * const held = await lock('/mnt/nas/job.lock', { timeout: 5000 });
 * try {
 *   console.log(held.path);
 * } finally {
 *   await held.release();
 * }
 * ```
 */
export function lock(target: PathLike | FileHandle, options?: LockOptions): Promise<FileLock> {
  return begin('lock', true, target, options) as Promise<FileLock>;
}

/**
 * Asks for an advisory lock without waiting for it.
 *
 * @param target - a path, or a FileHandle of `pendingop/fs/promises`
 * @param options - which lock, and `timeout` (ms) and `signal`: on a remote file system asking takes time, too
 * @returns a promise of the lock; of undefined if another holder is in the way
 * @example
 * ```ts
 * import { tryLock } from 'pendingop/lock';
 * const held = await tryLock('/run/lock/job');
 * if (held === undefined) console.log('another process is at work');
 * ```
 */
export function tryLock(target: PathLike | FileHandle, options?: LockOptions): Promise<FileLock | undefined> {
  return begin('tryLock', false, target, options);
}

type Granted = Promise<FileLock | undefined>;

function begin(fn: string, wait: boolean, target: unknown, options: unknown): Granted {
  try {
    requireAddon('pendingop/lock');
    const args = given([target instanceof HandleBase ? textOf(pathOf(target)) : target, options], 2);
    if (target instanceof HandleBase) {
      const request = parseLockOptions(options, wait, false);
      return onHandle(fn, request, target as FileHandle, args, options as CallOptions);
    }
    if (typeof target === 'object' && target !== null && 'fd' in target) {
      throw argType('target', 'a path, or a FileHandle of pendingop/fs', target);
    }
    const path = validPath(target, 'target');
    const request = parseLockOptions(options, wait, true);
    return onPath(fn, request, path, args, options as CallOptions);
  } catch (error) {
    return Promise.reject(error);
  }
}

function onPath(
  fn: string,
  request: LockRequest,
  path: string | Uint8Array,
  args: readonly unknown[],
  options: CallOptions | undefined,
): Granted {
  const type = typeOf<FileLock | undefined>(LOCK, fn, request.kind);
  const place = absolute(workingDirectory(), textOf(path));
  return composite(type, args, options, path, '', async (parent) => {
    const handle = await openFor(request, parent, path);
    try {
      const call = new Call(typeOf<void>(STEP, request.kind, request.kind), []);
      call.parent = parent;
      attach(handle, call);
      fillLock(call, request);
      await call.start();
      // The lock was interrupted after the kernel had granted it: the caller has its error already.
      if (parent.state !== 'pending') throw new Error('interrupted');
      return new FileLock(request, handle, place, true);
    } catch (error) {
      // Closing the descriptor also releases a lock that the kernel may still grant to an abandoned call.
      await handle.close().catch(noop);
      return refused(request, error, textOf(path));
    }
  });
}

/**
 * Opens the file, and creates it only if it is missing. If the open is interrupted, no more than that may have taken
 * effect.
 */
async function openFor(
  request: LockRequest,
  parent: Call<unknown>,
  path: string | Uint8Array,
): Promise<FileHandle> {
  const { O_RDONLY, O_RDWR, O_CREAT } = constants;
  const flags = request.shared ? O_RDONLY : O_RDWR;
  try {
    return await openStep(parent, { path, flags, mode: 0o666 });
  } catch (error) {
    if (!request.create || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return openStep(parent, { path, flags: flags | O_CREAT, mode: 0o666 });
  }
}

async function onHandle(
  fn: string,
  request: LockRequest,
  handle: FileHandle,
  args: readonly unknown[],
  options: CallOptions | undefined,
): Granted {
  if (handle.fd === -1 || isClosing(handle)) return rejectClosed(request.kind);
  const call = new Call(typeOf<void>(ON_HANDLE, fn, request.kind), args, options);
  fillLock(call, request);
  claim(handle, request);
  try {
    await startOn(handle, call);
    return new FileLock(request, handle, textOf(pathOf(handle)), false);
  } catch (error) {
    disclaim(handle, request);
    if (call.outcome === 'abandoned') {
      unlockWhenLate(call, handle, request, () => unlock(handle, request));
    }
    return refused(request, error);
  }
}

const HELD = new Set<unknown>(['EAGAIN', 'EWOULDBLOCK', 'EACCES']);

/**
 * Returns undefined if another holder has the lock and the caller does not want to wait. Throws every other error of
 * the kernel.
 */
function refused(request: LockRequest, error: unknown, path?: string): undefined {
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== request.kind || errno === undefined || 'op' in (error as object)) throw error;
  if (!request.wait && HELD.has(code)) return undefined;
  const plain = systemError(errno, syscall, path);
  if (code === 'EBADF' && request.kind === 'fcntl') {
    const access = request.shared ? 'reading' : 'writing';
    const kind = request.shared ? 'a shared' : 'an exclusive';
    plain.message += `; ${kind} fcntl lock needs a descriptor that is open for ${access}`;
  }
  throw plain;
}
