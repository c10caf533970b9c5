import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { InterruptError } from '../../lib';
import type * as HelpersModule from '../../lib/isolated/helpers';
import type * as RunIsolatedModule from '../../lib/isolated/run-isolated';
import { until, within } from '../fixtures/leaks';
import { Child, processState } from '../fixtures/processes';
import { dist, failing, rejection } from '../table/tools';
import { isGone, po, runIsolated, withPlace, work } from './tools';

const place = withPlace();
const missing = join(__dirname, 'programs/none.cjs');

const begun = (count: number): Promise<boolean> =>
  until(() => place.lines().length >= count, `${count} calls have begun`);
const pidOf = (line: string | undefined): number => Number(line?.split(' ')[0]);
const block = (value: string): unknown[] => ['block', place.fifo(), place.log(), value];

/** Releases the blocked calls. */
async function free(): Promise<void> {
  const fifo = await open(place.fifo(), 'w');
  await fifo.write('x');
  await fifo.close();
}

describe('a call', () => {
  it('goes to another process and back, with what can be cloned', async () => {
    const values = [1n, new Map([['a', new Date(0)]]), Buffer.from('bytes'), undefined, { deep: [null] }];
    expect(await runIsolated(work, ['echo', ...values])).toEqual(values);
    expect(await runIsolated(pathToFileURL(work), ['later', 7])).toBe(7);
    expect(await runIsolated(pathToFileURL(work).href, ['later'])).toBeUndefined();
    expect(await runIsolated<number>(work, ['pid'])).not.toBe(process.pid);
  });

  it('reuses an idle helper, and gets a new one while that is busy', async () => {
    const first = await runIsolated<number>(work, ['pid']);
    expect(await runIsolated(work, ['pid'])).toBe(first);
    const [one, two] = await Promise.all([runIsolated(work, ['pid']), runIsolated(work, ['pid'])]);
    expect(one).not.toBe(two);
  });

  it('is listed, and interrupted while its function blocks', async () => {
    const failed = failing(runIsolated(work, block('one')));
    await begun(1);
    const [op, ...others] = po.listPending(po.OpKind.Process);
    expect(others).toEqual([]);
    expect(op?.fn()).toBe('runIsolated');
    expect(op?.kind()).toBe(po.OpKind.Top | po.OpKind.Process);
    expect(op?.pathname()).toBe(work);
    expect(op?.params()).toEqual(block('one'));
    const reports = await po.interrupt(po.listPending(), { grace: 60_000 });
    expect(reports).toHaveLength(1);
    expect(reports[0]?.outcome).toBe('killed');
    expect(await failed).toMatchObject({
      name: 'InterruptError',
      code: 'EINTR',
      path: work,
      outcome: 'killed',
      // How far the function got is unknown.
      mayHaveTakenEffect: true,
    });
    // The helper has ended and was waited for before the report: there is no zombie.
    expect(processState(pidOf(place.lines()[0]))).toBeUndefined();
  });

  it('that fails by itself before its helper is killed has its own error', async () => {
    const { Helpers } = require(join(dist, 'isolated/helpers.js')) as typeof HelpersModule;
    const { isolated } = require(join(dist, 'isolated/run-isolated.js')) as typeof RunIsolatedModule;
    const helpers = new Helpers({ module: work, threads: 0 }, false, 20);
    const { call } = helpers;
    helpers.call = (args) => {
      const made = call.call(helpers, args);
      const end = async (): Promise<void> => {
        await made.done.catch(() => undefined);
        await made.end();
      };
      return { ...made, end };
    };
    const info = { fn: 'fails', kind: po.OpKind.Top, params: [], effect: true };
    const failed = failing(isolated(helpers, info, ['fail', 'its own', {}], {}));
    const reports = await po.interrupt(po.listPending(), { grace: 60_000 });
    expect(reports).toMatchObject([{ outcome: 'completed' }]);
    expect(await failed).toMatchObject({ name: 'RangeError', message: 'its own' });
  });

  it('ends by its signal and its timeout; other calls go on', async () => {
    const controller = new AbortController();
    const aborted = failing(runIsolated(work, block('aborted'), { signal: controller.signal }));
    const other = runIsolated(work, block('other'));
    await begun(2);
    controller.abort('enough');
    expect(await aborted).toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect(await rejection(runIsolated(work, block('late'), { timeout: 50 }))).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
    });
    await free();
    expect(await other).toBe('other');
    const early = await rejection(runIsolated(work, ['pid'], { signal: AbortSignal.abort() }));
    expect(early).toMatchObject({ name: 'AbortError', outcome: 'cancelled' });
  });
});

