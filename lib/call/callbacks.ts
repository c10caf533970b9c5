// How callbacks are called: each as if it were alone in the event loop, as Node does for its own, so that what one
// leaves in the queues of process.nextTick and of promises runs before the next callback. They run in the async
// context of their call, and what one throws is an uncaught exception that does not keep the others from running.
import { AsyncResource } from 'node:async_hooks';
import { gather, gatherNoMore, submitGathered } from '../engine';
import type { CallListener } from './type';

export type Callback = (error: unknown, ...results: unknown[]) => void;

/** Hands the outcome of a call to its callback; `kept` is what the call's function wanted to have there. */
export type Pass = (callback: Callback, error: unknown, value: unknown, kept: unknown) => void;

/** Nothing but success. */
export const passNothing: Pass = (callback, error) => callback(error);

/** A value, and an error without one. */
export const passValue: Pass = (callback, error, value) => {
  if (error === null) callback(null, value);
  else callback(error);
};

const MANUAL = { requireManualDestroy: true };

/** A callback that waits for its call; runs once. */
export class Waiting extends AsyncResource implements CallListener {
  readonly #callback: Callback;
  readonly #pass: Pass;
  readonly #kept: unknown;
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
    // Bare: `this` is undefined in a callback of node:fs.
    const pass = this.#pass;
    try {
      this.runInAsyncScope(pass, undefined, this.#callback, this.#error, this.#value, this.#kept);
    } finally {
      this.emitDestroy();
    }
  }

  get context(): AsyncResource {
    return this;
  }
}

/** What is to run as a callback does. */
export interface Turn {
  run(): void;
}

let waiting: Turn[] = [];
let next = 0;
let scheduled = false;

/** Runs it in its turn: after the callbacks that wait already. */
export function ready(turn: Turn): void {
  waiting.push(turn);
  if (scheduled) return;
  scheduled = true;
  process.nextTick(runAll);
}

/** What Node itself does between two callbacks: runs what is in the queues of ticks and of promises. */
const { _tickCallback: drain } = process as unknown as { _tickCallback?: () => void };

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
      process.nextTick(runAll);
    } else {
      waiting = [];
      next = 0;
      scheduled = false;
    }
  }
}

/** For work that is a promise already: its outcome goes to the callback in a tick of its own. */
export function callBack(promise: Promise<unknown>, waits: Waiting): void {
  promise.then(
    (value) => waits.done(value),
    (error) => waits.failed(error),
  );
}
