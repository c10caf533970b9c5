// The locks on handles that others have opened: those held, and those that are waited for. The kernel keeps locks by
// open file, not by who asked, so of two on one handle that have bytes in common it is the unlock of either that counts.
import type { Call } from '../call';
import { onPending } from '../call/events';
import type { HandleBase } from '../fs/handle/life';
import { noop } from '../util/noop';
import { type LockRequest, overlap } from './request';

const claims = new WeakMap<HandleBase, Set<LockRequest>>();

export function claim(handle: HandleBase, request: LockRequest): void {
  const all = claims.get(handle) ?? new Set();
  claims.set(handle, all.add(request));
}

export function disclaim(handle: HandleBase, request: LockRequest): void {
  claims.get(handle)?.delete(request);
}

/**
 * For a call whose caller has left before the kernel did: once the kernel releases it the lock may be held, on a
 * handle that is still open. Then it is released, unless somebody else has come to own it.
 */
export function unlockWhenLate(
  call: Call<void>,
  handle: HandleBase,
  request: LockRequest,
  unlock: () => Promise<void>,
): void {
  const late = (): void => {
    const others = [...(claims.get(handle) ?? [])];
    if (handle.fd === -1 || others.some((other) => overlap(other, request))) return;
    unlock().catch(noop);
  };
  // The kernel may have released the call while the caller was being told.
  if (call.state === 'over') {
    late();
    return;
  }
  const stop = onPending(({ type, op }) => {
    if (type !== 'release' || op.id !== call.id) return;
    stop();
    late();
  });
}
