// FileLock: a lock that is held, and its release.
import { Call } from '../call';
import type { CallType } from '../call/type';
import { Code, OpKind } from '../engine/codes';
import type { FileHandle } from '../fs/handle/file-handle';
import { type HandleBase, settled, startOn } from '../fs/handle/life';
import { disclaim } from './claims';
import { fillUnlock, type LockKind, type LockRequest } from './request';

const RELEASE: CallType<void> = {
  fn: 'release',
  code: Code.lock,
  syscall: 'flock',
  kind: OpKind.Top | OpKind.Lock,
  changes: true,
  givesBack: true,
  result: () => undefined,
  settled,
};
const RELEASE_FCNTL: CallType<void> = { ...RELEASE, syscall: 'fcntl' };

/** @internal */
export function unlock(handle: HandleBase, request: LockRequest): Promise<void> {
  const call = new Call(request.kind === 'flock' ? RELEASE : RELEASE_FCNTL, []);
  fillUnlock(call, request);
  return startOn(handle, call);
}

/**
 * Locks that have a handle of their own. A lock that nobody refers to is still held, so this set keeps its handle from
 * being collected, and closed.
 */
const held = new Set<FileLock>();

/**
 * A lock that is held: from the moment when it was granted until release(), the closing of its handle, or the end of
 * the process, in whatever way it ends.
 */
export class FileLock {
  /** The absolute path of the file. */
  readonly path: string;
  /** The kind of lock. */
  readonly kind: LockKind;
  /** Whether other shared locks can be held at the same time. */
  readonly shared: boolean;
  /** The first byte; 0 for `flock`. */
  readonly start: number;
  /** The number of bytes; 0: all from `start` on. */
  readonly length: number;
  readonly #request: LockRequest;
  readonly #handle: FileHandle;
  readonly #ownsHandle: boolean;
  #released = false;
  #releasing: Promise<void> | undefined;

  /** @internal */
  constructor(request: LockRequest, handle: FileHandle, path: string, ownsHandle: boolean) {
    this.path = path;
    this.kind = request.kind;
    this.shared = request.shared;
    this.start = request.start;
    this.length = request.length;
    this.#request = request;
    this.#handle = handle;
    this.#ownsHandle = ownsHandle;
    if (ownsHandle) held.add(this);
  }

  /** Whether the lock is held: false once it was released, or its handle was closed. */
  get held(): boolean {
    return !this.#released && this.#handle.fd !== -1;
  }

  /** Releases the lock. Further calls return the same promise; if that was interrupted, they try again. */
  release(): Promise<void> {
    this.#releasing ??= this.#release().catch((error) => {
      if (this.held) this.#releasing = undefined;
      throw error;
    });
    return this.#releasing;
  }

  async #release(): Promise<void> {
    if (!this.held) return;
    try {
      // Unlocked before the close: a child process that is about to run a program has the descriptor, too, for a
      // moment, and would keep the lock.
      await unlock(this.#handle, this.#request);
      this.#released = true;
    } finally {
      if (this.#ownsHandle) await this.#handle.close();
      if (!this.held) {
        held.delete(this);
        disclaim(this.#handle, this.#request);
      }
    }
  }

  /** Releases the lock, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
