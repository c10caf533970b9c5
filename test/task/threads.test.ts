// A thread that ends, for whatever reason, is replaced, and queued tasks get the new one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Task, TaskPool } from '../../lib/task';
import { Fifo } from '../fixtures/fifo';
import { withSharedFolder } from '../fixtures/folder';
import { until, within } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { dist, failing, rejection } from '../table/tools';

/** A word in shared memory: tasks write their step, and wait for the test's answer. */
type Gate = Int32Array;
const gate = (): Gate => new Int32Array(new SharedArrayBuffer(4));
const REACHED = 1;
const OPEN = 2;
const reached = (at: Gate) => until(() => Atomics.load(at, 0) === REACHED, 'the task gets there');
const open = (at: Gate): void => {
  Atomics.store(at, 0, OPEN);
  Atomics.notify(at, 0);
};

type Way = 'throws' | 'rejects' | 'exits';

/** A task that leaves a timer behind, which ends the thread once the gate is open. */
const leave = ({ at, way }: { at: Gate; way: Way }): void => {
  const timer = setInterval(() => {
    if (Atomics.load(at, 0) !== 2) return;
    clearInterval(timer);
    if (way === 'exits') process.exit(3);
    const error = new Error('left behind');
    if (way === 'throws') throw error;
    void Promise.reject(error);
  });
};

/** Leaves behind what holds its thread from the next turn of its loop on, and ends it once the gate is open. */
const hold = ({ at, end, way }: { at: Gate; end: Gate; way: Way }): void => {
  setTimeout(() => {
    Atomics.store(at, 0, 1);
    Atomics.wait(end, 0, 0);
    if (way === 'exits') process.exit(3);
    const error = new Error('left behind');
    if (way === 'throws') throw error;
    void Promise.reject(error);
  });
};

/** A task that waits in JavaScript, so the timers of its thread fire. */
const wait = async (at: Gate): Promise<string> => {
  Atomics.store(at, 0, 1);
  while (Atomics.load(at, 0) !== 2) await new Promise((resolve) => setTimeout(resolve, 1));
  return 'waited';
};

const failure = (way: Way): object =>
  way === 'exits' ? { code: 'ERR_TASK_EXIT', exitCode: 3 } : { message: 'left behind' };

const warned = jest.spyOn(process, 'emitWarning');
beforeEach(() => {
  warned.mockReset();
  warned.mockImplementation(() => undefined);
});
afterAll(() => warned.mockRestore());

/** All threads but the one that ends are busy. */
describe.each([1, 2, 3])('of %d threads', (maxThreads) => {
  let pool: TaskPool;
  let busy: { at: Gate; task: Task<string> }[];

  const queue = (): Promise<string[]> =>
    within(Promise.all([pool.run(() => 'first'), pool.run(() => 'second')]), 'the tasks that wait');

  /** The other threads get a task each, which ends with the test. */
  async function occupy(): Promise<void> {
    for (let i = 1; i < maxThreads; i++) {
      const at = gate();
      busy.push({ at, task: pool.start(wait, at) });
      await reached(at);
    }
  }

  beforeEach(() => {
    pool = new TaskPool({ maxThreads });
    busy = [];
  });
  afterEach(async () => {
    for (const { at } of busy) open(at);
    try {
      await within(Promise.all(busy.map(({ task }) => task.result)), 'the other threads are not touched');
    } finally {
      await pool.close();
    }
  });

  test.each<Way>(['throws', 'rejects', 'exits'])(
    'what a task has left behind %s while another one runs and others wait',
    async (way) => {
      const end = gate();
      await pool.run(leave, { at: end, way });
      const at = gate();
      const running = failing(pool.run(wait, at));
      await reached(at);
      await occupy();
      const waiting = queue();
      open(end);
      expect(await running).toMatchObject(failure(way));
      expect(await waiting).toEqual(['first', 'second']);
    },
  );

  test.each<Way>(['throws', 'rejects', 'exits'])(
    'what a task has left behind %s in an idle thread: the next one has not begun there, and does elsewhere',
    async (way) => {
      const end = gate();
      const at = gate();
      await pool.run(hold, { at, end, way });
      await reached(at);
      const next = pool.run((x: number) => x + 1, 1);
      await occupy();
      const waiting = queue();
      open(end);
      expect(await within(next, 'the task that had not begun')).toBe(2);
      expect(await waiting).toEqual(['first', 'second']);
    },
  );

  test('a task calls process.exit() while others wait', async () => {
    const at = gate();
    const exiting = failing(
      pool.run(async (at: Gate) => {
        Atomics.store(at, 0, 1);
        while (Atomics.load(at, 0) !== 2) await new Promise((resolve) => setTimeout(resolve, 1));
        process.exit(3);
      }, at),
    );
    await reached(at);
    await occupy();
    const waiting = queue();
    open(at);
    expect(await exiting).toMatchObject(failure('exits'));
    expect(await waiting).toEqual(['first', 'second']);
  });

  test('a task is killed while others wait', async () => {
    const at = gate();
    // The task has no handler, so its thread is terminated at once.
    const task = pool.start(wait, at, { grace: 20_000 });
    const killed = failing(task.result);
    await reached(at);
    await occupy();
    const waiting = queue();
    expect(await task.abort()).toBe('killed');
    expect((await killed).outcome).toBe('killed');
    expect(await waiting).toEqual(['first', 'second']);
  });

  test('a task is abandoned while others wait', async () => {
    const fifo = await Fifo.make();
    try {
      const task = pool.start(blocks, fifo.path, { grace: 10 });
      const abandoned = failing(task.result);
      // The thread waits for a process that reads the FIFO.
      await until(() => fifo.hasReader(), 'the thread blocks');
      await occupy();
      const waiting = queue();
      expect(await task.abort()).toBe('abandoned');
      expect((await abandoned).outcome).toBe('abandoned');
      expect(await waiting).toEqual(['first', 'second']);
    } finally {
      await fifo.remove();
    }
  });

  test('the oldest queued task is next, also after others were interrupted', async () => {
    const at = gate();
    const front = pool.start(wait, at);
    await reached(at);
    await occupy();
    const order: number[] = [];
    const tasks = [0, 1, 2, 3, 4, 5].map((i) => pool.start((x: number) => x, i));
    const results = tasks.map(({ result }) => result.then((i) => void order.push(i)).catch(() => undefined));
    expect(await tasks[1]?.abort()).toBe('cancelled');
    expect(await tasks[4]?.abort()).toBe('cancelled');
    open(at);
    await within(Promise.all(results), 'the tasks that wait');
    expect(await front.result).toBe('waited');
    expect(order).toEqual([0, 2, 3, 5]);
  });
});

