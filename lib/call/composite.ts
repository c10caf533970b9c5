// Top ops made of several calls (rm, cp, readdir with `recursive` …), without a worker of their own: to interrupt one
// interrupts the calls it is made of.
import { now } from '../util/clock';
import { noop } from '../util/noop';
import type { CallOptions } from '../validate/call-options';
import { type Driver, drivers } from './driver';
import { InterruptError } from './errors';
import { Call } from './index';
import type { Why } from './interruption';
import { Parts } from './parts';
import type { CallType } from './type';

/** Carried out by a function that gives a promise. */
class Composite implements Driver {
  readonly call: Call<unknown>;
  readonly parts: Parts;
  readonly #startedAt = now();
  readonly #body: () => Promise<unknown>;

  constructor(call: Call<unknown>, body: () => Promise<unknown>) {
    this.call = call;
    this.parts = new Parts(call);
    this.#body = body;
  }

  run(): void {
    const { call, parts } = this;
    let failed: (() => unknown) | undefined;
    drivers.add(this);
    const over = (): Promise<never> | undefined => {
      // The body gives up with the first of its calls to be interrupted; Parts ends it after the last.
      if (parts.isStopping && call.state === 'pending') return new Promise(noop);
      // The part that was over last had completed, so nobody has ended the whole yet; what the body failed with is the
      // interrupt of one part, and says nothing of what the others have changed.
      if (failed?.() instanceof InterruptError) parts.check();
      if (call.state !== 'abandoned') drivers.delete(this);
      if (call.state !== 'pending') return undefined;
      if (call.abortedAfterwards) {
        call.interrupted({ outcome: 'completed', effect: parts.haveTakenEffect, bytesDone: 0, step: '' });
      } else {
        call.end('completed', false, failed);
      }
      return undefined;
    };
    // The bare functions last: through them V8 finds out who waits, and errors made in the body name their callers. To
    // that end each of the promises has one reaction: V8 follows no other. They do nothing any more where an interrupt has
    // settled the promise before.
    const body = async (): Promise<unknown> => {
      try {
        return await this.#body();
      } catch (error) {
        failed = () => error;
        throw error;
      }
    };
    body().finally(over).then(call.resolve, call.reject);
  }

  stop(why: Why, reason: unknown, graceMs: number): void {
    this.parts.stop(why, reason, graceMs);
  }

  get runningMs(): number {
    return now() - this.#startedAt;
  }

  get idleMs(): number {
    return this.parts.idleMs;
  }
}

/**
 * A Top op made of several calls: `run` starts Calls whose `parent` it is. To interrupt it interrupts them, and its
 * promise rejects once none of them is in flight any more, whatever else `run` waits for.
 */
export function composite<T>(
  type: CallType<T>,
  args: readonly unknown[],
  options: CallOptions | null | undefined,
  path: string | Uint8Array,
  dest: string | Uint8Array,
  run: (parent: Call<T>) => Promise<T>,
): Promise<T> {
  const call = new Call(type, args, options);
  call.path = path;
  if (dest !== '') call.dest = dest;
  call.driver = new Composite(call, () => run(call));
  return call.start();
}
