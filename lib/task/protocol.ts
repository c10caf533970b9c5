// What goes between a task's two threads.
import { types } from 'node:util';
import type { MessagePort } from 'node:worker_threads';

export interface Order {
  /** Where the function is, or its text. */
  target: { url: string; name: string } | { source: string };
  data: unknown;
  port: MessagePort;
  /** 0, then the id of the thread that has begun with it; -1: nobody shall any more. */
  state: Int32Array;
}

export const WITHDRAWN = -1;

/** From the task that was told to stop. `handled`: there was something to do, which is done now. */
export interface Report {
  handled: boolean;
}

/** To the task. */
export interface Stop {
  reason: unknown;
  grace: number;
}

/** An error as it crosses: its class and its own properties do not. */
export interface Failure {
  error: unknown;
  name?: string;
  properties?: Record<string, unknown>;
}

export type Answer = { value: unknown } | Failure;

export const cloneable = (value: unknown): boolean => {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
};

export function pack(error: unknown): Failure {
  if (!types.isNativeError(error)) return { error: cloneable(error) ? error : String(error) };
  const properties = Object.fromEntries(Object.entries(error).filter(([, value]) => cloneable(value)));
  const plain = new Error(
    error.message,
    error.cause !== undefined && cloneable(error.cause) ? { cause: error.cause } : undefined,
  );
  if (error.stack !== undefined) plain.stack = error.stack;
  return { error: plain, name: error.name, properties };
}

export function unpack({ error, name, properties }: Failure): unknown {
  if (!types.isNativeError(error) || name === undefined) return error;
  if (error.name !== name)
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(error, properties);
}
