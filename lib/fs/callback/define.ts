// The frame of every callback function. With valid arguments the call is this package's; with invalid ones Node's own
// function is called, so that its errors, and whatever else it does, are Node's to the letter.
import { Call } from '../../call';
import { type Callback, callBack, type Pass, passNothing, passValue, Waiting } from '../../call/callbacks';
import { isRestricted, notPermitted } from '../../call/permission';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { patch } from '../../node/patch';
import type { CallOptions } from '../../validate/call-options';
import { validateSignal, validateTimeout } from '../../validate/values';
import { type Composed, carriedOut } from '../plan/plan';
import { leastOf, type Request } from '../requests/request';

/** An error in an option that Node does not know (`signal`, `timeout`): thrown to the caller as it is. */
export class OwnError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Thrown by a builder to delegate the call to Node's own function, with the same arguments. Any other error has the same
 * effect, so that Node reports mistakes in the arguments.
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

/** What a callback function makes of its arguments. Nothing has been started yet. */
export interface Prepared {
  readonly callback: Callback;
  readonly action: Call<unknown> | Composed<unknown> | Answer | Instead;
  /** How the callback is called with the outcome. */
  readonly pass: Pass;
  /** For `pass`. */
  readonly kept?: unknown;
  /** What has to be done before the callback is called; undefined: nothing. */
  readonly next?: ((error: unknown, value: unknown) => Prepared | undefined) | undefined;
}

/** Must have no effects: when it throws, Node's function is called with the same arguments. */
export type Build = (args: unknown[]) => Prepared;

/** One function: what node:fs gets in its place, and what else is made of its arguments (sync/define.ts). */
export interface CallbackFunction<T> {
  readonly name: string;
  /** The names of the arguments before the options, with a `?` behind those that may be left out. */
  readonly takes: readonly string[];
  readonly build: Build;
  readonly face: T;
}

/** A function of node:fs by its name, with its own builder. */
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
      // What is not permitted some versions of Node throw, others hand to the callback.
      if (isRestricted && prepared.action instanceof Call && notPermitted(prepared.action) !== undefined)
        return (node as (...given: unknown[]) => unknown)(...args);
      begin(prepared);
      return undefined;
    },
  }[name] as AnyFunction;
  return { name, takes, build, face: dress(made, node) as T };
}

/** A function that takes no options in Node: an object with `signal` or `timeout` before the callback is ours. */
export function defineLast<T>(name: string, request: Request<unknown>): CallbackFunction<T> {
  const { takes } = request;
  const least = leastOf(takes);
  return define<T>(name, takes, (args) =>
    prepare(request, args, takeLast(args, least, takes.length), passNothing),
  );
}

/** A function that takes options in Node. */
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

/** Starts what was prepared. The callback hears of it in a later tick. */
function begin(prepared: Prepared): void {
  const { callback, action, pass, kept, next } = prepared;
  if (action instanceof Call) {
    action.startFor(
      next === undefined ? new Waiting(callback, pass, kept) : new Waiting(callback, passOrGoOn, prepared),
    );
  } else if (action instanceof Answer) {
    process.nextTick(callback, null, ...action.results);
  } else if (action instanceof Instead) {
    action.run();
  } else {
    callBack(carriedOut(action), new Waiting(callback, passOrGoOn, prepared));
  }
}

const passOrGoOn: Pass = (callback, error, value, prepared) => {
  const { pass, kept, next } = prepared as Prepared;
  const more = next?.(error, value);
  if (more === undefined) pass(callback, error, value, kept);
  else begin(more);
};

/** Whether a value is an options object of this package; Node reports any other object in its place. */
export function isOurs(value: unknown): value is CallOptions {
  return isObject(value) && ('timeout' in value || 'signal' in value);
}

/** Delegates the call to Node when another package has replaced a function that Node's own function would use. */
export function leaveUnlessOurs(names: readonly string[]): void {
  if (patch.areOurs !== undefined && !patch.areOurs(names)) throw LEAVE_TO_NODE;
}

export const isObject = (value: unknown): value is CallOptions => typeof value === 'object' && value !== null;

export interface Taken {
  readonly callback: Callback;
  readonly options: unknown;
  /** The place of the options, or of the callback where there are none. */
  readonly at: number;
}

/** The callback at one of the places from `least` to `most`, or one place further, behind an options object of ours. */
export function takeLast(args: unknown[], least: number, most: number): Taken {
  for (let at = least; at <= most; at++) {
    const taken = takeAt(args, at);
    if (taken !== undefined) return taken;
  }
  throw LEAVE_TO_NODE;
}

/** The callback at `at`, or one place further, behind an options object of ours. */
export function takeAt(args: unknown[], at: number): Taken | undefined {
  const here = args[at];
  if (typeof here === 'function') return { callback: here as Callback, options: undefined, at };
  const next = args[at + 1];
  if (typeof next !== 'function' || !isOurs(here)) return undefined;
  return { callback: next as Callback, options: ours(here), at };
}

/** The callback at `at`, or one place further, behind options of whatever kind. */
export function takeOptions(args: unknown[], at: number): Taken {
  const here = args[at];
  if (typeof here === 'function') return { callback: here as Callback, options: undefined, at };
  const next = args[at + 1];
  if (typeof next !== 'function') throw LEAVE_TO_NODE;
  return { callback: next as Callback, options: ours(here), at };
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

/** A descriptor by its number; Node reports anything else. */
export function descriptor(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > LAST_DESCRIPTOR)
    throw LEAVE_TO_NODE;
  return value as number;
}

const LAST_DESCRIPTOR = 2 ** 31 - 1;

/** As Node tells them from paths. */
export const isDescriptor = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
