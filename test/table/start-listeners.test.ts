// A listener for the start of an op may end the op at once.
import { describe, expect, it } from '@jest/globals';
import { interrupt, listPending, onPending, runInterruptible, type Scope, trackOp } from '../../lib';
import { stat as statCallback, statSync } from '../../lib/fs';
import { open, rm, stat } from '../../lib/fs/promises';
import { failing } from './tools';

const REASON = new Error('because');

type Limits = { signal?: AbortSignal };

const calls: Record<string, (limits: Limits) => Promise<unknown>> = {
  'a call': (limits) => stat('/', limits),
  'a callback': (limits) =>
    new Promise((resolve, reject) =>
      statCallback('/', limits, (error, stats) => (error ? reject(error) : resolve(stats))),
    ),
  'a synchronous call': async () => statSync('/', { timeout: 20_000 }),
  'a composite': (limits) => rm('/missing-here', { ...limits, recursive: true }),
  trackOp: (limits) =>
    trackOp({ fn: 'own', ...limits, onInterrupt: () => undefined }, () => {
      throw new Error('it ran');
    }),
};

/** Runs `act` once, at the `start` event of the first op of `call`. */
async function atStart(
  call: () => Promise<unknown>,
  act: Parameters<typeof onPending>[0],
): Promise<{ error: Error; types: string[] }> {
  const types: string[] = [];
  const off = onPending((event) => {
    types.push(event.type);
    if (types.length === 1) act(event);
  });
  try {
    return { error: await failing(call()), types };
  } finally {
    off();
  }
}

describe.each(Object.entries(calls))('%s', (name, call) => {
  it('is interrupted', async () => {
    const { error, types } = await atStart(
      () => call({}),
      ({ op }) => void interrupt([op], { reason: REASON }),
    );
    expect(error).toMatchObject({ name: 'InterruptError', cause: REASON, outcome: 'cancelled' });
    expect(types).toEqual(['start', 'interrupt', 'end']);
    expect(listPending()).toEqual([]);
  });

  it('ends with its scope', async () => {
    await runInterruptible({}, async (scope: Scope) => {
      const { error } = await atStart(
        () => call({}),
        () => void scope.interrupt({ reason: REASON }),
      );
      expect(error).toMatchObject({ name: 'InterruptError', cause: REASON, outcome: 'cancelled' });
    });
  });

  if (name === 'a synchronous call') return;

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const { error } = await atStart(
      () => call({ signal: controller.signal }),
      () => controller.abort(REASON),
    );
    expect(error).toMatchObject({ name: 'AbortError', cause: REASON, outcome: 'cancelled' });
  });
});

it('a close happens all the same', async () => {
  const handle = await open('/');
  const { fd } = handle;
  const { error } = await atStart(
    () => handle.close(),
    ({ op }) => void interrupt([op], { reason: REASON }),
  );
  expect(error).toMatchObject({ cause: REASON, outcome: 'abandoned' });
  const again = await open('/');
  expect(again.fd).toBe(fd);
  await again.close();
});
