// The entry point `pendingop/task`: JavaScript in a thread of its own that can be listed and interrupted, whatever it
// does.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import type { Call } from '../call';
import type { Outcome } from '../call/errors';
import { startBackground } from '../custom/background-op';
import { OpKind } from '../engine/codes';
import { settings } from '../engine/settings';
import { argType, argValue, invalidState, outOfRange } from '../node/errors';
import type { CallOptions } from '../validate/call-options';
import { validateGrace } from '../validate/grace';
import { validateInteger, validateNames, validateString } from '../validate/values';
import type { Order } from './protocol';
import { TaskRun } from './run';
import { TaskThread } from './thread';
import { Threads } from './threads';

export { onInterrupt } from './context';

/** How a task is started and ended. */
export interface TaskOptions extends CallOptions {
  /**
   * The name of the function that the module exports.
   * @default 'default'
   */
  name?: string | undefined;
  /**
   * Objects in the data that are moved to the task instead of copied, as with postMessage().
   * @default none
   */
  transferList?: readonly Transferable[] | undefined;
  /**
   * ms that the task has to end when it is interrupted by its signal, its timeout or abort(). Then its thread is
   * terminated.
   * @default the `grace` of configure(), 100
   */
  grace?: number | undefined;
}

/** Options of TaskPool. */
export interface TaskPoolOptions {
  /**
   * The greatest number of threads: 1 to 1024.
   * @default one and a half times the number of processors
   */
  maxThreads?: number | undefined;
  /**
   * Limits of the memory of each thread (MB), as those of a Worker.
   * @default Node's limits
   */
  resourceLimits?: ResourceLimits | undefined;
}

/**
 * What runs as a task: a function, or the path or `file:` URL of a module that exports one. Of a function only the text
 * is sent to the thread: it sees its argument, and no variables around it.
 */
export type TaskTarget<D = unknown, R = unknown> = string | URL | ((data: D) => R | Promise<R>);

/** A task that was started. */
export interface Task<R> {
  /** The id that listPending() shows. */
  readonly id: number;
  /** Resolves to what the function returns. Rejects with what it throws, or if the task was interrupted. */
  readonly result: Promise<R>;
  /** Interrupts the task. Resolves to how it ended. Does not fail, also if the task is over. */
  abort(reason?: unknown): Promise<Outcome>;
}

