// One task, seen from the thread that started it.
import { clearTimeout, setTimeout } from 'node:timers';
import { MessageChannel, type MessagePort, type Transferable, type Worker } from 'node:worker_threads';
import type { Outcome } from '../call/errors';
import type { BackgroundOp } from '../custom/background-op';
import { noop } from '../util/noop';
import { fromPortable } from '../util/portable-error';
import { type Answer, cloneable, type Order, type Report, type Stop, WITHDRAWN } from './protocol';

/** The part of a piscina pool that is used. */
export interface Pool {
  readonly threads: Worker[];
  run(
    task: unknown,
    options: { signal: AbortSignal; transferList: readonly Transferable[] },
  ): Promise<unknown>;
  destroy(): Promise<void>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

export class TaskRun implements BackgroundOp<unknown> {
  readonly #pool: Pool;
  readonly #order: Omit<Order, 'port' | 'state'>;
  readonly #transferList: readonly Transferable[];
  readonly #terminator = new AbortController();
  #port: MessagePort | undefined;
  #thread: Worker | undefined;
  #gone: Promise<void> | undefined;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #killed = false;
  #failure: { error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Pool, order: Omit<Order, 'port' | 'state'>, transferList: readonly Transferable[]) {
    this.#pool = pool;
    this.#order = order;
    this.#transferList = transferList;
  }

  async run(): Promise<unknown> {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: Report) => this.#hear(message));
    // The pool's own handles keep the event loop alive.
    port1.unref();
    try {
      const order: Order = { ...this.#order, port: port2, state: this.#state };
      const transferList = [...this.#transferList, port2];
      const answer = (await this.#pool.run(order, {
        signal: this.#terminator.signal,
        transferList,
      })) as Answer;
      if ('error' in answer) throw fromPortable(answer.error);
      return answer.value;
    } catch (error) {
      if (this.#failure !== undefined) throw this.#failure.error;
      // Waits for the end of the thread: then its memory is free, and none of its code runs.
      if (this.#killed) await this.#gone;
      const exit = /^worker exited with code: (\d+)$/.exec((error as Error)?.message ?? '');
      if (exit === null) throw error;
      const message = `The task ended its thread with process.exit(${exit[1]})`;
      throw Object.assign(new Error(message), { code: 'ERR_TASK_EXIT', exitCode: Number(exit[1]) });
    } finally {
      clearTimeout(this.#timer);
      port1.close();
      port2.close();
    }
  }

  /** No thread will take the task. */
  fail(error: unknown): void {
    if (Atomics.compareExchange(this.#state, 0, 0, WITHDRAWN) !== 0) return;
    this.#failure = { error };
    this.#terminator.abort();
  }

  /** The pool terminates all threads. The task fails with this error then. */
  closed(error: Error): void {
    this.#failure ??= { error };
  }

  #hear({ handled }: Report): void {
    // The task has no handlers, so there is nothing to wait for.
    if (!handled) this.#terminate();
  }

  stop(reason: unknown, graceMs: number): void {
    const threadId = Atomics.compareExchange(this.#state, 0, 0, WITHDRAWN);
    if (threadId === 0) {
      this.#terminator.abort();
      return;
    }
    const thread = this.#pool.threads.find((each) => each.threadId === threadId);
    this.#thread = thread;
    this.#gone = new Promise((resolve) => {
      if (thread === undefined) resolve();
      else thread.once('exit', () => resolve());
    });
    // One half of the grace is for the task's handlers, the other half for the end of its thread.
    const grace = graceMs / 2;
    const message: Stop = { reason: cloneable(reason) ? reason : String(reason), grace };
    this.#port?.postMessage(message);
    this.#timer = setTimeout(() => this.#terminate(), grace);
  }

  #terminate(): void {
    this.#killed = true;
    this.#terminator.abort();
  }

  outcome(): Outcome {
    if (Atomics.load(this.#state, 0) === WITHDRAWN) return 'cancelled';
    return this.#killed ? 'killed' : 'interrupted';
  }

  abandon(): void {
    this.#terminate();
    const thread = this.#thread;
    if (thread === undefined) return;
    // piscina calls ref() of a thread that it has terminated when the port to that thread closes. The event loop would
    // then wait for the thread.
    thread.ref = noop;
    thread.unref();
  }

  details(): object {
    return {};
  }
}
