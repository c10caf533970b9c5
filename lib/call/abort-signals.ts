// AbortSignals of calls and scopes. Each signal gets one listener, however many calls and scopes share the
// signal.
import type { Why } from './interruption';

/** A call or a scope: it is interrupted when its signal is aborted. */
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

/**
 * Removes the listener with the last call or scope, so that a long-lived signal keeps no reference to
 * finished calls.
 */
export function unwatchSignal(signal: AbortSignal, who: Stoppable): void {
  const watch = watches.get(signal);
  if (watch?.watching.delete(who) && watch.watching.size === 0) {
    listen(signal, 'removeEventListener', watch.listener);
  }
}

/**
 * Adds or removes the listener. As in Node, any object with `aborted` is a signal. If the signal is no
 * EventTarget, its `aborted` counts at the start of the call only.
 */
function listen(
  signal: AbortSignal,
  method: 'addEventListener' | 'removeEventListener',
  listener: () => void,
): void {
  try {
    signal[method]('abort', listener);
  } catch {
    // The signal is no EventTarget.
  }
}
