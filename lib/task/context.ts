// The task that this thread runs, seen from inside.

import { invalidState } from '../node/errors';
import { validateFunction } from '../validate/values';

/**
 * Called when a task is interrupted. `reason` is the reason that was given to interrupt(), or the reason of the signal.
 */
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
 * Inside a task: registers a handler that runs when the task is interrupted, before its thread is terminated. Handlers
 * run in the reverse order of registration, one after the other, within the grace.
 *
 * @param handler - gets the reason
 * @returns a function that removes the handler
 * @throws ERR_INVALID_STATE outside of a task
 * @example
 * ```ts
 * import { onInterrupt, runTask } from 'pendingop/task';
 * // In the module of the task:
 * export default async function scan(folder: string): Promise<void> {
 *   onInterrupt((reason) => console.warn(`the scan of ${folder} ends early`, reason));
 * }
 * ```
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
