// The promises behind PendingOp.released, which settle when the kernel has released a call.
import type { Call } from './index';

interface Wait {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

const waits = new Map<Call<unknown>, Wait>();

/**
 * Returns a promise that settles once the call is over. If the call is over already, or never began, it is
 * settled.
 */
export function whenReleased(call: Call<unknown>): Promise<void> {
  if (call.state === 'over' || call.state === 'new') return Promise.resolve();
  let wait = waits.get(call);
  if (wait === undefined) {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    wait = { promise, resolve };
    waits.set(call, wait);
  }
  return wait.promise;
}

/** Settles the promise of a call that is over. */
export function settleReleased(call: Call<unknown>): void {
  if (waits.size === 0) return;
  waits.get(call)?.resolve();
  waits.delete(call);
}
