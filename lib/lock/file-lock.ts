// A lock that is held, and its release.
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
 * Locks with a handle of their own: a lock that nothing refers to any more is still held, so the collector must not
 * close what it is on.
 */
const held = new Set<FileLock>();

/**
 * A lock that is held: from the moment when it was granted until release(), the closing of its handle, or the end of
 * the process, in whatever way that ends.
 */
export class FileLock {
  /** The absolute path of the file. */
  readonly path: string;
  /** Its kind. */
  readonly kind: LockKind;
  /** Whether it is held together with other shared locks. */
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

  /** Whether it is held: false once it has been released, or its handle was closed. */
  get held(): boolean {
    return !this.#released && this.#handle.fd !== -1;
  }

  /** Releases the lock. Further calls return the same promise; if it was interrupted it can be called again. */
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
      // Not left to the close: a child that is about to run a program has the descriptor, too, for a moment.
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

  /** release(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
