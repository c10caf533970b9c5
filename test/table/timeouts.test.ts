import { createHook } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { onPending, TimeoutError } from '../../lib';
import { open, readdir, readFile, stat } from '../../lib/fs/promises';
import { failing, rejection, result, withFifo } from './tools';

const fifo = withFifo();
const wait = (timeout: number) => open(fifo().path, 'r', undefined, { timeout });

describe('a timeout', () => {
  it.each([0.001, 0.5, 1, 5, 20.5])('of %d ms ends a call', async (timeout) => {
    const start = performance.now();
    const error = await rejection(wait(timeout));
    const took = performance.now() - start;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(['cancelled', 'interrupted']).toContain(error.outcome);
    // Timers of Node's may fire up to a millisecond early.
    expect(took).toBeGreaterThanOrEqual(timeout - 1);
  });

  it('does not hurt a call that is done in time', async () => {
    const all = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => stat('/', { timeout: 10_000 + (i % 7) })),
    );
    expect(all.every((stats) => stats.isDirectory())).toBe(true);
  });

  it('takes no timer of its own when it is one of many, of whatever length', async () => {
    let timers = 0;
    const hook = createHook({ init: (_, type) => (timers += Number(type === 'Timeout')) }).enable();
    const calls = Array.from({ length: 1000 }, (_, i) => stat('/', { timeout: 60_000 - i / 1000 }));
    hook.disable();
    await Promise.all(calls);
    expect(timers).toBe(1);
  });

  it.each([0, Infinity, 1e300, 2 ** 31, 2 ** 53, undefined])('of %p does not come', async (timeout) => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const call = open(fifo().path, 'r', undefined, { timeout });
    await stat('/');
    fifo().open();
    await (await call).close();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('comes in the order of its length', async () => {
    const order: number[] = [];
    // The errors come when their workers are back, in any order where a busy machine delays all.
    const off = onPending(({ type, op }) => {
      if (type === 'interrupt') order.push((op.params().at(-1) as { timeout: number }).timeout);
    });
    // A busy machine may lose some tens of ms between two of these calls.
    const lengths = [600, 1, 300, 100, 450, 1, 300, 50];
    await Promise.all(lengths.map((ms) => rejection(wait(ms))));
    off();
    expect(order).toEqual(lengths.sort((a, b) => a - b));
  });

  it('may be of a thousand lengths at once', async () => {
    const errors = await Promise.all(Array.from({ length: 1000 }, (_, i) => rejection(wait(20 + i / 100))));
    for (const error of errors) expect(error).toBeInstanceOf(TimeoutError);
  });

  it('ends each of those that began at other times', async () => {
    const failures: Promise<Error>[] = [];
    for (let i = 0; i < 50; i++) {
      failures.push(failing(wait(25)));
      await stat('/', { timeout: 25_000 });
    }
    for (const error of await Promise.all(failures)) expect(error).toBeInstanceOf(TimeoutError);
  });

  it('counts for whole ops and composites', async () => {
    const error = await rejection(readFile(fifo().path, { timeout: 10 } as object));
    expect(error).toMatchObject({ name: 'TimeoutError', syscall: 'open' });
    const walk = await rejection(readdir('/proc', { recursive: true, timeout: 0.001 } as object));
    expect(walk.name).toBe('TimeoutError');
  });

  const wrong: [unknown, string, string][] = [
    [
      '5',
      'ERR_INVALID_ARG_TYPE',
      `The "options.timeout" property must be of type number. Received type string ('5')`,
    ],
    [null, 'ERR_INVALID_ARG_TYPE', 'The "options.timeout" property must be of type number. Received null'],
    [
      5n,
      'ERR_INVALID_ARG_TYPE',
      'The "options.timeout" property must be of type number. Received type bigint (5n)',
    ],
    [-1, 'ERR_OUT_OF_RANGE', 'The value of "options.timeout" is out of range. It must be >= 0. Received -1'],
    [
      NaN,
      'ERR_OUT_OF_RANGE',
      'The value of "options.timeout" is out of range. It must be >= 0. Received NaN',
    ],
    [-Infinity, 'ERR_OUT_OF_RANGE', 'The value of "options.timeout" is out of range'],
  ];
  it.each(wrong)('of %p is refused', async (timeout, code, message) => {
    const error = await rejection<NodeJS.ErrnoException>(stat('/', { timeout: timeout as number }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('does not keep the process', async () => {
    const script = `
      (async () => {
        await fsp.stat('/', { timeout: 1e6 });
        console.log(JSON.stringify(true));
      })();`;
    expect(await result(script)).toBe(true);
  });
});
