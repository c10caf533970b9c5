import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { AbortError, listPending, onPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import type { CallOptions } from '../../lib/fs/promises';
import { access, mkdir, open, readdir, rm, stat } from '../../lib/fs/promises';
import { failing, rejection, result, running, withFifo } from './tools';

const fifo = withFifo();
const wait = (options: CallOptions) => open(fifo().path, 'r', undefined, options);
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('a signal that is aborted already', () => {
  it('makes no call', async () => {
    const { ops } = native.counts();
    let events = 0;
    const off = onPending(() => events++);
    const signal = AbortSignal.abort('before');
    const path = `${fifo().path}-not-made`;
    const failure = failing(mkdir(path, { signal } as object));
    expect(listPending()).toEqual([]);
    const error = await failure;
    off();
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ outcome: 'cancelled', cause: 'before', syscall: 'mkdir', path });
    expect(error.mayHaveTakenEffect).toBe(false);
    expect(error.op.fn()).toBe('mkdir');
    expect(events).toBe(0);
    expect(native.counts().ops).toBe(ops);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(listeners(signal)).toBe(0);
  });

  it('does not wait for what hangs, composites included', async () => {
    const signal = AbortSignal.abort();
    const options = { signal, recursive: true } as const;
    for (const call of [wait({ signal }), rm(fifo().path, options), readdir('/', options as object)]) {
      expect((await rejection(call)).outcome).toBe('cancelled');
    }
    await stat(fifo().path);
  });
});

describe('a signal that is aborted later', () => {
  it('cancels calls of the same tick', async () => {
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      const made = `${fifo().path}-${i}`;
      const calls = [
        wait({ signal: controller.signal }),
        mkdir(made, { signal: controller.signal } as object),
      ];
      const failures = calls.map(failing);
      controller.abort();
      for (const failure of failures) expect((await failure).outcome).toBe('cancelled');
      await expect(access(made)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it('leaves the others of that tick alone', async () => {
    const controller = new AbortController();
    const mixed = Array.from({ length: 1500 }, (_, i) =>
      stat('/', i % 3 === 0 ? { signal: controller.signal } : {}).then(
        (stats) => stats.isDirectory(),
        (error: AbortError) => error.name,
      ),
    );
    controller.abort();
    const results = await Promise.all(mixed);
    for (const [i, value] of results.entries()) {
      if (i % 3 !== 0) expect(value).toBe(true);
      else expect([true, 'AbortError']).toContain(value);
    }
    // What had not been submitted when the tick filled its records is sure to be cancelled.
    expect(results.slice(1024).filter((_, i) => (i + 1024) % 3 === 0)).not.toContain(true);
  });

  it('changes nothing of a call that is over', async () => {
    const controller = new AbortController();
    const stats = await stat('/', { signal: controller.signal });
    controller.abort();
    expect(stats.isDirectory()).toBe(true);
  });

  it('is forgotten with its last call', async () => {
    const { signal } = new AbortController();
    const calls = [
      stat('/', { signal }),
      stat('/', { signal }),
      stat('/none', { signal }).catch(() => undefined),
    ];
    expect(listeners(signal)).toBe(1);
    await Promise.all(calls);
    expect(listeners(signal)).toBe(0);
    const again = stat('/', { signal });
    expect(listeners(signal)).toBe(1);
    await again;
    expect(listeners(signal)).toBe(0);
  });

  it('is forgotten once it has ended its calls', async () => {
    const controller = new AbortController();
    const failures = [failing(wait(controller)), failing(wait(controller))];
    await running(2);
    controller.abort();
    await Promise.all(failures);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('may be that of a timeout, or of any', async () => {
    const error = await rejection(wait({ signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } });
    const controller = new AbortController();
    const failure = failing(
      wait({ signal: AbortSignal.any([new AbortController().signal, controller.signal]) }),
    );
    await running();
    controller.abort('any');
    expect((await failure).cause).toBe('any');
  });
});

it('10,000 calls share a signal: one listener, no warning, in linear time', async () => {
  const script = `
    const { getEventListeners } = require('node:events');
    const warnings = [];
    process.on('warning', (warning) => warnings.push(String(warning)));
    async function round(count) {
      const controller = new AbortController();
      const { signal } = controller;
      const calls = Array.from({ length: count }, () => handle.read({ buffer: Buffer.alloc(1), signal }));
      const outcomes = {};
      const all = Promise.all(calls.map((call) => call.catch((error) => {
        outcomes[error.outcome] = (outcomes[error.outcome] ?? 0) + 1;
      })));
      const during = getEventListeners(signal, 'abort').length;
      await new Promise((resolve) => setImmediate(resolve));
      const start = performance.now();
      controller.abort();
      await all;
      const ms = performance.now() - start;
      return { ms, during, after: getEventListeners(signal, 'abort').length, outcomes };
    }
    let handle;
    (async () => {
      po.configure({ maxThreads: 4, grace: 60000 });
      const folder = require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/shared-');
      require('node:child_process').execFileSync('mkfifo', [folder + '/fifo']);
      handle = await fsp.open(folder + '/fifo', 'r+');
      await round(1000);
      const small = await round(1000);
      const large = await round(10000);
      await handle.close();
      require('node:fs').rmSync(folder, { recursive: true });
      console.log(JSON.stringify({ small, large, warnings }));
    })();`;
  type Round = { ms: number; during: number; after: number; outcomes: Record<string, number> };
  const { small, large, warnings } = await result<{ small: Round; large: Round; warnings: string[] }>(script);
  expect(warnings).toEqual([]);
  for (const [round, count] of [
    [small, 1000],
    [large, 10_000],
  ] as const) {
    expect([round.during, round.after]).toEqual([1, 0]);
    const { cancelled = 0, interrupted = 0, ...others } = round.outcomes;
    expect(others).toEqual({});
    expect(cancelled + interrupted).toBe(count);
  }
  // Ten times the calls: quadratic would be a hundred times the time.
  expect(large.ms).toBeLessThan(Math.max(40 * small.ms, 200));
});
