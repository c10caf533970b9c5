// Tasks: results, errors, and the end of tasks that do not end by themselves.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { interrupt, listPending, OpKind } from '../../lib';
import { onInterrupt, startTask, TaskPool } from '../../lib/task';
import { withSharedFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, run } from '../fixtures/processes';
import { failing, rejection, thrown } from '../table/tools';

let pool: TaskPool;
afterAll(() => pool.close());
const folder = withSharedFolder('task');
beforeAll(() => {
  pool = new TaskPool({ maxThreads: 1 });
});

const library = (name: string): string => JSON.stringify(join(__dirname, '../../dist', name));

/** A module in the scratch folder. */
function module(name: string, text: string): string {
  const path = folder(name);
  writeFileSync(path, text);
  return path;
}

/** A word in shared memory that a task sets at each step. */
const gate = () => new Int32Array(new SharedArrayBuffer(8));
const reached = (at: Int32Array, index = 0) =>
  until(() => Atomics.load(at, index) !== 0, 'the task gets there');
const spin = (at: Int32Array): void => {
  Atomics.store(at, 0, 1);
  for (;;);
};

test('functions and modules, copied and transferred data', async () => {
  expect(await pool.run((n: number) => n * 2, 21)).toBe(42);
  const path = module('two.mjs', 'export default (x) => x + 1; export const other = async (x) => [x];');
  expect(await pool.run(path, 1)).toBe(2);
  expect(await pool.run(pathToFileURL(path), 1, { name: 'other' })).toEqual([1]);
  expect(await pool.run(module('one.cjs', 'exports.twice = (x) => 2 * x;'), 4, { name: 'twice' })).toBe(8);
  const bytes = new Uint8Array(10);
  expect(await pool.run((data: Uint8Array) => data.length, bytes, { transferList: [bytes.buffer] })).toBe(10);
  expect(bytes.length).toBe(0);
});

test('errors come through, and the pool goes on', async () => {
  const boom = await rejection<NodeJS.ErrnoException>(
    pool.run(() => {
      throw Object.assign(new RangeError('boom'), { code: 'EBOOM', extra: 1 });
    }),
  );
  expect(boom).toMatchObject({ name: 'RangeError', message: 'boom', code: 'EBOOM', extra: 1 });
  expect(await rejection(pool.run(() => () => 1))).toMatchObject({ code: 'ERR_TASK_RESULT' });
  expect(await rejection(pool.run(() => process.exit(3)))).toMatchObject({
    code: 'ERR_TASK_EXIT',
    exitCode: 3,
    message:
      'The thread of the task was ended by process.exit(3), called by the task or by what an earlier task had left running: return or throw instead',
  });
  expect(await rejection(pool.run(folder('missing.mjs')))).toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
  });
  const none = module('none.mjs', 'export const a = 1;');
  expect(await rejection(pool.run(none))).toMatchObject({ code: 'ERR_TASK_NO_FUNCTION' });
  expect(
    (
      await rejection(
        pool.run(
          (x: unknown) => x,
          () => 1,
        ),
      )
    ).name,
  ).toBe('DataCloneError');
  expect(await pool.run(() => 'on')).toBe('on');
});

test('out of memory', async () => {
  const small = new TaskPool({ maxThreads: 1, resourceLimits: { maxOldGenerationSizeMb: 16 } });
  const hog = (): void => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array(10_000).fill(0));
  };
  expect(await rejection(small.run(hog))).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  expect(await small.run(() => 1)).toBe(1);
  await small.close();
});

test('threads that cannot start: their tasks fail, and so do those that wait', async () => {
  // With less, V8 of Node 22 and later ends the whole process.
  const limits = { maxOldGenerationSizeMb: 3, maxYoungGenerationSizeMb: 1 };
  const tiny = new TaskPool({ maxThreads: 1, resourceLimits: limits });
  const both = [tiny.run(() => 1), tiny.run(() => 2)].map((task) => rejection(task));
  for (const error of await Promise.all(both))
    expect(error).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  expect(await rejection(tiny.run(() => 3))).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
  await tiny.close();
});

test('an error after the end of a task is a warning; the pool goes on', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const at = gate();
  await pool.run((go: Int32Array) => {
    setInterval(() => {
      if (Atomics.load(go, 0) === 1) throw new Error('left behind');
    });
  }, at);
  Atomics.store(at, 0, 1);
  try {
    await until(() => warned.mock.calls.length > 0, 'the warning');
    expect(warned.mock.calls).toEqual([
      [
        'A thread of a task pool has failed, with no task in it',
        {
          type: 'TaskWarning',
          code: 'PENDINGOP_TASK_THREAD',
          detail: expect.stringContaining('left behind'),
        },
      ],
    ]);
  } finally {
    warned.mockRestore();
  }
  expect(await pool.run(() => 'on')).toBe('on');
});

