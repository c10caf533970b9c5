import diagnostics from 'node:diagnostics_channel';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { interrupt, listPending, onStall, type PendingOp, runInterruptible, trackPending } from '../../lib';
import { readFile, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { failing, result, running, thrown, withFifo } from './tools';

const fifo = withFifo();

describe('onStall', () => {
  it('tells once of each op, and each detector by its own time', async () => {
    const seen: [number, PendingOp][] = [];
    const offs = [20, 60].map((after) => onStall({ after }, (op) => seen.push([after, op])));
    const failures = [failing(readFile(fifo().path)), failing(readFile(fifo().path))];
    await until(() => seen.length >= 4, 'both of both');
    const again = failing(readFile(fifo().path));
    await until(() => seen.length >= 6, 'the third');
    for (const off of offs) off();
    expect(seen).toHaveLength(6);
    for (const [after, op] of seen) {
      expect(op.state).toBe('running');
      expect(op.fn()).toBe('readFile');
      expect(op.runningMs).toBeGreaterThanOrEqual(after);
      expect(op.call).toBe('openat');
    }
    for (const after of [20, 60]) {
      expect(new Set(seen.filter(([of]) => of === after).map(([, { id }]) => id)).size).toBe(3);
    }
    await interrupt(listPending());
    await Promise.all([...failures, again]);
  });

  it('says nothing any more once it was ended, by its listener too', async () => {
    let calls = 0;
    const off = onStall({ after: 5 }, () => {
      calls++;
      off();
    });
    let others = 0;
    const other = onStall({ after: 30 }, () => others++);
    const failures = [failing(readFile(fifo().path)), failing(readFile(fifo().path))];
    await until(() => others === 2, 'the other one');
    other();
    expect(calls).toBe(1);
    await interrupt(listPending());
    await Promise.all(failures);
  });

  it('needs no tracking', async () => {
    trackPending(false);
    const controller = new AbortController();
    const failure = failing(readFile(fifo().path, { signal: controller.signal }));
    trackPending(true);
    const op = await new Promise<PendingOp>((resolve) => {
      const off = onStall({ after: 10 }, (given) => {
        off();
        resolve(given);
      });
    });
    expect(op.pathname()).toBe(fifo().path);
    expect(listPending()).toEqual([]);
    controller.abort();
    await failure;
  });

  it('is published, as long as there is a detector', async () => {
    const heard: unknown[] = [];
    const subscriber = (message: unknown): void => void heard.push(message);
    diagnostics.subscribe('pendingop:stall', subscriber);
    const told: PendingOp[] = [];
    const off = onStall({ after: 10 }, (op) => told.push(op));
    const failure = failing(readFile(fifo().path));
    await until(() => told.length > 0, 'the stall');
    off();
    diagnostics.unsubscribe('pendingop:stall', subscriber);
    expect(heard).toEqual([{ op: told[0], after: 10 }]);
    await running();
    await interrupt(listPending());
    await failure;
  });

  it('tells of what is in the kernel, and of the queue only once that has got there', async () => {
    const script = `
      const { execFileSync } = require('node:child_process');
      const fs = require('node:fs');
      const dir = fs.mkdtempSync('/tmp/stall-');
      execFileSync('mkfifo', [dir + '/fifo']);
      po.configure({ maxThreads: 2 });
      po.trackPending(true);
      const seen = [];
      const enough = (count) => new Promise((resolve) => {
        const off = po.onStall({ after: 20 }, () => { if (--count === 0) { off(); resolve(); } });
      });
      (async () => {
        const both = enough(2);
        const off = po.onStall({ after: 5 }, (op) => seen.push(op.id));
        const reads = [0, 1, 2].map(() => fsp.readFile(dir + '/fifo').catch(() => {}));
        const ids = po.listPending().map(({ id }) => id);
        await both;
        const early = seen.map((id) => ids.indexOf(id)).sort();
        const [queued] = po.listPending({ state: 'queued' });
        const last = new Promise((resolve) => po.onStall({ after: 10 }, (op) => op.id === queued.id && resolve()));
        await po.interrupt(po.listPending({ state: 'running' }));
        await last;
        off();
        const late = seen.map((id) => ids.indexOf(id)).sort();
        await po.interrupt(po.listPending());
        await Promise.all(reads);
        fs.rmSync(dir, { recursive: true });
        console.log(JSON.stringify({ early, late }));
        process.exit();
      })();`;
    expect(await result(script)).toEqual({ early: [0, 1], late: [0, 1, 2] });
  });

  it('shows the label', async () => {
    const heard: unknown[] = [];
    const subscriber = (message: unknown): void => void heard.push((message as { op: PendingOp }).op.label);
    diagnostics.subscribe('pendingop:stall', subscriber);
    await runInterruptible({ label: 'slow' }, async (scope) => {
      const told = new Promise<PendingOp>((resolve) => {
        const off = onStall({ after: 5 }, (op) => {
          off();
          resolve(op);
        });
      });
      const failure = failing(readFile(fifo().path));
      const { label } = await told;
      expect([label, ...heard]).toEqual(['slow', 'slow']);
      await scope.interrupt();
      await failure;
    });
    diagnostics.unsubscribe('pendingop:stall', subscriber);
  });

  it.each([
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [10, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [{ after: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ after: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ after: Infinity }, 'ERR_OUT_OF_RANGE'],
    [{ after: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ after: 1, afterwards: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %j', (options, code) => {
    expect(thrown(() => onStall(options as { after: number }, () => undefined)).code).toBe(code);
  });

  it('refuses a listener that is none', () => {
    expect(thrown(() => onStall({ after: 1 }, {} as () => void)).code).toBe('ERR_INVALID_ARG_TYPE');
  });

  it('keeps no loop alive, and its listeners harm no op', async () => {
    const script = `
      const { AsyncLocalStorage } = require('node:async_hooks');
      const { execFileSync } = require('node:child_process');
      const fs = require('node:fs');
      const dir = fs.mkdtempSync('/tmp/stall-');
      execFileSync('mkfifo', [dir + '/fifo']);
      const uncaught = [];
      process.on('uncaughtException', ({ message }) => uncaught.push(message));
      const storage = new AsyncLocalStorage();
      let store;
      storage.run('of onStall', () => po.onStall({ after: 5 }, () => {
        store = storage.getStore();
        throw new Error('bad listener');
      }));
      let told = 0;
      po.onStall({ after: 10 }, async () => {
        if (++told > 1) return;
        fs.writeFileSync(dir + '/fifo', 'data');
      });
      fsp.readFile(dir + '/fifo', 'utf8').then((data) => {
        fs.rmSync(dir, { recursive: true });
        process.on('exit', () => console.log(JSON.stringify({ data, uncaught, told, store })));
      });`;
    expect(await result(script)).toEqual({
      data: 'data',
      uncaught: ['bad listener'],
      told: 1,
      store: 'of onStall',
    });
  });
});

describeWith('stallfs', 'a stalled mount', () => {
  it('is told of while it is held, abandoned or not', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup', path: '/file' });
      const seen: PendingOp[] = [];
      const off = onStall({ after: 300 }, (op) => seen.push(op));
      const controller = new AbortController();
      const failure = failing(stat(join(fs.path, 'file'), { signal: controller.signal }));
      // In the kernel by then: one that waits for a worker would be cancelled.
      await fs.waitHeld(1, { op: 'lookup' });
      controller.abort();
      expect((await failure).outcome).toBe('abandoned');
      await until(() => seen.length > 0, 'the stall');
      expect(seen[0]?.state).toBe('abandoned');
      await fs.release();
      await until(() => listPending().length === 0, 'the release');
      off();
      expect(seen).toHaveLength(1);
    } finally {
      await fs.unmount();
    }
  });
});