describe('shared', () => {
  it('one helper has all calls; one is interrupted, the others are made again', async () => {
    const calls = ['a', 'b'].map((value) => runIsolated(work, ['later', value], { shared: true }));
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
    const blocked = failing(runIsolated(work, block('one'), { shared: true }));
    await begun(1);
    // It is queued behind the other: one thread has both.
    const other = runIsolated<number>(work, ['pid'], { shared: true });
    const [first] = po.listPending();
    await po.interrupt(first === undefined ? [] : [first], { grace: 60_000 });
    expect(await blocked).toMatchObject({ code: 'EINTR', outcome: 'killed' });
    expect(await other).not.toBe(pidOf(place.lines()[0]));
  });

  it('a call whose helper was not ready is cancelled', async () => {
    const { Helpers } = require(join(dist, 'isolated/helpers.js')) as typeof HelpersModule;
    const helpers = new Helpers({ module: work, threads: 0 }, true, 20);
    const call = helpers.call(['pid']);
    const failed = failing(call.done);
    await call.end();
    await failed;
    expect(call.outcome()).toBe('cancelled');
    expect(await helpers.call(['later', 1]).done).toBe(1);
  });

  it('a call that crashes its helper twice is not made a third time', async () => {
    const error = await rejection<Error>(runIsolated(work, ['exit', 5], { shared: true }));
    expect(error).toMatchObject({ code: 'ERR_HELPER_ENDED', exitCode: 5 });
    expect(await runIsolated(work, ['later', 1], { shared: true })).toBe(1);
  });
});

describe('a failure', () => {
  it('in the module rejects with what was thrown', async () => {
    const error = await rejection<Error>(runIsolated(work, ['fail', 'too far', { code: 'EFAR', at: 3 }]));
    expect(error).toMatchObject({ name: 'RangeError', message: 'too far', code: 'EFAR', at: 3 });
    expect(error.stack).toContain('work.cjs');
    expect(await rejection(runIsolated(work, ['failWithText', 'text']))).toBe('text');
  });

  it.each([
    [['exit', 0], { exitCode: 0, signal: null }, 'exit code 0'],
    [['exit', 3], { exitCode: 3, signal: null }, 'exit code 3'],
    [['abort'], { exitCode: null, signal: 'SIGABRT' }, 'SIGABRT'],
  ])('the helper ends by itself: %j', async (args, how, text) => {
    // The helper is idle: its threads wait.
    const pid = await runIsolated<number>(work, ['pid']);
    const error = await rejection<Error>(runIsolated(work, args));
    expect(error).toMatchObject({ code: 'ERR_HELPER_ENDED', ...how });
    expect(isGone(pid)).toBe(true);
    expect(error.message).toContain(work);
    expect(error.message).toContain(text);
    expect(await runIsolated(work, ['later', 1])).toBe(1);
  });

  it('arguments and results that cannot be cloned are refused', async () => {
    const sent = await rejection<Error>(runIsolated(work, ['echo', () => 1]));
    expect(sent).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(sent.message).toMatch(/The argument 'args' .* \(.* could not be cloned\.\)\. Received/);
    const returned = await rejection<Error>(runIsolated(work, ['giveFunction']));
    expect(returned).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_RETURN_VALUE' });
    // Neither ends a helper.
    expect(await runIsolated(work, ['later', 1])).toBe(1);
  });

  it('a module that is missing, or exports no function', async () => {
    const none = await rejection<Error>(runIsolated(missing));
    expect(none).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
    expect(none.message).toContain(missing);
    const plain = await rejection<Error>(runIsolated(join(dist, 'engine/codes.js')));
    expect(plain).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    expect(plain.message).toContain('codes.js');
  });

  it.each([
    ['no path', () => runIsolated(undefined as unknown as string), 'TYPE'],
    ['an empty path', () => runIsolated(''), 'VALUE'],
    ['a path with a null byte', () => runIsolated('a\0b'), 'VALUE'],
    ['arguments that are no array', () => runIsolated(work, {} as unknown[]), 'TYPE'],
    ['an unknown option', () => runIsolated(work, [], { idle: 1 } as object), 'VALUE'],
    ['shared, but no boolean', () => runIsolated(work, [], { shared: 1 } as object), 'TYPE'],
  ])('%s', async (_, call, code) => {
    const error = await rejection<NodeJS.ErrnoException>(call());
    expect(error.code).toBe(`ERR_INVALID_ARG_${code}`);
    expect(po.listPending()).toEqual([]);
  });
});

