// pendingop/task: JavaScript in a thread of its own, that can be listed and interrupted whatever it does.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
import { type Pool, TaskRun } from './run';

export { onInterrupt } from './context';

export interface TaskOptions extends CallOptions {
  /** The function that the module exports. Default: 'default'. */
  name?: string | undefined;
  /** As for postMessage(): goes over to the task instead of being copied. */
  transferList?: readonly Transferable[] | undefined;
  /** ms that its signal, its timeout and abort() leave it. Default: configure({ grace }). */
  grace?: number | undefined;
}

export interface TaskPoolOptions {
  /** Default: half as many again as there are processors. */
  maxThreads?: number | undefined;
  /** Of each thread. */
  resourceLimits?: ResourceLimits | undefined;
}

/** A path or file URL of a module; or a function, of which only the text goes over: it sees nothing but its argument. */
export type TaskTarget<D = unknown, R = unknown> = string | URL | ((data: D) => R | Promise<R>);

/** A task that was started. */
export interface Task<R> {
  /** As in listPending(). */
  readonly id: number;
  readonly result: Promise<R>;
  /** Interrupts it. Gives how it ended; never throws, also when it is over. */
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

function piscina(): new (options: object) => Pool {
  try {
    return (require('piscina') as { Piscina: new (options: object) => Pool }).Piscina;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    const message = 'pendingop/task needs the package piscina: npm install piscina';
    throw Object.assign(new Error(message, { cause: error }), { code: 'ERR_TASK_PISCINA_MISSING' });
  }
}

function worker(): string {
  const built = join(__dirname, 'worker.js');
  // Run from its TypeScript, by the tests: threads want JavaScript.
  return existsSync(built) ? built : join(__dirname, '../../dist/task/worker.js');
}

function targetOf(task: unknown, name: string): Order['target'] {
  if (typeof task === 'function') return { source: String(task) };
  if (task instanceof URL) return { url: task.href, name };
  if (task === '') throw argValue('task', task, 'must be a function, or the path of a module');
  if (typeof task !== 'string')
    throw argType('task', 'of type function or string or an instance of URL', task);
  return { url: task.startsWith('file:') ? task : pathToFileURL(resolve(task)).href, name };
}

/** Threads for tasks. One that is terminated is replaced. */
export class TaskPool {
  readonly #pool: Pool;
  readonly #runs = new Set<TaskRun>();
  #closed = false;

  constructor(options: TaskPoolOptions = {}) {
    validateNames(options, POOL_OPTIONS);
    const { maxThreads, resourceLimits } = options;
    if (maxThreads !== undefined) validateInteger(maxThreads, 'options.maxThreads', 1, 1024);
    if (resourceLimits !== undefined) checkLimits(resourceLimits);
    const Piscina = piscina();
    const given = { ...(maxThreads && { maxThreads }), ...(resourceLimits && { resourceLimits }) };
    // A pause between tasks that blocks the thread would keep late completions of file calls from it.
    this.#pool = new Piscina({
      filename: worker(),
      minThreads: 0,
      idleTimeout: 1000,
      atomics: 'disabled',
      ...given,
    });
    this.#pool.on('error', (error) => this.#threadFailed(error));
  }

  /** A thread that had no task has ended: at its start, or by what a task had left behind in it. */
  #threadFailed(error: unknown): void {
    // The answer of a task that was taken back just before: nobody waits for it, and its thread is ended.
    if (String((error as Error)?.message).startsWith('Unexpected message from Worker')) return;
    // The pool starts no other one for those that wait.
    const waiting = this.#pool.threads.length === 0 ? [...this.#runs] : [];
    for (const run of waiting) run.fail(error);
    if (waiting.length > 0) return;
    process.emitWarning('A thread of a task pool has failed, with no task in it', {
      type: 'TaskWarning',
      code: 'PENDINGOP_TASK_THREAD',
      detail: inspect(error),
    });
  }

  /** Starts `task` with a copy of `data`. */
  start<D, R>(task: TaskTarget<D, R>, data?: D, options: TaskOptions = {}): Task<R> {
    validateNames(options, TASK_OPTIONS);
    if (this.#closed) throw invalidState('The task pool is closed');
    const { name = 'default', transferList = [], grace = settings.grace, signal, timeout } = options;
    validateString(name, 'options.name');
    validateGrace(grace, 'options.grace');
    if (!Array.isArray(transferList))
      throw argType('options.transferList', 'an instance of Array', transferList);
    const target = targetOf(task, name);
    const args = typeof task === 'function' ? [task.name, data] : [String(task), data];
    const run = new TaskRun(this.#pool, { target, data }, transferList);
    this.#runs.add(run);
    const about = { fn: 'runTask', kind: OpKind.Top | OpKind.Task, args, ownGrace: grace };
    const { promise, call } = startBackground<R>(about, { signal, timeout }, run as never);
    const over = (): void => void this.#runs.delete(run);
    promise.then(over, over);
    return taskOf(call, promise, grace);
  }

  /** The result of a task. */
  async run<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Promise<R> {
    return this.start(task, data, options).result;
  }

  /** Ends its threads; its tasks fail with ERR_TASK_POOL_CLOSED, and no more can be started. */
  close(): Promise<void> {
    this.#closed = true;
    const message = 'The pool of this task was closed before it was over';
    for (const run of this.#runs)
      run.closed(Object.assign(new Error(message), { code: 'ERR_TASK_POOL_CLOSED' }));
    return this.#pool.destroy();
  }
}

const taskOf = <R>(call: Call<unknown>, result: Promise<R>, grace: number): Task<R> => ({
  id: call.id,
  result,
  abort: (reason) => call.interrupt('abort', reason, grace),
});

let shared: TaskPool | undefined;

/** Starts a task in the pool that is there for all. */
export function startTask<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Task<R> {
  shared ??= new TaskPool();
  return shared.start(task, data, options);
}

/** The result of a task in the pool that is there for all. */
export async function runTask<D, R>(task: TaskTarget<D, R>, data?: D, options?: TaskOptions): Promise<R> {
  return startTask(task, data, options).result;
}
