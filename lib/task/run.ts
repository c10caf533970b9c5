// One task, seen from the thread that started it.
import { MessageChannel, type MessagePort, type Transferable, type Worker } from 'node:worker_threads';
import type { Outcome } from '../call/errors';
import type { BackgroundOp } from '../custom/background-op';
import { noop } from '../util/noop';
import { fromPortable } from '../util/portable-error';
import { clearTimeout, setTimeout } from '../util/timers';
import { type Answer, cloneable, type Order, type Report, type Stop, WITHDRAWN } from './protocol';
import type { Lost, TaskThread } from './thread';
import type { Threads } from './threads';

export class TaskRun implements BackgroundOp<unknown> {
  readonly #threads: Threads;
  readonly #order: Omit<Order, 'port' | 'state'>;
  readonly #transferList: readonly Transferable[];
  readonly #terminator = new AbortController();
  #thread: TaskThread | undefined;
  #port: MessagePort | undefined;
  #worker: Worker | undefined;
  #gone: Promise<void> | undefined;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #killed = false;
  #failure: { error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(threads: Threads, order: Omit<Order, 'port' | 'state'>, transferList: readonly Transferable[]) {
    this.#threads = threads;
    this.#order = order;
    this.#transferList = transferList;
  }

  async run(): Promise<unknown> {
    try {
      let answer: Answer | Lost;
      do {
        answer = await this.#threads.use(this.#terminator.signal, (thread) => this.#runIn(thread));
        // A copy of the data can be sent again. Transferred objects are gone with the thread.
      } while ('lost' in answer && this.#transferList.length === 0);
      if ('lost' in answer) throw answer.lost;
      if ('error' in answer) throw fromPortable(answer.error);
      return answer.value;
    } catch (reason) {
      // Waits for the end of the thread: then its memory is free, and none of its code runs.
      if (this.#killed && this.#failure === undefined) await this.#gone;
      const { error } = this.#failure ?? { error: reason };
      const exit = /^worker exited with code: (\d+)$/.exec((error as Error)?.message ?? '');
      if (exit === null) throw error;
      const message = `The thread of the task was ended by process.exit(${exit[1]}), called by the task or by what an earlier task had left running: return or throw instead`;
      throw Object.assign(new Error(message), { code: 'ERR_TASK_EXIT', exitCode: Number(exit[1]) });
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #runIn(thread: TaskThread): Promise<Answer | Lost> {
    const { port1, port2 } = new MessageChannel();
    this.#thread = thread;
    this.#port = port1;
    port1.on('message', (message: Report) => this.#hear(message));
    // The pool's own handles keep the event loop alive.
    port1.unref();
    try {
      return await thread.run({
        order: { ...this.#order, port: port2, state: this.#state },
        transferList: [...this.#transferList, port2],
        signal: this.#terminator.signal,
        fail: (error) => this.#fail(error),
      });
    } finally {
      port1.close();
      port2.close();
    }
  }

  /** No thread will take the task. */
  #fail(error: unknown): void {
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
    const worker = this.#thread?.worker;
    // It is another one, or none, if the task's has just ended.
    if (worker?.threadId === threadId) this.#worker = worker;
    // One half of the grace is for the task's handlers, the other half for the end of its thread.
    const grace = graceMs / 2;
    const message: Stop = { reason: cloneable(reason) ? reason : String(reason), grace };
    this.#port?.postMessage(message);
    this.#timer = setTimeout(() => this.#terminate(), grace);
  }

  #terminate(): void {
    if (this.#killed) return;
    this.#killed = true;
    const worker = this.#worker;
    if (worker !== undefined && worker === this.#thread?.worker)
      this.#gone = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.#terminator.abort();
  }

  outcome(): Outcome {
    if (Atomics.load(this.#state, 0) === WITHDRAWN) return 'cancelled';
    return this.#killed ? 'killed' : 'interrupted';
  }

  abandon(): void {
    this.#terminate();
    const worker = this.#worker;
    if (worker === undefined) return;
    // piscina calls ref() of a thread that it has terminated when the port to that thread closes. The event loop would
    // then wait for the thread.
    worker.ref = noop;
    worker.unref();
  }

  details(): object {
    return {};
  }
}
