// Several environments in one process: worker threads that start and end, vm contexts, copies of the package.
import { afterEach, describe, expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';
import { result } from './tools';

afterEach(() => Child.killAll());

describe('worker threads', () => {
  const ROUNDS = 200;

  it(`start and end ${ROUNDS} times while the pool is busy`, async () => {
    const found = await result<{
      calls: number;
      wrong: number;
      started: number;
      memory: number[];
      queued: number;
      ops: number;
    }>('many.cjs', [String(ROUNDS)]);
    expect(found).toMatchObject({ wrong: 0, started: ROUNDS, queued: 0 });
    expect(found.calls).toBeGreaterThan(100);
    const middle = found.memory[Math.floor(found.memory.length / 2)] as number;
    const last = found.memory.at(-1) as number;
    // The memory of the process varies with the number of threads. A leak in each of them would be far more than this.
    expect(last - middle).toBeLessThan(100 * 2 ** 20);
  });

  it('may be the first to load the addon, and end before anybody else does', async () => {
    const found = await result<{ outcome: string; signal: number }[]>('first.cjs');
    expect(found).toHaveLength(4);
    for (const { outcome, signal } of found) {
      expect(outcome).toBe('interrupted');
      expect(signal).toBe(found[0]?.signal);
    }
  });

  it('have tables of their own', async () => {
    const { workers, main, found } = await result<{
      workers: number;
      main: unknown;
      found: { mine: number; events: number; outcomes: string[]; left: number }[];
    }>('own.cjs');
    expect(workers).toBeGreaterThanOrEqual(27);
    expect(main).toEqual({ mine: 1, outcome: 'interrupted' });
    for (const [i, count] of [1, 5, 20].entries()) {
      const outcomes = Array.from({ length: count }, () => 'interrupted');
      expect(found[i]).toEqual({ mine: count, events: count, outcomes, left: 0 });
    }
  });
});

describe('the end of a worker thread', () => {
  interface Found {
    answer: unknown;
    reused: boolean;
    left: number;
    input: boolean;
  }
  // The main thread itself has the file open 8 times.
  const OWN = 8;

  it('closes what the thread has left open', async () => {
    const found = await result<Found>('descriptors.cjs', ['own']);
    expect(found).toMatchObject({ reused: false, left: OWN, input: true });
  });

  it('does not take an open that was cancelled for one of descriptor 0', async () => {
    const found = await result<Found>('descriptors.cjs', ['cancelled']);
    expect(found).toMatchObject({ answer: 'cancelled', left: OWN, input: true });
  });

  it('leaves a number alone that dir.closeSync() has given back', async () => {
    const found = await result<Found>('descriptors.cjs', ['closeSync']);
    expect(found).toMatchObject({ reused: true, left: OWN, input: true });
  });
});

it('a thread that waits in a synchronous call can be terminated, and process.exit() does not wait for it', async () => {
  expect(await result<number>('waiting.cjs')).toBe(1);
});

describe('copies of the package', () => {
  it('work side by side, in vm contexts too', async () => {
    const rows = await result<unknown[]>('contexts.cjs');
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      expect(row).toEqual({
        size: 300_000,
        listed: 1,
        outcome: 'interrupted',
        own: true,
        left: 0,
        tracked: 'interrupted',
      });
    }
  });
});
