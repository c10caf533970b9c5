// The driver of a composite, without what starts its parts.
import { now } from '../util/clock';
import type { Driver } from './driver';
import type { Call } from './index';
import type { Why } from './interruption';
import { Parts } from './parts';

export abstract class PartsDriver implements Driver {
  readonly call: Call<unknown>;
  readonly parts: Parts;
  readonly #startedAt = now();

  constructor(call: Call<unknown>) {
    this.call = call;
    this.parts = new Parts(call);
  }

  abstract run(): void;

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
