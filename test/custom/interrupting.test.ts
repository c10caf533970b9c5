// The example addon: how each of its calls is interrupted, and which is abandoned.
import { closeSync, openSync, writeSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CallOptions, type InterruptError, interrupt, listPending, OpKind } from '../../lib';
import { native } from '../../lib/engine/addon';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { failing, pending, rejection, running, withFifo } from '../table/tools';
import { describeAddons, type Example, example, type Ring } from './tools';

describeAddons('the example addon', () => {
  let addon: Example;
  // All tests share one ring, since the garbage collector decides when its descriptor is closed.
  let ring: Ring;
  let fd = -1;
  const fifo = withFifo();
  beforeAll(() => {
    ring = example().ringCreate();
  });
  beforeEach(() => {
    addon = example();
    fd = openSync(fifo().path, 'r+');
  });
  afterEach(async () => {
    addon.deafRelease();
    await until(() => out() === 0, 'all memory is freed');
    closeSync(fd);
  });

  const out = (): number => addon.counts().out;

  describe('io_uring_wait_cqe on an empty ring', () => {
    it.each(['signal', 'wake'] as const)(
      'comes back by %s, and the ring is as good as before',
      async (how) => {
        for (let round = 0; round < 3; round++) {
          const wait = failing(addon.ringWait(ring, how));
          const [op] = await running();
          expect(op?.params()).toEqual([ring, how]);
          expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'interrupted' }]);
          expect(await wait).toMatchObject({ code: 'EINTR', outcome: 'interrupted', syscall: 'ringWait' });
          const next = addon.ringWait(ring, how);
          await running();
          addon.ringPost(ring, round);
          expect(await next).toBe(round);
        }
        expect(out()).toBe(0);
      },
    );

    it('completes at once if the ring has an entry', async () => {
      addon.ringPost(ring, 5);
      expect(await addon.ringWait(ring, 'wake')).toBe(5);
    });

    it.each(['signal', 'wake'] as const)('ends by its signal and its timeout (%s)', async (how) => {
      const controller = new AbortController();
      const aborted = failing(addon.ringWait(ring, how, { signal: controller.signal }));
      await running();
      controller.abort('enough');
      expect(await aborted).toMatchObject({
        name: 'AbortError',
        cause: 'enough',
        outcome: 'interrupted',
      });
      // A timeout may come before a worker takes the op.
      const timedOut = await rejection(addon.ringWait(ring, how, { timeout: 20 }));
      expect(timedOut).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
      expect(['interrupted', 'cancelled']).toContain(timedOut.outcome);
    });
  });

  describe('a loop that computes', () => {
    it('gives its result', async () => {
      expect(await addon.countPrimes(100)).toBe(25);
      expect(out()).toBe(0);
    });

    it('ends when it asks whether it was interrupted', async () => {
      const loop = failing(addon.countPrimes(Number.MAX_SAFE_INTEGER));
      const [op] = await running();
      expect(op?.fn()).toBe('countPrimes');
      expect(op?.params()).toEqual([Number.MAX_SAFE_INTEGER]);
      expect(await interrupt(listPending(), { grace: 60_000 })).toMatchObject([{ outcome: 'interrupted' }]);
      expect(await loop).toMatchObject({ outcome: 'interrupted' });
      expect(out()).toBe(0);
    });
  });

  describe('a library that ignores everything', () => {
    it('is abandoned, stays listed, and its late result is freed', async () => {
      const wait = failing(addon.deafWait());
      await running();
      expect(await interrupt(listPending(), { grace: 20 })).toMatchObject([{ outcome: 'abandoned' }]);
      expect(await wait).toMatchObject({ outcome: 'abandoned', mayHaveTakenEffect: true });
      expect(listPending({ state: 'abandoned' })).toHaveLength(1);
      expect(out()).toBe(1);
      addon.deafRelease();
      await until(() => out() === 0, 'its memory is freed');
    });

    it('gives its result if nobody interrupts it', async () => {
      const wait = addon.deafWait();
      await running();
      // The library begins to wait some time after a thread has taken the op.
      const released = until(async () => {
        addon.deafRelease();
        return listPending().length === 0;
      }, 'the release');
      expect(await wait).toMatch(/^release \d+$/);
      await released;
      expect(out()).toBe(0);
    });
  });

  describe.each(['plain', 'stub', 'shielded'] as const)('read, %s', (how) => {
    it('gives what there is to read', async () => {
      const reading = addon.read(fd, 100, how);
      const [op] = await running();
      expect(op?.kind()).toBe(OpKind.Top | OpKind.Custom | OpKind.File);
      expect(op?.pathname()).toBe(`/dev/fd/${fd}`);
      expect(op?.params()).toEqual([fd, 100, how]);
      writeSync(fd, 'hello');
      expect(String(await reading)).toBe('hello');
      expect(out()).toBe(0);
    });

    it('fails as read does', async () => {
      expect(await rejection(addon.read(-1, 1, how))).toMatchObject({ code: 'EBADF', syscall: 'read' });
      expect(out()).toBe(0);
    });

    it('is interrupted as its kind allows', async () => {
      const reading = failing(addon.read(fd, 100, how));
      const ops = await running();
      const outcome = how === 'shielded' ? 'abandoned' : 'interrupted';
      const grace = how === 'shielded' ? 20 : 60_000;
      expect(await interrupt(ops, { grace })).toMatchObject([{ outcome }]);
      expect(await reading).toMatchObject({ outcome, path: `/dev/fd/${fd}` });
      if (how === 'shielded') writeSync(fd, 'late');
      await until(() => out() === 0, 'its memory is freed');
    });
  });

  describe('thousands', () => {
    const COUNT = 2000;
    const outcomes = async (calls: Promise<unknown>[]): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const settled of await Promise.allSettled(calls)) {
        const outcome = settled.status === 'fulfilled' ? 'done' : (settled.reason as InterruptError).outcome;
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      return counts;
    };

    it('leave nothing behind, whenever they are interrupted', async () => {
      await addon.countPrimes(10);
      const descriptors = new OpenDescriptors();
      for (const how of ['plain', 'stub'] as const) {
        const calls = Array.from({ length: COUNT }, () => addon.read(fd, 10, how));
        const all = outcomes(calls);
        // A third is interrupted while workers take ops, the rest once every worker has one.
        await interrupt(listPending().slice(0, COUNT / 3), { grace: 60_000 });
        await pending(COUNT - Math.floor(COUNT / 3), { state: 'running' });
        const reports = await interrupt(listPending(), { grace: 60_000 });
        expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['interrupted']));
        const counts = await all;
        expect((counts.interrupted ?? 0) + (counts.cancelled ?? 0)).toBe(COUNT);
        expect(out()).toBe(0);
      }
      expect(descriptors.more()).toEqual([]);
    });

    it('that ignore interrupts are all abandoned, and all freed', async () => {
      const options: CallOptions = {};
      const calls = outcomes(Array.from({ length: 300 }, () => addon.deafWait(options)));
      await running(300);
      await interrupt(listPending(), { grace: 50 });
      expect(await calls).toEqual({ abandoned: 300 });
      await until(() => {
        addon.deafRelease();
        return listPending().length === 0;
      }, 'all released');
      await until(() => out() === 0, 'all memory is freed');
    });

    it('that return at once leave no op and no memory', async () => {
      const results = await Promise.all(Array.from({ length: COUNT }, () => addon.countPrimes(30)));
      expect(new Set(results)).toEqual(new Set([10]));
      expect(out()).toBe(0);
      expect(native.counts().queued).toBe(0);
    });
  });
});
