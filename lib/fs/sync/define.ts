// The frame of every synchronous function. Without a `timeout` it is Node's own. With one, it makes the call that the
// callback function makes of the same arguments, and waits for it on the caller's thread. Node reports mistakes in the
// arguments.
import { Call } from '../../call';
import type { Callback } from '../../call/callbacks';
import { InterruptError } from '../../call/errors';
import { refuseMissing } from '../../call/expected-mounts';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { now } from '../../util/clock';
import { limitOf } from '../../validate/values';
import { Answer, type Build, Instead, isObject, OwnError, type Prepared } from '../callback/define';
import { complete, completeAll } from '../plan/wait';

/** How a synchronous function differs from the callback function of the same name. */
export interface Variant {
  /** Returns the arguments in the order of the callback function, without the callback. */
  arrange?(args: unknown[]): unknown[];
  /** Changes the call before it starts. */
  change?(call: Prepared['action']): void;
  /** Returns what the function returns, instead of the call's value. */
  value?(): unknown;
  /** Returns a value instead of throwing the error, or throws the error. */
  forgive?(error: unknown, options: object): unknown;
}

interface Timed {
  timeout: number;
}

/** `first`: the index of the first argument that may be the options. They are the last argument given. */
export function defineSync(
  name: string,
  first: number,
  build: Build,
  variant: Variant = {},
  node = original[name] as AnyFunction,
): AnyFunction {
  const made = {
    [name](...args: unknown[]): unknown {
      refuseMissing(name, args);
      const last = args.at(-1);
      if (args.length <= first || !isObject(last) || last.timeout === undefined) {
        return (node as (...given: unknown[]) => unknown)(...args);
      }
      const call = new SyncCall(last as Timed, made);
      if (!call.build(build, variant.arrange?.(args) ?? args)) {
        return (node as (...given: unknown[]) => unknown)(...args);
      }
      call.change(variant);
      try {
        const value = call.complete();
        return variant.value === undefined ? value : variant.value();
      } catch (error) {
        if (variant.forgive !== undefined) return variant.forgive(error, last);
        throw error;
      }
    },
  }[name] as AnyFunction;
  return dress(made, node);
}

class SyncCall {
  readonly #until: number;
  readonly #caller: AnyFunction;
  #prepared: Prepared | undefined;
  /** The arguments for a callback. */
  #got: unknown[] | undefined;

  constructor({ timeout }: Timed, caller: AnyFunction) {
    this.#until = now() + limitOf(timeout);
    this.#caller = caller;
  }

  readonly #callback: Callback = (...got) => {
    this.#got = got;
  };

  /** Returns false if Node has to report a mistake in the arguments. */
  build(build: Build, args: readonly unknown[]): boolean {
    try {
      this.#prepared = build([...args, this.#callback]);
      return true;
    } catch (error) {
      if (error instanceof OwnError) throw error.error;
      return false;
    }
  }

  change(variant: Variant): void {
    if (this.#prepared !== undefined) variant.change?.(this.#prepared.action);
  }

  complete(): unknown {
    for (let next = this.#prepared; next !== undefined; ) next = this.#carryOut(next);
    const [error, value] = this.#got as [unknown, unknown?];
    if (error) throw error;
    return value;
  }

  /** Carries out one action and passes its outcome to the callback. Returns what to do before that, if anything. */
  #carryOut(prepared: Prepared): Prepared | undefined {
    const { action, pass, kept } = prepared;
    if (action instanceof Answer) {
      this.#callback(null, ...action.results);
      return undefined;
    }
    let value: unknown;
    let error: unknown = null;
    try {
      if (action instanceof Instead) action.run();
      else if (action instanceof Call) value = complete(action, this.#left(), this.#caller);
      else value = completeAll(action, this.#left(), this.#caller);
    } catch (thrown) {
      error = thrown;
    }
    const more = error instanceof InterruptError ? undefined : prepared.next?.(error, value);
    if (more !== undefined) return { ...prepared, action: more, next: undefined };
    pass(this.#callback, error, value, kept);
    return undefined;
  }

  #left(): number {
    return Math.max(0, this.#until - now());
  }
}
