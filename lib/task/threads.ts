// The threads of a pool, and the queue of the tasks that wait for one.
import type { TaskThread } from './thread';

interface Turn {
  come(thread: TaskThread): void;
  fail(error: Error): void;
}

const closed = (): Error => new Error('The threads were ended');

export class Threads {
  readonly #make: () => TaskThread;
  readonly #most: number;
  readonly #all: TaskThread[] = [];
  /** The thread that was used last is taken first, so that threads which are not needed end. */
  readonly #idle: TaskThread[] = [];
  readonly #waiting = new Set<Turn>();
  #closed = false;

  constructor(make: () => TaskThread, most: number) {
    this.#make = make;
    this.#most = most;
  }

  /** Calls `act` with a thread as soon as one is free, the oldest caller first. Rejects if `signal` aborts before. */
  async use<T>(signal: AbortSignal, act: (thread: TaskThread) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#closed) throw closed();
    const thread = this.#idle.pop() ?? this.#another() ?? (await this.#turn(signal));
    try {
      return await act(thread);
    } finally {
      this.#release(thread);
    }
  }

  #another(): TaskThread | undefined {
    if (this.#all.length >= this.#most) return undefined;
    const thread = this.#make();
    this.#all.push(thread);
    return thread;
  }

  #turn(signal: AbortSignal): Promise<TaskThread> {
    return new Promise((resolve, reject) => {
      const leave = (): void => turn.fail(signal.reason);
      const over = (): void => {
        this.#waiting.delete(turn);
        signal.removeEventListener('abort', leave);
      };
      const turn: Turn = {
        come: (thread) => {
          over();
          resolve(thread);
        },
        fail: (error) => {
          over();
          reject(error);
        },
      };
      signal.addEventListener('abort', leave);
      this.#waiting.add(turn);
    });
  }

  #release(thread: TaskThread): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#idle.push(thread);
    else next.come(thread);
  }

  /** Terminates all threads. Their tasks fail, and those in the queue. */
  async destroy(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#waiting) turn.fail(closed());
    await Promise.all(this.#all.map((thread) => thread.destroy()));
  }
}
