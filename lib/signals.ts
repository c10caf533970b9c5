// AbortSignals of calls: one listener for each signal, however many calls share it.
import type { Call } from './call';

interface Watch {
  calls: Set<Call<unknown>>;
  listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

export function watchSignal(signal: AbortSignal, call: Call<unknown>): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const calls = new Set<Call<unknown>>();
    const listener = (): void => {
      for (const each of [...calls]) each.stop('abort', signal.reason);
    };
    watch = { calls, listener };
    watches.set(signal, watch);
  }
  if (watch.calls.size === 0) listen(signal, 'addEventListener', watch.listener);
  watch.calls.add(call);
}

/** The listener goes with the last call: a signal that lives long keeps nothing of calls that are over. */
export function unwatchSignal(signal: AbortSignal, call: Call<unknown>): void {
  const watch = watches.get(signal);
  if (watch?.calls.delete(call) && watch.calls.size === 0) {
    listen(signal, 'removeEventListener', watch.listener);
  }
}

/** As in Node, whatever has `aborted` is a signal; what cannot be listened to counts at the call's start alone. */
function listen(
  signal: AbortSignal,
  method: 'addEventListener' | 'removeEventListener',
  listener: () => void,
): void {
  try {
    signal[method]('abort', listener);
  } catch {
    // No EventTarget.
  }
}
