// Starts programs that end while calls are stuck, and measures how long they take to be gone.
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { until } from '../fixtures/leaks';
import { Child, processState } from '../fixtures/processes';

export const stuck = join(__dirname, 'programs/stuck.cjs');

export const ways = [
  'exit',
  'natural',
  'uncaught',
  'rejection',
  'SIGTERM',
  'SIGINT',
  'SIGKILL',
  'terminate',
] as const;
export type How = (typeof ways)[number];

/** The docs promise a second. The assertion leaves room for a busy machine. */
export const BOUND = 10_000;

const isSignal = (how: How): how is 'SIGTERM' | 'SIGINT' | 'SIGKILL' => how.startsWith('SIG');
export const exits: Record<How, string> = {
  exit: '7',
  natural: '0',
  uncaught: '1',
  rejection: '1',
  SIGTERM: 'SIGTERM',
  SIGINT: 'SIGINT',
  SIGKILL: 'SIGKILL',
  terminate: '0',
};
const errors: Partial<Record<How, string>> = {
  uncaught: 'nobody catches this',
  rejection: 'nobody handles this',
};

const medians = new Map<string, number[]>();

/** If a signal ends the calls: long enough on a busy machine, too. */
export const LONG = 10_000;
/** If no signal ends them. */
export const SHORT = 100;

/**
 * Starts a program, waits until its calls are stuck, and has it end. Returns the child and the time at which it began to end.
 * `asked` resolves once the daemon of a stalled file system has read the requests.
 */
export async function ending(
  way: string,
  how: How,
  place: string,
  grace: number,
  asked: () => Promise<void> = async () => undefined,
): Promise<{ child: Child; since: number }> {
  const child = Child.start(process.execPath, [
    stuck,
    way,
    isSignal(how) ? 'wait' : how,
    place,
    String(grace),
  ]);
  if (way === 'stat') {
    await child.says('ready ');
    await asked();
    child.write('\n');
  }
  await child.says('stuck ');
  let since = Number(/stuck (\d+)/.exec(child.stdout)?.[1]);
  if (isSignal(how)) {
    since = Date.now();
    child.kill(how);
  }
  return { child, since };
}

/** Expects the child to end within the bound, with the exit code or signal of this way to end. */
export async function gone(child: Child, since: number, way: string, how: How): Promise<void> {
  const { code, signal } = await child.wait(BOUND);
  const ms = Date.now() - since;
  medians.set(way, [...(medians.get(way) ?? []), ms]);
  expect(signal ?? String(code)).toBe(exits[how]);
  expect(child.stderr).toContain(errors[how] ?? '');
  if (errors[how] === undefined) expect(child.stderr).toBe('');
}

/** Prints how long it took. */
export function printTimes(): void {
  const lines = [...medians].map(
    ([way, times]) => `  ${way.padEnd(14)} ${times.map((ms) => `${ms} ms`).join(', ')}`,
  );
  process.stdout.write(`gone after (${ways.join(', ')}):\n${lines.join('\n')}\n`);
  medians.clear();
}

/** Expects that only threads in the kernel are left of the process. */
export async function pinned(child: Child): Promise<void> {
  await until(() => processState(child.pid) === 'Z', 'the process is a zombie that is held by its threads');
}