test('when a pool is closed, its tasks fail, and no more begin', async () => {
  const closing = new TaskPool({ maxThreads: 1 });
  const at = gate();
  const both = [closing.run(spin, at), closing.run(() => 1)].map((task) => rejection(task));
  await reached(at);
  await closing.close();
  for (const error of await Promise.all(both)) expect(error).toMatchObject({ code: 'ERR_TASK_POOL_CLOSED' });
  expect(thrown(() => closing.start(() => 1)).code).toBe('ERR_INVALID_STATE');
  expect(listPending()).toEqual([]);
});

test('functions that use variables from outside fail', async () => {
  const method = {
    twice: (x: number) => 2 * x,
    once(x: number): number {
      return x;
    },
  }.once;
  for (const task of [Math.max, spin.bind(null), method]) {
    const error = await rejection<NodeJS.ErrnoException>(pool.run(task as (data: number) => number, 1));
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_TASK_NO_FUNCTION' });
    expect(error.message).toContain('cannot be run from its text');
  }
});

test('an endless loop is listed, and terminated', async () => {
  const at = gate();
  const promise = failing(pool.run(spin, at));
  await reached(at);
  const [op] = listPending(OpKind.Task);
  expect(op?.fn()).toBe('runTask');
  const [report] = await interrupt([op!], { grace: 20, reason: 'why' });
  expect(['killed', 'abandoned']).toContain(report?.outcome);
  expect((await promise).cause).toBe('why');
  expect(await pool.run(() => 'on')).toBe('on');
});

test('the handle ends a JSON.stringify of a huge object', async () => {
  const at = gate();
  const task = pool.start(
    (gate: Int32Array) => {
      const huge: unknown[] = new Array(2 ** 19).fill(new Array(100).fill('text'));
      Atomics.store(gate, 0, 1);
      for (;;) JSON.stringify(huge);
    },
    at,
    { grace: 2000 },
  );
  const promise = failing(task.result);
  await reached(at);
  const stopped = task.abort('enough');
  expect(await stopped).toBe('killed');
  expect(await promise).toMatchObject({ name: 'AbortError', outcome: 'killed', cause: 'enough' });
  expect(await task.abort()).toBe('killed');
});

test('a task that is terminated within JSON.stringify gives its memory back', async () => {
  const at = gate();
  const before = process.memoryUsage.rss();
  const task = pool.start(
    (gate: Int32Array) => {
      const huge: unknown[] = new Array(2 ** 19).fill(new Array(100).fill('text'));
      const kept = [JSON.stringify(huge)];
      Atomics.store(gate, 0, 1);
      for (;;) kept[1] = JSON.stringify(huge);
    },
    at,
    { grace: 20 },
  );
  const promise = failing(task.result);
  await reached(at);
  const much = 200 * 2 ** 20;
  expect(process.memoryUsage.rss() - before).toBeGreaterThan(much);
  expect(['killed', 'abandoned']).toContain(await task.abort());
  await promise;
  await until(() => process.memoryUsage.rss() - before < much / 2, 'the memory is back');
  expect(await pool.run(() => 'on')).toBe('on');
});

/** Once the FIFO has a reader, the thread is in a call that does not return. */
const BLOCKS = "exports.default = (fifo) => require('node:child_process').execFileSync('cat', [fifo]);";

test.each([0, 20])(
  'a task that is abandoned after %d ms does not keep the event loop alive',
  async (grace) => {
    const blocks = module('blocks.cjs', BLOCKS);
    // At the end of the process Node waits for the thread, so the FIFO is opened then.
    const script = `
    const { closeSync, constants, openSync } = require('node:fs');
    const { startTask } = require(${library('task/index.js')});
    const [, blocks, fifo] = process.argv;
    const task = startTask(blocks, fifo, { grace: ${grace} });
    task.result.catch((error) => console.log(error.outcome));
    const timer = setInterval(() => {
      let end;
      try {
        end = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch {
        return;
      }
      clearInterval(timer);
      process.once('exit', () => {
        console.log('exit');
        closeSync(end);
      });
      task.abort().then(console.log);
    }, 5);`;
    const fifo = folder(`kept-${grace}`);
    await run('mkfifo', [fifo]);
    const child = Child.node(script, [blocks, fifo]);
    try {
      expect(await child.wait()).toEqual({ code: 0, signal: null });
    } finally {
      child.kill();
    }
    expect(child.stdout).toBe('abandoned\nabandoned\nexit\n');
  },
);

