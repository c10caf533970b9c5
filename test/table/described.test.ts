// How an op is described: as a line, as JSON, in events. And when the kernel has released it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  interrupt,
  isInterruptError,
  listPending,
  mounts,
  OpKind,
  onPending,
  type PendingEvent,
  type PendingOp,
  runInterruptible,
  trackOp,
} from '../../lib';
import { runCommand } from '../../lib/command';
import * as promises from '../../lib/fs/promises';
import { cp, open, readFile, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { Fate, UNREAD } from '../stall/place';
import { failing, rejection, running, withFifo } from './tools';

const fifo = withFifo();

describe('a line of an op', () => {
  it('of a command has its file and its arguments', async () => {
    const failure = failing(runCommand('sh', ['-c', 'sleep 100']));
    const [op] = (await running()) as [PendingOp];
    expect(String(op)).toMatch(/^#\d+ runCommand sh -c "sleep 100" running \d+\.\d ms$/);
    expect(JSON.parse(JSON.stringify(op))).toMatchObject({
      fn: 'runCommand',
      params: ['sh', ['-c', 'sleep 100']],
    });
    await interrupt(op);
    await failure;
  });

  it('of an op of the caller has its path, or what its arguments name', async () => {
    let end = (): void => undefined;
    const until = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const info = { fn: 'query', params: ['select 1', 7, { secret: 1 }], onInterrupt: () => end() };
    const query = trackOp(info, until);
    expect(String(listPending()[0])).toMatch(/^#\d+ query "select 1" 7 running/);
    end();
    await query;
    const get = trackOp({ fn: 'get', pathname: '/a b', onInterrupt: () => end() }, until);
    expect(String(listPending()[0])).toMatch(/^#\d+ get "\/a b" running/);
    end();
    await get;
  });

  it('of a handle has its path; of a descriptor its number', async () => {
    fifo().open();
    const handle = await open(fifo().path);
    const read = handle.read(Buffer.alloc(1));
    const [op] = (await running()) as [PendingOp];
    expect(String(op)).toContain(`read ${fifo().path} running`);
    fifo().feed('x');
    await read;
    await handle.close();
  });

  it('of a call with two paths has both', () =>
    inFolder('described', async (folder) => {
      writeFileSync(folder('a'), 'content');
      const [a, b] = [folder('a'), folder('b')];
      const lines: string[] = [];
      const off = onPending(({ type, op }) => {
        if (type === 'start' && (op.kind() & OpKind.Top) !== 0)
          lines.push(String(op).replace(/^#\d+ | queued.*$/g, ''));
      });
      await promises.copyFile(a, b);
      await promises.rename(b, folder('c'));
      await promises.link(a, folder('d'));
      await promises.symlink('a', folder('e'));
      await cp(a, folder('f'));
      off();
      expect(
        lines.map((line) => line.replaceAll(`${folder()}/`, '').replace(/ (running|on) .*$/, '')),
      ).toEqual(['copyFile a -> b', 'rename b -> c', 'link a -> d', 'symlink a -> e', 'cp a -> f']);
    }));
});

it('JSON has every field, and takes whatever the arguments hold', async () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  const { signal } = new AbortController();
  const failure = failing(
    runInterruptible({ label: 'tag' }, () => open(fifo().path, 'r', undefined, { signal, timeout: 1e6 })),
  );
  const [op] = (await running()) as [PendingOp];
  expect(JSON.parse(JSON.stringify(op))).toEqual({
    id: op.id,
    fn: 'open',
    kind: OpKind.Top | OpKind.File,
    params: [fifo().path, 'r', null, { signal: '[AbortSignal]', timeout: 1e6 }],
    pathname: fifo().path,
    state: 'running',
    call: 'openat',
    threadId: op.threadId,
    queuedMs: op.queuedMs,
    runningMs: op.runningMs,
    mount: mounts.of(fifo().path).mountPoint,
    label: 'tag',
    parent: 0,
  });
  expect(inspect(op)).toContain(String(op));
  await interrupt(op);
  expect(JSON.parse(JSON.stringify((await failure).op))).toMatchObject({ outcome: 'interrupted' });
  expect(op.outcome).toBe('interrupted');

  let end = (): void => undefined;
  const params = [circle, 1n, Symbol('s'), () => 1, Buffer.alloc(3), new Map(), undefined, new Date(0)];
  const odd = trackOp(
    { fn: 'odd', params, onInterrupt: () => end() },
    () => new Promise<void>((r) => (end = r)),
  );
  expect(() => JSON.stringify(listPending())).not.toThrow();
  expect(listPending()[0]?.toJSON().params.slice(1, 6)).toEqual([
    '1',
    'Symbol(s)',
    '[Function ]',
    3,
    '[Map]',
  ]);
  end();
  await odd;
});

describe('an end event', () => {
  let ends: PendingEvent[];
  let off: () => void;
  beforeEach(() => {
    ends = [];
    off = onPending((event) => {
      if (event.type === 'end') ends.push(event);
    });
  });
  afterEach(() => off());

  it('has how long it took, and no error', async () => {
    await stat('/');
    expect(ends).toHaveLength(1);
    expect(ends[0]).not.toHaveProperty('error');
    const { durationMs = -1, queuedMs = -1 } = ends[0] as PendingEvent;
    expect(queuedMs).toBeGreaterThanOrEqual(0);
    expect(durationMs).toBeGreaterThanOrEqual(queuedMs);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the kernel', () => stat('/none')],
    ['an interrupt', () => open(fifo().path, 'r', undefined, { timeout: 20 })],
    ['an abort', () => open(fifo().path, 'r', undefined, { signal: AbortSignal.timeout(20) })],
    ['a composite', () => cp('/none', '/tmp/none')],
    ['a command', () => runCommand('false')],
    ['a command that is told to stop', () => runCommand('sleep', ['100'], { timeout: 20 })],
    [
      'the caller',
      () => trackOp({ fn: 'own', onInterrupt: () => undefined }, () => Promise.reject(new Error('own'))),
    ],
  ])('has the error of %s: what its caller gets', async (_, act) => {
    const error = await rejection(act());
    expect(ends.at(-1)?.error).toBe(error);
    expect(error.stack).toContain('at ');
  });

  it('has how long an op was in the kernel', async () => {
    await rejection(open(fifo().path, 'r', undefined, { timeout: 50 }));
    expect(ends[0]?.durationMs).toBeGreaterThanOrEqual(49);
  });
});

describe('isInterruptError()', () => {
  it('holds for errors of calls that this package has ended, and for no other', async () => {
    const errors = [
      await rejection(open(fifo().path, 'r', undefined, { timeout: 5 })),
      await rejection(open(fifo().path, 'r', undefined, { signal: AbortSignal.abort() })),
    ];
    for (const error of errors) expect(isInterruptError(error)).toBe(true);
    const plain = await rejection(readFile('/none'));
    for (const other of [plain, new Error('x'), null, undefined, 7, {}, AbortSignal.abort().reason])
      expect(isInterruptError(other)).toBe(false);
  });

  it('holds for an error of another thread, with its properties or without', async () => {
    const error = await rejection(open(fifo().path, 'r', undefined, { timeout: 5 }));
    expect(isInterruptError(structuredClone(error))).toBe(true);
    const copied = Object.assign(new Error(error.message), { ...error });
    expect(isInterruptError(copied)).toBe(true);
    expect(isInterruptError(Object.assign(new Error('EINTR'), { code: 'EINTR' }))).toBe(false);
  });
});

describe('released', () => {
  it('settles at once for an op that is over', async () => {
    const failure = failing(open(fifo().path));
    const [op] = (await running()) as [PendingOp];
    let released = false;
    const when = op.released.then(() => (released = true));
    await delay(1);
    expect(released).toBe(false);
    await interrupt(op);
    await when;
    await op.released;
    await failure;
  });
});

describeWith('stallfs', 'released, on a file system that stalls', () => {
  it('waits for the kernel', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const fate = new Fate(stat(join(fs.path, 'missing')));
      await fs.waitHeld();
      const [op] = listPending() as [PendingOp];
      const reports = await interrupt([op], { grace: 5 });
      expect(reports[0]?.outcome).toBe('abandoned');
      expect((await fate.settled).error?.op.id).toBe(op.id);
      let released = false;
      const when = op.released.then(() => (released = true));
      await delay(20);
      if (UNREAD === 'abandoned') expect(released).toBe(false);
      await fs.normal();
      await fs.release();
      await when;
      await until(() => listPending().length === 0, 'an empty table');
    } finally {
      await fs.unmount();
    }
  });
});