const TASK_OPTIONS = new Set(['name', 'transferList', 'grace', 'signal', 'timeout']);
const POOL_OPTIONS = new Set(['maxThreads', 'resourceLimits']);
const LIMITS = new Set([
  'maxYoungGenerationSizeMb',
  'maxOldGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]);

function checkLimits(limits: unknown): void {
  validateNames(limits, LIMITS, 'options.resourceLimits');
  for (const [key, value] of Object.entries(limits)) {
    const name = `options.resourceLimits.${key}`;
    if (typeof value !== 'number') throw argType(name, 'of type number', value);
    if (!(value > 0)) throw outOfRange(name, '> 0', value);
  }
}

function targetOf(task: unknown, name: string): Order['target'] {
  if (typeof task === 'function') return { source: String(task) };
  if (task instanceof URL) return { url: task.href, name };
  if (task === '') throw argValue('task', task, 'must be a function, or the path of a module');
  if (typeof task !== 'string')
    throw argType('task', 'of type function or string or an instance of URL', task);
  return { url: task.startsWith('file:') ? task : pathToFileURL(resolve(task)).href, name };
}

/** Called when something that a task had left behind ends its thread. */
function warnOfThread(error: unknown): void {
  process.emitWarning('A thread of a task pool has failed, with no task in it', {
    type: 'TaskWarning',
    code: 'PENDINGOP_TASK_THREAD',
    detail: inspect(error),
  });
}

/**
 * Threads for tasks. A thread that was terminated is replaced.
 *
 * @example
 * ```ts
 * import { TaskPool } from 'pendingop/task';
 * const pool = new TaskPool({ maxThreads: 2 });
 * console.log(await pool.run((text: string) => text.length, 'some text', { timeout: 1000 }));
 * await pool.close();
 * ```
 */
export class TaskPool {
  readonly #threads: Threads;
  readonly #runs = new Set<TaskRun>();
  #closed = false;

  /**
   * Makes a pool. Threads start with the first tasks.
   *
   * @throws ERR_TASK_PISCINA_MISSING if the package piscina is not installed
   */
  constructor(options: TaskPoolOptions = {}) {
    validateNames(options, POOL_OPTIONS);
    const { maxThreads, resourceLimits } = options;
    if (maxThreads !== undefined) validateInteger(maxThreads, 'options.maxThreads', 1, 1024);
    if (resourceLimits !== undefined) checkLimits(resourceLimits);
    const most = maxThreads ?? Math.ceil(availableParallelism() * 1.5);
    this.#threads = new Threads(TaskThread.maker(resourceLimits, warnOfThread), most);
  }

  /**
   * Starts `task` with a copy of `data`.
   *
   * @param task - a module, or a function whose text is sent
   * @param data - the argument of the function, copied
   * @param options - `timeout` (ms), `signal`, and how the task is ended
   */
  start<D, R>(task: TaskTarget<D, R>, data?: D, options: TaskOptions = {}): Task<R> {
    validateNames(options, TASK_OPTIONS);
    if (this.#closed)
      throw invalidState('The task pool is closed: start tasks before close(), or in another pool');
    const { name = 'default', transferList = [], grace = settings.grace, signal, timeout } = options;
    validateString(name, 'options.name');
    validateGrace(grace, 'options.grace');
    if (!Array.isArray(transferList))
      throw argType('options.transferList', 'an instance of Array', transferList);
    const target = targetOf(task, name);
    const args = typeof task === 'function' ? [task.name, data] : [String(task), data];
    const run = new TaskRun(this.#threads, { target, data }, transferList);
    this.#runs.add(run);
    const about = { fn: 'runTask', kind: OpKind.Top | OpKind.Task, args, ownGrace: () => grace };
    const { promise, call } = startBackground<R>(about, { signal, timeout }, run as never);
    const over = (): void => void this.#runs.delete(run);
    promise.then(over, over);
    return taskOf(call, promise, grace);
  }

  /**
   * Runs a task and resolves to its result.
   *
   * @param task - a module, or a function whose text is sent
   * @param data - the argument of the function, copied
   * @param options - `timeout` (ms), `signal`, and how the task is ended
   */
  async run<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Promise<R> {
    return this.start(task, data, options).result;
  }

  /**
   * Terminates the threads. Tasks that are not over fail with ERR_TASK_POOL_CLOSED, and no more tasks can be started.
   */
  close(): Promise<void> {
    this.#closed = true;
    const message =
      'The pool of this task was closed before the task was over: await its result before close()';
    for (const run of this.#runs)
      run.closed(Object.assign(new Error(message), { code: 'ERR_TASK_POOL_CLOSED' }));
    return this.#threads.destroy();
  }
}

const taskOf = <R>(call: Call<unknown>, result: Promise<R>, grace: number): Task<R> => ({
  id: call.id,
  result,
  abort: (reason) => call.interrupt('abort', reason, grace),
});

let shared: TaskPool | undefined;

/**
 * Starts a task in the pool that all callers share.
 *
 * @param task - a module, or a function whose text is sent
 * @param data - the argument of the function, copied
 * @param options - `timeout` (ms), `signal`, and how the task is ended
 * @example
 * ```ts
 * import { startTask } from 'pendingop/task';
 * const task = startTask((n: number) => n * 2, 21);
 * console.log(task.id, await task.result);
 * ```
 */
export function startTask<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Task<R> {
  shared ??= new TaskPool();
  return shared.start(task, data, options);
}

/**
 * Runs a task in the pool that all callers share, and resolves to its result. An endless loop can be interrupted, too:
 * its thread is terminated.
 *
 * @param task - a module, or a function whose text is sent
 * @param data - the argument of the function, copied
 * @param options - `timeout` (ms), `signal`, and how the task is ended
 * @throws as rejections: what the task throws, InterruptError, AbortError, TimeoutError; ERR_TASK_EXIT if the task
 *   calls process.exit()
 * @example
 * ```ts
 * import { runTask } from 'pendingop/task';
 * const sum = await runTask((numbers: number[]) => numbers.reduce((a, b) => a + b, 0), [1, 2, 3], { timeout: 1000 });
 * ```
 */
export async function runTask<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Promise<R> {
  return startTask(task, data, options).result;
}
