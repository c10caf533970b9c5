// `signal` and `timeout` of every callback function, on a file system that does not answer.
import { afterEach, describe, expect, it } from '@jest/globals';
import { configure, type InterruptError, listPending } from '../../lib';
import * as fs from '../../lib/fs';
import { functions } from '../../lib/fs/callback/functions';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { mounted, type Place } from '../stall/place';
import {
  argumentsOf,
  everyFunction,
  hangs,
  type Silence,
  type Stalled,
  silence,
  silences,
  stalled,
  type Work,
  working,
} from './stalled-functions';

const REASON = new Error('because');

/** The arguments of each call of the callback. */
function calling(name: string, row: Stalled, work: Work, limits: object): unknown[][] {
  const calls: unknown[][] = [];
  const its = fs as unknown as Record<string, (...args: unknown[]) => void>;
  its[name]?.(...argumentsOf(row, work, limits), (...given: unknown[]) => calls.push(given));
  return calls;
}

/** Expects that the call was ended and its callback called once, with the error. */
function expectEnded(name: string, calls: unknown[][], error: object): void {
  expect(calls).toHaveLength(1);
  // The callback of exists() has no error.
  if (name === 'exists') {
    expect(calls).toEqual([[false]]);
    return;
  }
  const [given] = calls[0] as [InterruptError];
  expect(given).toMatchObject(error);
  expect(given.op.fn()).toBe(name);
}

/** How many functions were tried. */
async function requests(place: Place): Promise<Record<string, number>> {
  const { flush, forget, release, releasedir, ...others } = await place.fs.counts();
  return others;
}

it('every function is tried', () => {
  expect(Object.keys(stalled).sort()).toEqual(
    Object.keys(functions)
      // Nothing ends this call.
      .filter((name) => name !== 'close')
      .sort(),
  );
});

describeWith('stallfs', 'the callback of', () => {
  const stage = mounted();
  afterEach(() => configure({ grace: 100 }));

  describe.each(everyFunction)('%s', (_, name, row) => {
    it.each(Object.keys(silences) as Silence[])(
      'hears of the signal, of a daemon that is to %s',
      async (how) => {
        const { outcome } = silences[how];
        const place = stage.place();
        let calls: unknown[][] = [];
        await working(place, async (work) => {
          await silence(place, how, row);
          const controller = new AbortController();
          calls = calling(name, row, work, { signal: controller.signal });
          await hangs(place, how);
          controller.abort(REASON);
          await until(() => calls.length > 0, 'the callback');
          expectEnded(name, calls, { name: 'AbortError', code: 'ABORT_ERR', cause: REASON, outcome });
        });
        expect(calls).toHaveLength(1);
      },
    );

    it('gets the TimeoutError', async () => {
      const place = stage.place();
      let calls: unknown[][] = [];
      await working(place, async (work) => {
        await silence(place, 'ignore', row);
        calls = calling(name, row, work, { timeout: 100 });
        await until(() => calls.length > 0, 'the callback');
        const error = { name: 'TimeoutError', code: 'ETIMEDOUT', outcome: 'abandoned' };
        expectEnded(name, calls, error);
        expect(listPending().every(({ state }) => state === 'abandoned')).toBe(true);
      });
      expect(calls).toHaveLength(1);
    });

    it('gets the AbortError of a signal that is aborted already, and no request is made', async () => {
      const place = stage.place();
      await working(place, async (work) => {
        const before = await requests(place);
        const calls = calling(name, row, work, { signal: AbortSignal.abort(REASON) });
        await until(() => calls.length > 0, 'the callback');
        expectEnded(name, calls, { name: 'AbortError', cause: REASON, outcome: 'cancelled' });
        expect(await requests(place)).toEqual(before);
      });
    });
  });
});
