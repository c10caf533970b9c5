// A thread that runs one task at a time. A piscina starts the thread, and a new one for the next task if the thread has
// ended. Each piscina has one thread only. One that has several looks at the tasks in its queue when a task ends or is
// added, but not when a thread ends, and then nobody runs them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceLimits, Transferable, Worker } from 'node:worker_threads';
import type { Answer, Order } from './protocol';

/** The part of a piscina pool that is used. */
interface Piscina {
  readonly threads: Worker[];
  run(task: Order, options: { signal: AbortSignal; transferList: readonly Transferable[] }): Promise<Answer>;
  destroy(): Promise<void>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

type PiscinaClass = new (options: object) => Piscina;

/** A task for a thread. */
export interface Work {
  readonly order: Order;
  /** The objects that are transferred, with the port of the order. */
  readonly transferList: readonly Transferable[];
  /** Takes the task back; the thread is terminated if it has the task. */
  readonly signal: AbortSignal;
  /** Called when the thread could not start. */
  fail(error: unknown): void;
}

function load(): PiscinaClass {
  try {
    return (require('piscina') as { Piscina: PiscinaClass }).Piscina;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    const message = 'pendingop/task needs the package piscina: npm install piscina';
    throw Object.assign(new Error(message, { cause: error }), { code: 'ERR_TASK_PISCINA_MISSING' });
  }
}

function program(): string {
  const built = join(__dirname, 'worker.js');
  // This file runs as TypeScript, in the tests, but threads need JavaScript.
  return existsSync(built) ? built : join(__dirname, '../../dist/task/worker.js');
}

/** Something that an earlier task had left behind ended the thread before the task began. */
export interface Lost {
  lost: unknown;
}

export class TaskThread {
  readonly #make: () => Piscina;
  readonly #failedIdle: (error: unknown) => void;
  #piscina: Piscina;
  #work: Work | undefined;
  #watched: Worker | undefined;
  /** The latest that carried out a task: this one was able to start. */
  #known: Worker | undefined;

  private constructor(
    Class: PiscinaClass,
    limits: ResourceLimits | undefined,
    failedIdle: (error: unknown) => void,
  ) {
    this.#failedIdle = failedIdle;
    this.#make = () => {
      // A pause between tasks would block the thread, and late completions of file calls would not reach it.
      const piscina = new Class({
        filename: program(),
        minThreads: 0,
        maxThreads: 1,
        idleTimeout: 1000,
        atomics: 'disabled',
        ...(limits && { resourceLimits: limits }),
      });
      piscina.on('error', (error) => this.#failed(error));
      return piscina;
    };
    this.#piscina = this.#make();
  }

  /**
   * Returns a function that makes threads. Each starts with its first task. `failedIdle` is called when one fails
   * while it has no task.
   *
   * @throws ERR_TASK_PISCINA_MISSING when the package piscina is not installed
   */
  static maker(limits: ResourceLimits | undefined, failedIdle: (error: unknown) => void): () => TaskThread {
    const Class = load();
    return () => new TaskThread(Class, limits, failedIdle);
  }

  /** The Worker; undefined before the first task, and after the end of the Worker until the next task. */
  get worker(): Worker | undefined {
    return this.#piscina.threads[0];
  }

  /** Carries out a task. */
  async run(work: Work): Promise<Answer | Lost> {
    const before = this.worker === this.#known ? this.worker : undefined;
    this.#work = work;
    try {
      const running = this.#begin(work);
      this.#watch();
      const answer = await running;
      this.#known = this.worker;
      return answer;
    } catch (error) {
      const lost = before !== undefined && this.worker !== before;
      if (!lost || Atomics.load(work.order.state, 0) !== 0) throw error;
      return { lost: error };
    } finally {
      this.#work = undefined;
    }
  }

  #begin(work: Work): Promise<Answer> {
    try {
      return this.#piscina.run(work.order, work);
    } catch (error) {
      // The system refused the thread. This piscina keeps the task in its queue, and would give it to the next thread.
      this.#piscina = this.#make();
      throw error;
    }
  }

  /** piscina does not report a thread that exits while it starts. */
  #watch(): void {
    const worker = this.worker;
    if (worker === this.#watched) return;
    this.#watched = worker;
    worker?.once('exit', (code) => {
      if (this.#watched === worker && this.#known !== worker)
        this.#work?.fail(new Error(`worker exited with code: ${code}`));
    });
  }

  /** The thread has failed while it had no task. */
  #failed(error: unknown): void {
    // A task was withdrawn just before its thread answered. Nobody waits for the answer, and the thread is being ended.
    if (String((error as Error)?.message).startsWith('Unexpected message from Worker')) return;
    // If there is a Worker, the error is a late one of its predecessor.
    if (this.#work !== undefined && this.worker === undefined) this.#work.fail(error);
    else this.#failedIdle(error);
  }

  /** Terminates the thread; its task fails. */
  destroy(): Promise<void> {
    return this.#piscina.destroy();
  }
}
