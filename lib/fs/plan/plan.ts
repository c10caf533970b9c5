// The steps of a composite, apart from how they are waited for: a generator that yields what it waits for. drive()
// carries it out with promises, wait.ts on the caller's thread.
import { Call } from '../../call';
import { composite, goesOn } from '../../call/composite';
import type { CallType } from '../../call/type';
import { delay } from '../../util/delay';
import { setImmediate } from '../../util/timers';
import type { CallOptions } from '../../validate/call-options';
import { forEach, Gate } from './parallel';

/** A pause before a retry. */
export interface Pause {
  readonly ms: number;
}

/** The same steps for many items, `width` of them at a time if possible. */
export interface Each {
  readonly items: readonly unknown[];
  readonly width: number;
  /** Whether no further item is begun after a failure. Otherwise the rest is still done. */
  readonly stops: boolean;
  readonly each: (item: never) => Body<void>;
}

/** The value that a caller's function returned. It may be a promise. */
export interface Said {
  readonly said: unknown;
  /** Makes the error for a caller that cannot wait for a promise. */
  refuse(): Error;
}

export type Step = Call<unknown> | Pause | Each | Said;
export type Body<T> = Generator<Step, T, unknown>;

export function* result<T>(call: Call<T>): Body<T> {
  return (yield call as Call<unknown>) as T;
}

export function* pause(ms: number): Body<void> {
  yield { ms };
}

export function* each<T>(items: readonly T[], width: number, body: (item: T) => Body<void>): Body<void> {
  yield { items, width, stops: false, each: body as (item: never) => Body<void> };
}

/** The same. After a failure no further item is begun; the failure is that of the item that comes first. */
export function* eachUntilFailure<T>(
  items: readonly T[],
  width: number,
  body: (item: T) => Body<void>,
): Body<void> {
  yield { items, width, stops: true, each: body as (item: never) => Body<void> };
}

/** A composite that has not been started. */
export interface Composed<T> {
  readonly type: CallType<T>;
  readonly args: readonly unknown[];
  readonly options: CallOptions | null | undefined;
  readonly path: string | Uint8Array;
  readonly dest?: string | Uint8Array;
  body(parent: Call<unknown>): Body<T>;
}

/** The number of calls that one composite has in flight at most. */
const IN_FLIGHT = 64;

/**
 * Gets what a call came to that was not interrupted. Returns the rest of what its caller asked for; undefined: there is
 * none.
 */
export type Next = (error: unknown, value: unknown) => Composed<unknown> | undefined;

/** Lets the call go on with the rest, as one call. The rest has no options of its own. */
export function andThen<T>(call: Call<T>, next: Next): Call<T> {
  return goesOn(call, (error, value) => {
    const rest = next(error, value);
    return rest && ((parent) => drive(rest.body(parent), parent));
  });
}

/** Starts a composite with a promise. */
export function carriedOut<T>(composed: Composed<T>): Promise<T> {
  const { type, args, options, path, dest = '' } = composed;
  return composite(type, args, options, path, dest, (parent) => drive(composed.body(parent), parent));
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

/**
 * Waits for a caller's promise, which may never settle. An interrupt ends the wait, so that the body can close what it
 * has open. By then the composite has ended, and nobody gets this error.
 */
function orStopped(said: PromiseLike<unknown>, stop: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      // Runs after Parts has ended the composite.
      setImmediate(() => reject(new Error('interrupted')));
    };
    if (stop?.aborted) end();
    else stop?.addEventListener('abort', end, { once: true });
    said.then(
      (value) => {
        stop?.removeEventListener('abort', end);
        resolve(value);
      },
      (error) => {
        stop?.removeEventListener('abort', end);
        reject(error);
      },
    );
  });
}

/**
 * Carries a body out with promises. `parent`: its interruption ends pauses, too. Few promises lie between one call and
 * the next, so that the steps of a removal follow each other closely: other code that looks between them is less likely
 * to see it half done.
 */
export async function drive<T>(
  body: Body<T>,
  parent: Call<unknown> | undefined,
  gate: Gate = new Gate(IN_FLIGHT),
): Promise<T> {
  for (let next = body.next(); ; ) {
    if (next.done) return next.value;
    const step = next.value;
    let value: unknown;
    try {
      if (step instanceof Call) {
        if (!gate.enter()) await gate.turn();
        try {
          value = await step.start();
        } finally {
          gate.leave();
        }
      } else if ('each' in step) {
        const visit = (item: unknown): Promise<void> => drive(step.each(item as never), parent, gate);
        await forEach(step.items, step.width, visit, step.stops);
      } else if ('said' in step) {
        value = await (isThenable(step.said) ? orStopped(step.said, parent?.pauses) : step.said);
      } else {
        // An interrupt ends the pause early. The call after it is refused then.
        await delay(step.ms, parent?.pauses).catch(() => undefined);
      }
    } catch (error) {
      next = body.throw(error);
      continue;
    }
    next = body.next(value);
  }
}