describe('the end of the parent', () => {
  afterEach(() => Child.killAll());
  const start = (how: string): Child =>
    Child.start(process.execPath, [
      join(__dirname, 'programs/parent.cjs'),
      dist,
      how,
      place.fifo(),
      place.log(),
    ]);

  it.each(['SIGKILL', 'SIGTERM'] as const)('%s: the helper ends although it is blocked', async (signal) => {
    const child = start('block');
    await begun(1);
    const pid = pidOf(place.lines()[0]);
    expect(isGone(pid)).toBe(false);
    child.kill(signal);
    await until(() => isGone(pid), 'the helper is gone');
  });

  it('a worker thread: its helper ends with it although it is blocked', async () => {
    const child = Child.node(`
      const { Worker } = require('node:worker_threads');
      const argv = ${JSON.stringify([dist, 'block', place.fifo(), place.log()])};
      const worker = new Worker(${JSON.stringify(join(__dirname, 'programs/parent.cjs'))}, { argv });
      process.stdin.once('data', () => worker.terminate());
      process.stdin.once('end', () => process.exit(0));`);
    await begun(1);
    const pid = pidOf(place.lines()[0]);
    expect(isGone(pid)).toBe(false);
    child.write('now\n');
    await until(() => isGone(pid), 'the helper is gone');
    expect(child.over).toBe(false);
    child.endInput();
    await child.wait();
  });

  it('an idle helper does not keep the parent alive, and ends with it', async () => {
    const child = start('idle');
    const { code } = await within(child.wait(), 'the end of the program');
    expect(code).toBe(0);
    const pid = Number(/helper (\d+)/.exec(child.stdout)?.[1]);
    await until(() => isGone(pid), 'the helper is gone');
  });
});

it('an abandoned call does not keep the program running, and its helper ends with the program', async () => {
  // SIGKILL ends any helper, so to abandon a call no signal is sent here.
  const script = `
    require('node:child_process').ChildProcess.prototype.kill = () => true;
    const po = require(${JSON.stringify(dist)});
    const [, work, ...args] = process.argv;
    const { existsSync } = require('node:fs');
    po.trackPending(true);
    po.runIsolated(work, args).catch((error) => console.log(error.outcome));
    const timer = setInterval(() => {
      if (!existsSync(args[2])) return;
      clearInterval(timer);
      void po.interrupt(po.listPending(), { grace: 20 });
    }, 5);`;
  const child = Child.node(script, [work, ...(block('one') as string[])]);
  try {
    expect(await child.wait()).toEqual({ code: 0, signal: null });
  } finally {
    Child.killAll();
  }
  expect(child.stdout).toBe('abandoned\n');
  await until(() => isGone(pidOf(place.lines()[0])), 'the helper is gone');
});

it('an idle helper is kept for a while, and then ends', async () => {
  const { Helpers } = require(join(dist, 'isolated/helpers.js')) as typeof HelpersModule;
  const pid = await new Helpers({ module: work, threads: 0 }, false, 20).call(['pid']).done;
  await until(() => isGone(pid as number), 'the helper is gone');
});

it('several calls that are interrupted at once leave no process', async () => {
  const calls = Array.from({ length: 5 }, (_, i) => failing(runIsolated(work, block(String(i)))));
  await begun(5);
  await po.interrupt(po.listPending(), { grace: 60_000 });
  const errors: InterruptError[] = await Promise.all(calls);
  expect(errors.every(({ code }) => code === 'EINTR')).toBe(true);
  expect(errors.every(({ outcome }) => outcome === 'killed')).toBe(true);
  for (const line of place.lines()) expect(processState(pidOf(line))).toBeUndefined();
});
