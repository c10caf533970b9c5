// AbortSignals of calls and scopes: one listener for each signal, however many share it.
import type { Why } from './interruption';

/** A call, or a scope. */
export interface Stoppable {
  stop(why: Why, reason: unknown): void;
}

interface Watch {
  watching: Set<Stoppable>;
  listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

export function watchSignal(signal: AbortSignal, who: Stoppable): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const watching = new Set<Stoppable>();
    const listener = (): void => {
      for (const each of [...watching]) each.stop('abort', signal.reason);
    };
    watch = { watching, listener };
    watches.set(signal, watch);
  }
  if (watch.watching.size === 0) listen(signal, 'addEventListener', watch.listener);
  watch.watching.add(who);
}

/** The listener goes with the last of them: a signal that lives long keeps nothing of calls that are over. */
export function unwatchSignal(signal: AbortSignal, who: Stoppable): void {
  const watch = watches.get(signal);
  if (watch?.watching.delete(who) && watch.watching.size === 0) {
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
