// The task that this thread runs, as it sees itself.

import { invalidState } from '../node/errors';
import { validateFunction } from '../validate/values';

/** What a task does when it is interrupted. `reason` is that of interrupt() or of the signal. */
export type InterruptHandler = (reason: unknown) => unknown;

let handlers: InterruptHandler[] | undefined;

export function enter(): InterruptHandler[] {
  handlers = [];
  return handlers;
}

export function leave(): void {
  handlers = undefined;
}

/**
 * Inside a task: registers what to do when the task is interrupted, before its thread is terminated. Handlers run in
 * the reverse order of registration, one after the other, within the grace.
 *
 * @param handler - gets the reason
 * @returns a function that takes the handler away
 * @throws ERR_INVALID_STATE outside of a task
 */
export function onInterrupt(handler: InterruptHandler): () => void {
  validateFunction(handler, 'handler');
  const own = handlers;
  if (own === undefined)
    throw invalidState('onInterrupt() has to be called in a function that runs as a task');
  const entry: InterruptHandler = (reason) => handler(reason);
  own.push(entry);
  return () => {
    const at = own.indexOf(entry);
    if (at >= 0) own.splice(at, 1);
  };
}
