import diagnostics from 'node:diagnostics_channel';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { interrupt, listPending, onPending, type PendingEvent, PendingOp } from '../../lib';
import { open, readdir, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { failing, program, result, running, thrown, withFifo } from './tools';

const fifo = withFifo();
const types = ['start', 'end', 'interrupt', 'abandon', 'release'] as const;

let seen: PendingEvent[] = [];
let off: () => void;
beforeEach(() => {
  seen = [];
  off = onPending((event) => seen.push(event));
});
afterEach(() => off());

const lines = (events: PendingEvent[] = seen): string[] =>
  events.map(({ type, op, outcome }) => [type, op.fn(), outcome].filter(Boolean).join(' '));

describe('onPending', () => {
  it('tells of start and end', async () => {
    await stat('/');
    await stat('/none').catch(() => undefined);
    expect(lines()).toEqual(['start stat', 'end stat completed', 'start stat', 'end stat completed']);
    for (const { op } of seen) expect(op).toBeInstanceOf(PendingOp);
    expect(seen[0]?.op.id).toBe(seen[1]?.op.id);
    expect(seen[0]?.op.pathname()).toBe('/');
    expect(seen[0] && 'outcome' in seen[0]).toBe(false);
  });

  it('tells of the end before the caller goes on', async () => {
    await stat('/').then(() => seen.push({ type: 'end', op: seen[0]?.op as PendingOp }));
    expect(lines()).toEqual(['start stat', 'end stat completed', 'end stat']);
  });

  it('tells of an interrupt', async () => {
    const failure = failing(open(fifo().path));
    await interrupt(await running());
    await failure;
    expect(lines()).toEqual(['start open', 'interrupt open', 'end open interrupted']);
  });

  it('tells once, however often it is asked for', async () => {
    const failure = failing(open(fifo().path));
    const ops = await running();
    await Promise.all([interrupt(ops), interrupt(ops), interrupt(ops)]);
    await failure;
    await interrupt(ops);
    expect(lines()).toEqual(['start open', 'interrupt open', 'end open interrupted']);
  });

  it('tells of what was cancelled', async () => {
    const failure = failing(open(fifo().path));
    await interrupt(listPending());
    await failure;
    expect(lines()).toEqual(['start open', 'interrupt open', 'end open cancelled']);
  });

  it('tells of a composite and its parts, from the outside in and back', async () => {
    await readdir(join(fifo().path, '..'), { recursive: true });
    expect(lines()[0]).toBe('start readdir');
    expect(lines().at(-1)).toBe('end readdir completed');
    expect(seen.at(-1)?.op.id).toBe(seen[0]?.op.id);
    expect(lines().filter((line) => line.startsWith('start'))).toHaveLength(seen.length / 2);
  });

  it('tells of an interrupt before the end, of composites too', async () => {
    const failure = failing(readdir('/proc', { recursive: true }));
    const [top] = listPending() as [PendingOp];
    await interrupt(top);
    await failure;
    const own = seen.filter(({ op }) => op.id === top.id);
    expect(lines(own)).toEqual(['start readdir', 'interrupt readdir', 'end readdir interrupted']);
  });

  it('ends with the function that it gave', async () => {
    off();
    await stat('/');
    expect(seen).toEqual([]);
    off();
  });

  it('takes the same listener twice, and each has its own end', async () => {
    let calls = 0;
    const listener = (): number => calls++;
    const [one, two] = [onPending(listener), onPending(listener)];
    await stat('/');
    expect(calls).toBe(4);
    one();
    one();
    await stat('/');
    expect(calls).toBe(6);
    two();
    await stat('/');
    expect(calls).toBe(6);
  });

  it('may be ended by a listener', async () => {
    let calls = 0;
    const own = onPending(() => {
      calls++;
      own();
    });
    await stat('/');
    expect(calls).toBe(1);
  });

  it('lets a listener start and end calls', async () => {
    const failures: Promise<unknown>[] = [];
    const own = onPending(({ type, op }) => {
      if (type === 'start' && op.fn() === 'stat') failures.push(failing(open(fifo().path)));
      if (type === 'end' && op.fn() === 'stat') void interrupt(listPending());
    });
    await stat('/');
    await Promise.all(failures);
    own();
    expect(failures).toHaveLength(1);
  });

  it.each([undefined, null, 'x', {}])('refuses %p', (listener) => {
    expect(thrown(() => onPending(listener as unknown as () => void)).code).toBe('ERR_INVALID_ARG_TYPE');
  });

  it('is told what a listener throws as an uncaught exception; the op does not notice', async () => {
    const script = `
      const uncaught = [];
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      let others = 0;
      po.onPending(({ type }) => { throw new Error(type); });
      po.onPending(() => others++);
      (async () => {
        const directory = (await fsp.stat('/')).isDirectory();
        await new Promise((resolve) => setImmediate(resolve));
        console.log(JSON.stringify({ directory, uncaught, others }));
      })();`;
    expect(await result(script)).toEqual({ directory: true, uncaught: ['start', 'end'], others: 2 });
    const { code, stderr } = await program(
      `po.onPending(() => { throw new Error('bad listener'); }); fsp.stat('/');`,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('bad listener');
  });
});

describe('the diagnostics channels', () => {
  it('have the same events', async () => {
    off();
    const heard: PendingEvent[] = [];
    const subscriptions = types.map((type) => {
      const listener = (message: unknown, name: string | symbol): void => {
        expect(name).toBe(`pendingop:${type}`);
        heard.push(message as PendingEvent);
      };
      diagnostics.subscribe(`pendingop:${type}`, listener);
      return () => diagnostics.unsubscribe(`pendingop:${type}`, listener);
    });
    const failure = failing(open(fifo().path));
    await interrupt(await running());
    await failure;
    await stat('/');
    for (const unsubscribe of subscriptions) unsubscribe();
    const expected = [
      'start open',
      'interrupt open',
      'end open interrupted',
      'start stat',
      'end stat completed',
    ];
    expect(lines(heard)).toEqual(expected);
    await stat('/');
    expect(heard).toHaveLength(expected.length);
  });
});

describeWith('stallfs', 'what the kernel holds', () => {
  it('is abandoned, and released later', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup', path: '/file' });
      const failure = failing(stat(join(fs.path, 'file')));
      await fs.waitHeld();
      const [report] = await interrupt(listPending(), { grace: 20 });
      expect(report?.outcome).toBe('abandoned');
      expect(await failure).toMatchObject({ outcome: 'abandoned', code: 'EINTR', mayHaveTakenEffect: false });
      const expected = ['start stat', 'interrupt stat', 'abandon stat abandoned', 'end stat abandoned'];
      expect(lines()).toEqual(expected);
      const [op] = listPending({ state: 'abandoned' }) as [PendingOp];
      expect(op.id).toBe(seen[0]?.op.id);
      expect(await interrupt(op)).toEqual([{ op, outcome: 'abandoned' }]);
      await fs.release();
      await until(() => seen.length > expected.length, 'the release');
      expect(lines()).toEqual([...expected, 'release stat abandoned']);
      expect(listPending()).toEqual([]);
    } finally {
      await fs.unmount();
    }
  });

  it('has the shorter grace of two interrupts', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup', path: '/file' });
      const failure = failing(stat(join(fs.path, 'file')));
      await fs.waitHeld();
      const ops = listPending();
      const first = interrupt(ops, { grace: 1e9 });
      expect((await interrupt(ops, { grace: 10 }))[0]?.outcome).toBe('abandoned');
      expect((await first)[0]?.outcome).toBe('abandoned');
      await failure;
    } finally {
      await fs.unmount();
    }
    await until(() => listPending().length === 0, 'the release');
  });
});
