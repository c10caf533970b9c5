// What goes between a task's two threads.
import type { MessagePort } from 'node:worker_threads';
import type { PortableError } from '../util/portable-error';

export interface Order {
  /** Where the function is, or its text. */
  target: { url: string; name: string } | { source: string };
  data: unknown;
  port: MessagePort;
  /** 0, then the id of the thread that has begun with it; -1: nobody shall any more. */
  state: Int32Array;
}

export const WITHDRAWN = -1;

/** From the task that was interrupted. `handled`: there was something to do, which is done now. */
export interface Report {
  handled: boolean;
}

/** To the task. */
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
