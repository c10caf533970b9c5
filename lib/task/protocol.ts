// The messages between the two threads of a task.
import type { MessagePort } from 'node:worker_threads';
import type { PortableError } from '../util/portable-error';

export interface Order {
  /** The place of the function, or its text. */
  target: { url: string; name: string } | { source: string };
  data: unknown;
  port: MessagePort;
  /**
   * 0 at first; then the id of the thread that has begun the task, or -1: the task was withdrawn, and no thread may
   * begin it.
   */
  state: Int32Array;
}

export const WITHDRAWN = -1;

/** From the task, when it was interrupted. `handled`: it had handlers, and they are done. */
export interface Report {
  handled: boolean;
}

/** To the task: interrupts it. */
export interface Stop {
  reason: unknown;
  grace: number;
}

/** From the task, at its end. */
export type Answer = { value: unknown } | { error: PortableError };

export const cloneable = (value: unknown): boolean => {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
};
