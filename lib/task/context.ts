// The task that this thread runs, as it sees itself.

import { invalidState } from '../node/errors';
import { validateFunction } from '../validate/values';

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
 * In a task: what to do when it is told to stop, before its thread is terminated. Handlers run in reverse order, one
 * after the other, within the grace. Gives a function that takes the handler away.
 */
export function onInterrupt(handler: InterruptHandler): () => void {
  validateFunction(handler, 'handler');
  const own = handlers;
  if (own === undefined) throw invalidState('onInterrupt() is for a function that runs as a task');
  const entry: InterruptHandler = (reason) => handler(reason);
  own.push(entry);
  return () => {
    const at = own.indexOf(entry);
    if (at >= 0) own.splice(at, 1);
  };
}
