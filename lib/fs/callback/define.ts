// The frame of every callback function. With valid arguments this package makes the call. With invalid ones Node's own
// function is called, so that its errors, and whatever else it does, are Node's to the letter.
import { Call } from '../../call';
import { type Callback, callBack, type Pass, passNothing, passValue, Waiting } from '../../call/callbacks';
import { isRestricted, notPermitted } from '../../call/permission';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { patch } from '../../node/patch';
import { nextTick } from '../../util/timers';
import type { CallOptions } from '../../validate/call-options';
import { validateSignal, validateTimeout } from '../../validate/values';
import { andThen, type Composed, carriedOut, type Next } from '../plan/plan';
import { leastOf, type Request } from '../requests/request';

/** An error in an option that Node does not know (`signal`, `timeout`). It is thrown to the caller as it is. */
export class OwnError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Thrown by a builder to delegate the call to Node's own function, with the same arguments. Any other error has the
 * same effect, so that Node reports mistakes in the arguments.
 */
export const LEAVE_TO_NODE = Symbol('for Node');

/** A result that is known without a call. */
export class Answer {
  readonly results: readonly unknown[];

  constructor(...results: unknown[]) {
    this.results = results;
  }
}

/** Code that runs at once, in place of a call. */
export class Instead {
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }
}

/** What a builder makes of the arguments. Nothing has been started yet. */
export interface Prepared {
  readonly callback: Callback;
  readonly action: Call<unknown> | Composed<unknown> | Answer | Instead;
  /** Calls the callback with the outcome. */
  readonly pass: Pass;
  /** Passed on to `pass`. */
  readonly kept?: unknown;
  /** Returns what else to do, as a part of the same call, before the callback is called; undefined: nothing. */
  readonly next?: Next | undefined;
}

/** Must have no effects: if it throws, Node's function is called with the same arguments. */
export type Build = (args: unknown[]) => Prepared;

/** One callback function, and what sync/define.ts needs to make the synchronous one from it. */
export interface CallbackFunction<T> {
  readonly name: string;
  /** The names of the arguments before the options. Optional ones end with `?`. */
  readonly takes: readonly string[];
  readonly build: Build;
  readonly face: T;
}

/** Defines a function of node:fs with a builder of its own. */
export function define<T>(
  name: string,
  takes: readonly string[],
  build: Build,
  node = original[name] as AnyFunction,
): CallbackFunction<T> {
  const made = {
    [name](...args: unknown[]): unknown {
      let prepared: Prepared;
      try {
        prepared = build(args);
      } catch (error) {
        if (error instanceof OwnError) throw error.error;
        return (node as (...given: unknown[]) => unknown)(...args);
      }
      // If the permission model forbids the call, some versions of Node throw and others call back, so Node's function
      // decides.
      if (isRestricted && prepared.action instanceof Call && notPermitted(prepared.action) !== undefined)
        return (node as (...given: unknown[]) => unknown)(...args);
      begin(prepared);
      return undefined;
    },
  }[name] as AnyFunction;
  return { name, takes, build, face: dress(made, node) as T };
}

/**
 * Defines a function that takes no options in Node. It takes this package's options, an object with `signal` or
 * `timeout`, before the callback.
 */
export function defineLast<T>(name: string, request: Request<unknown>): CallbackFunction<T> {
  const { takes } = request;
  const least = leastOf(takes);
  return define<T>(name, takes, (args) =>
    prepare(request, args, takeLast(args, least, takes.length), passNothing),
  );
}

/** Defines a function that takes options in Node. */
export function defineWithOptions<T>(
  name: string,
  request: Request<unknown>,
  pass: Pass = passValue,
  node?: AnyFunction,
): CallbackFunction<T> {
  const { takes } = request;
  const at = takes.length;
  return define<T>(name, takes, (args) => prepare(request, args, takeOptions(args, at), pass), node);
}

export function prepare(request: Request<unknown>, args: unknown[], taken: Taken, pass: Pass): Prepared {
  const { callback, options, at } = taken;
  const before = at < request.takes.length ? args.slice(0, at) : args;
  return { callback, action: request.build(before, shown(args), options), pass };
}

/** Starts what was prepared. The callback is called in a later tick. */
function begin(prepared: Prepared): void {
  const { callback, action, pass, kept, next } = prepared;
  if (action instanceof Call) {
    if (next !== undefined) andThen(action, next);
    action.startFor(new Waiting(callback, pass, kept));
  } else if (action instanceof Answer) {
    nextTick(callback, null, ...action.results);
  } else if (action instanceof Instead) {
    action.run();
  } else {
    callBack(carriedOut(action), new Waiting(callback, pass, kept));
  }
}

/** Returns whether a value is an options object of this package. Node reports any other object in its place. */
export function isOurs(value: unknown): value is CallOptions {
  return isObject(value) && ('timeout' in value || 'signal' in value);
}

/** Delegates the call to Node if another package has replaced a function that Node's own function would use. */
export function leaveUnlessOurs(names: readonly string[]): void {
  if (patch.areOurs !== undefined && !patch.areOurs(names)) throw LEAVE_TO_NODE;
}

export const isObject = (value: unknown): value is CallOptions => typeof value === 'object' && value !== null;

export interface Taken {
  readonly callback: Callback;
  readonly options: unknown;
  /** The index of the options, or of the callback if there are none. */
  readonly at: number;
}

/**
 * Finds the callback at one of the indexes from `least` to `most`, or one further if an options object of this package
 * comes before it.
 */
export function takeLast(args: unknown[], least: number, most: number): Taken {
  for (let at = least; at <= most; at++) {
    const taken = takeAt(args, at);
    if (taken !== undefined) return taken;
  }
  throw LEAVE_TO_NODE;
}

/** Finds the callback at `at`, or one further if an options object of this package comes before it. */
export function takeAt(args: unknown[], at: number): Taken | undefined {
  const here = args[at];
  if (typeof here === 'function') return { callback: here as Callback, options: undefined, at };
  const next = args[at + 1];
  if (typeof next !== 'function' || !isOurs(here)) return undefined;
  return { callback: next as Callback, options: ours(here), at };
}

/** Finds the callback at `at`, or one further if options of any kind come before it. */
export function takeOptions(args: unknown[], at: number): Taken {
  const here = args[at];
  if (typeof here === 'function') return { callback: here as Callback, options: undefined, at };
  const next = args[at + 1];
  if (typeof next !== 'function') throw LEAVE_TO_NODE;
  return { callback: next as Callback, options: ours(here), at };
}

/** Checks `signal` and `timeout`. Throws an OwnError if one is invalid. */
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

/** Returns the arguments without the callback. */
export function shown(args: unknown[]): unknown[] {
  return typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;
}

/** Returns the descriptor. Node reports anything that is none. */
export function descriptor(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > LAST_DESCRIPTOR)
    throw LEAVE_TO_NODE;
  return value as number;
}

const LAST_DESCRIPTOR = 2 ** 31 - 1;

/** Node tells descriptors from paths in this way. */
export const isDescriptor = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
