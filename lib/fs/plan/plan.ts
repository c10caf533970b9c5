// What composites do, apart from how that is waited for: a generator that yields what it waits for. drive() carries
// it out in promises, wait.ts on the caller's thread.
import { setImmediate } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { Call } from '../../call';
import { composite } from '../../call/composite';
import type { CallType } from '../../call/type';
import type { CallOptions } from '../../validate/call-options';
import { forEach, Gate } from './parallel';

/** A pause before a retry. */
export interface Pause {
  readonly ms: number;
}

/** The same for each of many, `width` of them at a time where that can be. A failure does not keep the rest from it. */
export interface Each {
  readonly items: readonly unknown[];
  readonly width: number;
  readonly each: (item: never) => Body<void>;
}

/** What a caller's function gave back, which may be a promise. */
export interface Said {
  readonly said: unknown;
  /** Where a promise cannot be waited for. */
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
  yield { items, width, each: body as (item: never) => Body<void> };
}

/** A composite before it is carried out. */
export interface Composed<T> {
  readonly type: CallType<T>;
  readonly args: readonly unknown[];
  readonly options: CallOptions | null | undefined;
  readonly path: string | Uint8Array;
  readonly dest?: string | Uint8Array;
  body(parent: Call<unknown>): Body<T>;
}

/** Calls that one composite has in flight. */
const IN_FLIGHT = 64;

/** With a promise. */
export function carriedOut<T>(composed: Composed<T>): Promise<T> {
  const { type, args, options, path, dest = '' } = composed;
  return composite(type, args, options, path, dest, (parent) => drive(composed.body(parent), parent));
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

/**
 * What a caller's promise comes to, which may be nothing ever: an interrupt ends the wait, so that the body gives
 * back what it has open. By then the composite has ended, and nobody hears of this error.
 */
function orStopped(said: PromiseLike<unknown>, stop: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      // Behind what ends the composite (Parts).
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
 * `parent`: its interruption ends pauses, too. What comes after a call follows it closely, with few promises
 * between the two: a removal in steps that others watch is to be over before they have looked at each step.
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
        await forEach(step.items, step.width, (item) => drive(step.each(item as never), parent, gate));
      } else if ('said' in step) {
        value = await (isThenable(step.said) ? orStopped(step.said, parent?.pauses) : step.said);
      } else {
        // Cut short by an interrupt; the call after it is refused then.
        await delay(step.ms, undefined, { signal: parent?.pauses }).catch(() => undefined);
      }
    } catch (error) {
      next = body.throw(error);
      continue;
    }
    next = body.next(value);
  }
}
