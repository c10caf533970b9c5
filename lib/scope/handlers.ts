// The handlers of Scope.onInterrupt(), and the order in which they run.
import { warnOfHandler } from '../util/handler-warning';
import { outside } from '../util/outside';
import { clearTimeout, setTimeout } from '../util/timers';

/** Runs when a scope ends. `reason` is the reason that was given to interrupt(), or the reason of the signal. */
export type InterruptHandler = (reason: unknown) => void | Promise<void>;

interface Entry {
  readonly handler: InterruptHandler;
}

export class HandlerStack {
  #entries: Entry[] = [];
  #ended: { reason: unknown } | undefined;
  /** The handlers that run, also those that nobody waits for any more. */
  readonly #running = new Set<Promise<void>>();

  /** Adds a handler. After the end of the scope the handler runs at once. Returns a function that removes it. */
  add(handler: InterruptHandler): () => void {
    if (this.#ended !== undefined) {
      this.#note(runOne(handler, this.#ended.reason));
      return () => undefined;
    }
    const entry = { handler };
    this.#entries.push(entry);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  /**
   * Runs the handlers, the last one first. Each begins when the one before has settled, or has taken longer than
   * `graceMs`.
   */
  run(graceMs: number, reason: unknown): Promise<void> {
    this.#ended = { reason };
    const running = this.#runAll(graceMs, reason);
    this.#note(running);
    return running;
  }

  /** Settles when no handler runs any more. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #note(running: Promise<void> | undefined): Promise<void> | undefined {
    if (running === undefined) return undefined;
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
    return running;
  }

  async #runAll(graceMs: number, reason: unknown): Promise<void> {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      const running = this.#note(runOne(entry.handler, reason));
      if (running !== undefined) await atMost(graceMs, running);
    }
  }
}

/** Runs the handler. Returns undefined if it is done; else a promise that does not reject. */
function runOne(handler: InterruptHandler, reason: unknown): Promise<void> | undefined {
  try {
    const given = outside(() => handler(reason)) as unknown;
    return given === undefined ? undefined : Promise.resolve(given).then(() => undefined, warn);
  } catch (error) {
    warn(error);
    return undefined;
  }
}

const warn = (error: unknown): void => warnOfHandler("A scope's onInterrupt handler", error);

function atMost(ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