let blocks: string;
const folder = withSharedFolder('task');
beforeAll(() => {
  blocks = folder('blocks.cjs');
  writeFileSync(
    blocks,
    "exports.default = (fifo) => require('node:child_process').execFileSync('cat', [fifo]);",
  );
});

test('if threads cannot start, every queued task fails', async () => {
  const limits = { maxOldGenerationSizeMb: 3, maxYoungGenerationSizeMb: 1 };
  const tiny = new TaskPool({ maxThreads: 2, resourceLimits: limits });
  const tasks = [1, 2, 3, 4, 5].map((x) => rejection(tiny.run((y: number) => y, x)));
  for (const error of await Promise.all(tasks))
    expect(error).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  await tiny.close();
});

/** A program with a pool of one thread. */
async function outputOf(script: string, env: object = {}): Promise<string> {
  const child = Child.node(
    `const { TaskPool } = require(${JSON.stringify(join(dist, 'task/index.js'))});
    const pool = new TaskPool({ maxThreads: 1 });
    const tell = (result) => console.log(result.exitCode ?? result.message ?? result);
    (async () => {
      ${script}
      await pool.close();
    })().catch(console.log);`,
    [],
    { env: { ...process.env, ...env } },
  );
  try {
    expect(await child.wait()).toEqual({ code: 0, signal: null });
  } finally {
    child.kill();
  }
  return child.stdout;
}

test('if a thread ends before its task has begun, what was transferred is lost, and the task fails', async () => {
  const pool = new TaskPool({ maxThreads: 1 });
  const end = gate();
  const at = gate();
  await pool.run(hold, { at, end, way: 'throws' });
  await reached(at);
  const bytes = new Uint8Array(1);
  const next = failing(pool.run((data: Uint8Array) => data.length, bytes, { transferList: [bytes.buffer] }));
  open(end);
  expect(await next).toMatchObject(failure('throws'));
  expect(await pool.run(() => 'on')).toBe('on');
  await pool.close();
});

test('if the system refuses a thread, the task fails, and the pool goes on', async () => {
  const output = await outputOf(
    `const workers = require('node:worker_threads');
    const { Worker } = workers;
    workers.Worker = class { constructor() { throw new Error('no thread'); } };
    const begun = new Int32Array(new SharedArrayBuffer(4));
    await pool.run((begun) => Atomics.add(begun, 0, 1), begun).catch(tell);
    workers.Worker = Worker;
    for (const n of [1, 2]) tell(await pool.run((n) => n, n));
    console.log(begun[0]);`,
  );
  expect(output).toBe('no thread\n1\n2\n0\n');
});

test('a thread that exits as it starts fails its task', async () => {
  const early = folder('early.cjs');
  writeFileSync(early, "if (!require('node:worker_threads').isMainThread) process.exit(7);");
  const output = await outputOf('await Promise.all([1, 2].map((n) => pool.run((n) => n, n).catch(tell)));', {
    NODE_OPTIONS: `--require=${early}`,
  });
  expect(output).toBe('7\n7\n');
});

test('interrupted tasks that end by themselves leave no listener at their thread', async () => {
  const path = folder('ends.cjs');
  writeFileSync(
    path,
    `const { onInterrupt } = require(${JSON.stringify(join(dist, 'task/index.js'))});
    exports.default = (at) => new Promise((resolve) => {
      onInterrupt(resolve);
      Atomics.store(at, 0, 1);
    });`,
  );
  // One more than the listeners that an EventEmitter takes without a warning.
  const output = await outputOf(`
    process.on('warning', tell);
    for (let i = 0; i < 11; i++) {
      const at = new Int32Array(new SharedArrayBuffer(4));
      const task = pool.start(${JSON.stringify(path)}, at, { grace: 20_000 });
      while (at[0] === 0) await new Promise(setImmediate);
      await task.abort(i);
      tell(await task.result);
    }`);
  expect(output).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n');
});
