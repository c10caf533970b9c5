// When the kernel has released a call: PendingOp.released.
import type { Call } from './index';

interface Wait {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

const waits = new Map<Call<unknown>, Wait>();

/** Settles once nothing of the call is left, in the kernel or here: at once for one that is over. */
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

/** It is over. */
export function letGo(call: Call<unknown>): void {
  if (waits.size === 0) return;
  waits.get(call)?.resolve();
  waits.delete(call);
}
