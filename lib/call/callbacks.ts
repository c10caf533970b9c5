// Runs callbacks as Node runs its own: after each callback the queues of process.nextTick and of promises are
// emptied before the next callback runs. A callback runs in the async context of its call. If a callback
// throws, the error is an uncaught exception, and the other callbacks still run.
import { AsyncResource } from 'node:async_hooks';
import { gather, gatherNoMore, submitGathered } from '../engine';
import { warns } from '../node/deprecated';
import { type Domain, outsideDomain } from '../util/outside';
import { nextTick, queueMicrotask } from '../util/timers';
import type { CallListener } from './type';

export type Callback = (error: unknown, ...results: unknown[]) => void;

/**
 * Hands the outcome of a call to its callback. `kept` is the value that was given to the constructor of
 * Waiting.
 */
export type Pass = (callback: Callback, error: unknown, value: unknown, kept: unknown) => void;

/** For functions without a result: passes the error, or null. */
export const passNothing: Pass = (callback, error) => callback(error);

/** For functions with a result: passes null and the value, or the error alone. */
export const passValue: Pass = (callback, error, value) => {
  if (error === null) callback(null, value);
  else callback(error);
};

const MANUAL = { requireManualDestroy: true };

/** A callback that waits for its call. It runs once. */
export class Waiting extends AsyncResource implements CallListener {
  readonly #callback: Callback;
  readonly #pass: Pass;
  readonly #kept: unknown;
  /** Set by node:domain's hook of async resources, if the caller is in a domain. */
  declare readonly domain?: Domain;
  #error: unknown = null;
  #value: unknown = undefined;

  constructor(callback: Callback, pass: Pass, kept?: unknown) {
    super('FSREQCALLBACK', MANUAL);
    this.#callback = callback;
    this.#pass = pass;
    this.#kept = kept;
  }

  done(value: unknown): void {
    this.#value = value;
    ready(this);
  }

  failed(error: unknown): void {
    this.#error = error;
    ready(this);
  }

  run(): void {
    // Not called as a method: in a callback of node:fs, `this` is undefined.
    const pass = this.#pass;
    let threw = true;
    try {
      this.runInAsyncScope(pass, undefined, this.#callback, this.#error, this.#value, this.#kept);
      threw = false;
    } finally {
      // Node looks for the domain once the error has left all code, which the async scope has left before.
      if (threw) this.domain?.enter();
      this.emitDestroy();
    }
  }

  get context(): AsyncResource {
    return this;
  }
}

/** An entry of the queue: its `run` is called as a callback is. */
export interface Turn {
  run(): void;
}

let waiting: Turn[] = [];
let next = 0;
let scheduled = false;

/** Queues `turn` behind the callbacks that wait already. */
export function ready(turn: Turn): void {
  waiting.push(turn);
  if (scheduled) return;
  scheduled = true;
  outsideDomain(runSoon);
}

function runSoon(): void {
  nextTick(runAll);
}

const { _tickCallback } = process as unknown as { _tickCallback?: () => void };

/** Empties the queues of process.nextTick and of promises, as Node does between two callbacks. */
const drain = warns(_tickCallback) ? undefined : _tickCallback;

/** Runs the other callbacks once the queues are empty. Node empties that of promises after that of process.nextTick. */
function runLater(): void {
  nextTick(queueMicrotask, () => nextTick(runAll));
}

function runAll(): void {
  gather();
  try {
    for (;;) {
      (waiting[next++] as Turn).run();
      if (next === waiting.length) break;
      if (drain === undefined) break;
      drain();
      submitGathered();
    }
  } finally {
    gatherNoMore();
    if (next < waiting.length) {
      outsideDomain(drain === undefined ? runLater : runSoon);
    } else {
      waiting = [];
      next = 0;
      scheduled = false;
    }
  }
}

/** Calls the callback, in a later tick, with the outcome of `promise`. */
export function callBack(promise: Promise<unknown>, waits: Waiting): void {
  promise.then(
    (value) => waits.done(value),
    (error) => waits.failed(error),
  );
}
