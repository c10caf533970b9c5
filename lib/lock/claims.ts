// The locks on handles that callers have opened: those that are held, and those that are waited for. The kernel keeps
// locks for the open file, not for the one who asked. So if two locks on one handle have bytes in common, the unlock of
// either releases both.
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
 * The caller of the call was freed before the kernel released it, so the lock may be granted later, on a handle that is
 * still open. When the kernel releases the call, unlocks, unless another lock of this process covers some of the bytes
 * by then.
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
  // The kernel may have released the call while its caller was informed.
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