test('a timeout, a signal, and the interrupt of a queued task', async () => {
  const at = gate();
  const controller = new AbortController();
  const front = failing(pool.run(spin, at, { signal: controller.signal }));
  await reached(at);
  const queued = startQueued();
  expect(await queued.abort('no')).toBe('cancelled');
  controller.abort();
  expect((await front).name).toBe('AbortError');
  expect(await rejection(pool.run(spin, gate(), { timeout: 20 }))).toMatchObject({ code: 'ETIMEDOUT' });
  expect(await rejection(pool.run(spin, gate(), { signal: AbortSignal.abort() }))).toMatchObject({
    outcome: 'cancelled',
  });
});

test('a task that is aborted as it begins leaves nothing, not even a warning', async () => {
  const warned = jest.spyOn(process, 'emitWarning');
  for (let i = 0; i < 30; i++) {
    // Starts a thread that takes the next task at once.
    await pool.run(() => 0);
    const task = pool.start((x: number) => x, i);
    const settled = task.result.catch(({ outcome }) => outcome);
    const outcome = task.abort();
    // Meanwhile its thread answers that it has nothing to do.
    Atomics.wait(gate(), 0, 0, 5);
    await outcome;
    expect([i, 'cancelled', 'interrupted', 'killed', 'abandoned']).toContain(await settled);
  }
  expect(await pool.run(() => 'on')).toBe('on');
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

function startQueued() {
  const task = pool.start(() => 1);
  failing(task.result);
  return task;
}

test('onInterrupt handlers run in reverse order, file calls in flight are interrupted', async () => {
  const path = module(
    'handlers.cjs',
    `const { onInterrupt } = require(${library('task/index.js')});
    const { execFileSync } = require('node:child_process');
    const { readFile } = require(${library('fs/promises/index.js')});
    exports.default = async ({ at, fifo }) => {
      execFileSync('mkfifo', [fifo]);
      onInterrupt(() => Atomics.compareExchange(at, 1, 1, 2));
      onInterrupt((reason) => { if (reason === 'why') Atomics.store(at, 1, 1); });
      onInterrupt(() => Atomics.store(at, 1, 9))();
      const reading = readFile(fifo);
      Atomics.store(at, 0, 1);
      await reading;
    };`,
  );
  const at = gate();
  const promise = failing(pool.run(path, { at, fifo: folder('fifo') }));
  await reached(at);
  const [report] = await interrupt(listPending(OpKind.Task), { grace: 20_000, reason: 'why' });
  expect(report?.outcome).toBe('interrupted');
  expect((await promise).outcome).toBe('interrupted');
  expect(Atomics.load(at, 1)).toBe(2);
});

test('without piscina the error says what to install, and nothing else needs it', async () => {
  const child = Child.node(
    `const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (name, ...rest) => {
      if (name !== 'piscina') return resolve(name, ...rest);
      throw Object.assign(new Error("Cannot find module 'piscina'"), { code: 'MODULE_NOT_FOUND' });
    };
    require(${library('index.js')});
    const { runTask, startTask, TaskPool } = require(${library('task/index.js')});
    const told = (error) => console.log(error.code, error.message);
    try { new TaskPool(); } catch (error) { told(error); }
    try { startTask(() => 1); } catch (error) { told(error); }
    runTask(() => 1).catch(told);`,
  );
  expect(await child.wait()).toEqual({ code: 0, signal: null });
  const line = 'ERR_TASK_PISCINA_MISSING pendingop/task needs the package piscina: npm install piscina\n';
  expect(child.stdout).toBe(line.repeat(3));
});

test('bad input', async () => {
  expect((await rejection(pool.run(1 as never))).message).toContain('"task"');
  expect(thrown(() => pool.start('x', 1, { nice: 1 } as never)).message).toContain("'nice'");
  expect(thrown(() => new TaskPool({ threads: 1 } as never)).message).toContain("'threads'");
  const limited = (limits: object) => thrown(() => new TaskPool({ resourceLimits: limits }));
  expect(limited({ heap: 1 }).message).toContain("'heap'");
  expect(limited({ stackSizeMb: '4' }).message).toContain('stackSizeMb');
  expect(limited({ stackSizeMb: -1 }).code).toBe('ERR_OUT_OF_RANGE');
  expect((await rejection(pool.run(''))).message).toContain("'task'");
  expect(thrown(() => onInterrupt(() => 1)).code).toBe('ERR_INVALID_STATE');
  expect(await startTask(() => 5).result).toBe(5);
});
