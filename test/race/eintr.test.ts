// Signals that the package has not sent interrupt system calls, too. No caller may see that.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { withFolder, withSharedFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, run } from '../fixtures/processes';

const steady = join(__dirname, 'programs/steady.cjs');
const INTERVAL = 1000; // µs

const tools = withSharedFolder('pester');
beforeAll(async () => {
  await run('cc', ['-O1', '-o', tools('pester'), join(__dirname, 'programs/pester.c')]);
});
afterEach(() => Child.killAll());
const folder = withFolder('eintr');
beforeEach(async () => {
  await mkdir(folder('work'));
});

interface Found {
  calls: number;
  wrong: string[];
  heard: number;
}

/** Whether a thread has an unblocked signal pending, because it has not run since. */
function isUnderWay(pid: number, number: number): boolean {
  const bit = 1n << BigInt(number - 1);
  return readdirSync(`/proc/${pid}/task`).some((thread) => {
    let status = '';
    try {
      status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    } catch {
      return false; // It has ended.
    }
    const set = (name: string): bigint =>
      BigInt(`0x${new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0'}`);
    return (set('SigPnd') & ~set('SigBlk') & bit) !== 0n;
  });
}

/** Runs the program while each of its threads called `name` gets a signal a thousand times a second. */
async function pestered(
  signal: number | 'own',
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Found & { sent: number }> {
  const child = Child.start(process.execPath, [...flags, steady, folder('work'), ...args], {
    cwd: folder(),
  });
  await child.says('signal ');
  const own = /signal (\d+)/.exec(child.stdout)?.[1] ?? '';
  const number = signal === 'own' ? own : String(signal);
  const pester = Child.start(tools('pester'), [String(child.pid), number, String(INTERVAL), name]);
  await pester.says('on\n');
  child.write('go\n');
  await child.says('}\n', 60_000);
  pester.endInput();
  await pester.wait();
  // The profiler removes its handler at the end. A thread that gets the signal after that would end the program.
  await until(() => !isUnderWay(child.pid, Number(number)), 'every signal has been taken');
  child.write('end\n');
  const exit = await child.wait();
  expect(child.stderr).toBe('');
  expect(exit).toEqual({ code: 0, signal: null });
  const found = JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Found;
  return { ...found, sent: Number(/sent (\d+)/.exec(pester.stdout)?.[1]) };
}

it('a signal that the program handles, to every thread', async () => {
  const { wrong, heard, sent, calls } = await pestered(constants.signals.SIGUSR2, '', ['SIGUSR2']);
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(2000);
  expect(sent).toBeGreaterThan(100);
  expect(heard).toBeGreaterThan(10);
});

it('the profiler’s signal, to every thread, beside the profiler', async () => {
  const flags = ['--cpu-prof', `--cpu-prof-interval=${INTERVAL}`, `--cpu-prof-dir=${folder()}`];
  const { wrong, sent } = await pestered(constants.signals.SIGPROF, '', [], flags);
  expect(wrong).toEqual([]);
  expect(sent).toBeGreaterThan(100);
});

it('the package’s signal, sent to the workers by another program', async () => {
  const { wrong, sent } = await pestered('own', 'pendingop');
  expect(wrong).toEqual([]);
  expect(sent).toBeGreaterThan(100);
});
