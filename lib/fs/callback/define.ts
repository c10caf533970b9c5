// The frame of every callback function: ours where the arguments are good, Node's own where they are not, so that
// what it throws, and what else it makes of them, is Node's to the letter.
import type { Call } from '../../call';
import { type Callback, callBack, type Pass, Waiting } from '../../call/callbacks';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { patch } from '../../node/patch';
import type { CallOptions } from '../../validate/call-options';
import { validateSignal, validateTimeout } from '../../validate/values';
import { type Composed, promised } from '../plan/plan';

/** What the caller is told of a mistake in the options that Node does not know. */
export class OwnError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Thrown by a builder for what it leaves to Node: mistakes, most of the time. */
export const NODES_OWN = Symbol('for Node');

/** A call that is ready to start, and who waits for it; undefined where the builder has done all there is to do. */
let waits: Waiting;

export type Build = (args: unknown[]) => Call<unknown> | undefined;

/** By name: what else makes calls of the same arguments. */
export const builders: Record<string, Build> = {};

/** What a builder would have had done later, for who waits for it on the spot: sync/define.ts. */
export interface Recorder {
  pass: Pass;
  kept: unknown;
  composed: Composed<unknown> | undefined;
}

let recorder: Recorder | undefined;

/** Has `recorder` told of all that `run` would have had done later. */
export function recorded<T>(record: Recorder, run: () => T): T {
  const before = recorder;
  recorder = record;
  try {
    return run();
  } finally {
    recorder = before;
  }
}

/** Builds a call that nobody waits for yet. */
export const buildFor = (record: Recorder, build: Build, args: unknown[]): Call<unknown> | undefined =>
  recorded(record, () => build(args));

/** A function of node:fs by its name. A builder has no effects before it has checked everything. */
export function define<T>(name: string, build: Build, node = original[name] as AnyFunction): T {
  builders[name] = build;
  return dress(
    {
      [name](...args: unknown[]): unknown {
        let call: Call<unknown> | undefined;
        try {
          call = build(args);
        } catch (error) {
          if (error instanceof OwnError) throw error.error;
          return (node as (...given: unknown[]) => unknown)(...args);
        }
        if (call !== undefined) call.startFor(waits);
        return undefined;
      },
    }[name] as AnyFunction,
    node,
  ) as T;
}

/** The call that a builder gives back is waited for by this callback. */
export function wait(callback: Callback, pass: Pass, kept?: unknown): void {
  if (recorder === undefined) {
    waits = new Waiting(callback, pass, kept);
  } else {
    recorder.pass = pass;
    recorder.kept = kept;
  }
}

/** For what is made of calls. */
export function settleLater(
  callback: Callback,
  pass: Pass,
  composed: Composed<unknown>,
  kept?: unknown,
): undefined {
  if (recorder === undefined) {
    callBack(promised(composed), new Waiting(callback, pass, kept));
  } else {
    recorder.pass = pass;
    recorder.kept = kept;
    recorder.composed = composed;
  }
}

/** For what takes no call. */
export function callLater(callback: Callback, ...results: unknown[]): undefined {
  if (recorder === undefined) process.nextTick(callback, null, ...results);
  else callback(null, ...results);
}

/** An options object of ours; Node has something to say about any other object there. */
export function isOurs(value: unknown): value is CallOptions {
  return isObject(value) && ('timeout' in value || 'signal' in value);
}

/** Leaves the call to Node where a function that Node would make it of is somebody else's. */
export function madeOf(names: readonly string[]): void {
  if (recorder === undefined && patch.areOurs !== undefined && !patch.areOurs(names)) throw NODES_OWN;
}

export const isObject = (value: unknown): value is CallOptions => typeof value === 'object' && value !== null;

interface Taken {
  callback: Callback;
  options: CallOptions | undefined;
}

// One for all: its fields are read before the next call.
const taken: Taken = { callback: () => undefined, options: undefined };

/**
 * The callback that belongs at `at`, or one place further, behind an options object of ours. Everything from there on
 * is cut off the arguments as the table shows them.
 */
export function take(args: unknown[], at: number): Taken {
  const here = args[at];
  if (typeof here === 'function') {
    taken.callback = here as Callback;
    taken.options = undefined;
    return taken;
  }
  const next = args[at + 1];
  if (!isOurs(here) || typeof next !== 'function') throw NODES_OWN;
  taken.callback = next as Callback;
  taken.options = ours(here);
  return taken;
}

/** Options with a `signal` and a `timeout` that can be ones. */
export function ours<T>(options: T): T {
  if (!isObject(options)) return options;
  try {
    if (options.signal !== undefined) validateSignal(options.signal);
    if (options.timeout !== undefined) validateTimeout(options.timeout);
  } catch (error) {
    throw new OwnError(error);
  }
  return options;
}

/** The arguments without the callback. */
export function shown(args: unknown[]): unknown[] {
  return typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;
}

/** A descriptor by its number; whatever else it is, Node has something to say about it. */
export function descriptor(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 2 ** 31 - 1) throw NODES_OWN;
  return value as number;
}

export const isDescriptor = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
