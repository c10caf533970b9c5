import { mkdir } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { interrupt, listPending, OpKind, type PendingFilter } from '../../lib';
import { type FileHandle, open, readFile, rename } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { run } from '../fixtures/processes';
import { failing, pending, result, running, thrown } from './tools';

describe('listPending', () => {
  let handle: FileHandle;
  let ended: Promise<unknown>[];

  afterEach(async () => {
    await interrupt(listPending());
    await Promise.all(ended);
    await handle.close();
  });
  // Three kinds of stuck: an open, a whole-file read, a read on a handle.
  const folder = withFolder('listing');
  beforeEach(async () => {
    for (const name of ['ab', 'abc']) {
      await mkdir(folder(name));
      await run('mkfifo', [folder(name, 'fifo')]);
    }
    handle = await open(folder('abc', 'fifo'), 'r+');
    ended = [open(folder('ab', 'fifo')), readFile(folder('ab', 'fifo')), handle.read(Buffer.alloc(10))].map(
      failing,
    );
    await running(3);
  });

  const names = (filter?: number | PendingFilter): string[] => listPending(filter).map((op) => op.fn());
  const all = ['open', 'readFile', 'read'];

  it('gives all, in the order in which they began', () => {
    expect(names()).toEqual(all);
    expect(names({})).toEqual(all);
    const ids = listPending().map((op) => op.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it('filters by kind', () => {
    expect(names(OpKind.File)).toEqual(all);
    expect(names(OpKind.All)).toEqual(all);
    expect(names({ kind: OpKind.Top })).toEqual(all);
    expect(names(OpKind.Dir)).toEqual([]);
    expect(names({ kind: OpKind.Dir | OpKind.Path })).toEqual([]);
    expect(names({ kind: OpKind.Dir | OpKind.File })).toEqual(all);
    expect(names(0)).toEqual([]);
  });

  it('filters by path', () => {
    expect(names({ under: folder() })).toEqual(all);
    expect(names({ under: '/' })).toEqual(all);
    expect(names({ under: `${folder()}///` })).toEqual(all);
    expect(names({ under: folder('ab') })).toEqual(['open', 'readFile']);
    expect(names({ under: folder('abc') })).toEqual(['read']);
    expect(names({ under: folder('a') })).toEqual([]);
    expect(names({ under: folder('ab', 'fifo') })).toEqual(['open', 'readFile']);
    expect(names({ under: folder('ab', 'fifo', 'x') })).toEqual([]);
    expect(names({ under: `${folder()}/abc/../ab` })).toEqual(['open', 'readFile']);
    expect(names({ under: Buffer.from(folder('abc')) })).toEqual(['read']);
    expect(names({ under: pathToFileURL(folder('abc')) })).toEqual(['read']);
  });

  it('filters by function, state, mount, label and age', async () => {
    expect(names({ fn: 'open' })).toEqual(['open']);
    expect(names({ fn: 'Open' })).toEqual([]);
    expect(names({ state: 'running' })).toEqual(all);
    for (const state of ['queued', 'interrupting', 'abandoned'] as const)
      expect(names({ state })).toEqual([]);
    const mount = listPending()[0]?.mount ?? '';
    expect(folder().startsWith(mount)).toBe(true);
    expect(names({ mount })).toEqual(all);
    expect(names({ mount: '/no/such/mount' })).toEqual([]);
    expect(names({ label: '' })).toEqual(all);
    expect(names({ label: 'x' })).toEqual([]);
    await until(() => names({ olderThan: 5 }).length === 3, 'three ops older than 5 ms');
    expect(names({ olderThan: 1e9 })).toEqual([]);
    expect(names({ olderThan: Infinity })).toEqual([]);
  });

  it('takes all conditions together', async () => {
    await until(() => names({ olderThan: 1 }).length === 3, 'three ops older than 1 ms');
    const both = { under: folder(), kind: OpKind.File, state: 'running', olderThan: 1 } as const;
    expect(names({ ...both, fn: 'read' })).toEqual(['read']);
    expect(names({ ...both, fn: 'read', under: folder('ab') })).toEqual([]);
    expect(names({ ...both, fn: 'read', label: 'x' })).toEqual([]);
    expect(names({ ...both, kind: OpKind.Dir })).toEqual([]);
  });

  it('counts what is undefined as not given', () => {
    const filter = { kind: undefined, under: undefined, mount: undefined, fn: undefined, label: undefined };
    expect(names({ ...filter, olderThan: undefined, state: undefined })).toEqual(all);
  });

  it('lists a handle its own calls only', async () => {
    expect(handle.listPending().map((op) => op.fn())).toEqual(['read']);
    const other = await open(folder('abc', 'fifo'), 'r+');
    expect(other.listPending()).toEqual([]);
    await other.close();
    await interrupt(handle.listPending());
    expect(names()).toEqual(['open', 'readFile']);
    expect(handle.listPending()).toEqual([]);
  });

  it('gives both ends of a rename', async () => {
    const failure = rename(folder('none'), folder('abc', 'other'));
    const from = names({ fn: 'rename', under: folder('none') });
    const to = names({ fn: 'rename', under: folder('abc') });
    await expect(failure).rejects.toMatchObject({ code: 'ENOENT' });
    // It may be over by the time it is listed, but not at one end only.
    expect([[], ['rename']]).toContainEqual(from);
    expect([[], ['rename']]).toContainEqual(to);
  });

  const wrong: [unknown, string, string][] = [
    [null, 'ERR_INVALID_ARG_TYPE', 'The "filter" argument must be of type number or object. Received null'],
    [
      'x',
      'ERR_INVALID_ARG_TYPE',
      'The "filter" argument must be of type number or object. Received type string',
    ],
    [true, 'ERR_INVALID_ARG_TYPE', 'The "filter" argument'],
    [-1, 'ERR_OUT_OF_RANGE', 'The value of "filter" is out of range. It must be >= 0 && <= 511. Received -1'],
    [512, 'ERR_OUT_OF_RANGE', 'The value of "filter" is out of range'],
    [1.5, 'ERR_OUT_OF_RANGE', 'The value of "filter" is out of range. It must be an integer. Received 1.5'],
    [NaN, 'ERR_OUT_OF_RANGE', 'The value of "filter" is out of range'],
    [{ kind: '1' }, 'ERR_INVALID_ARG_TYPE', 'The "filter.kind" property must be of type number'],
    [{ kind: 512 }, 'ERR_OUT_OF_RANGE', 'The value of "filter.kind" is out of range'],
    [{ under: 5 }, 'ERR_INVALID_ARG_TYPE', 'The "filter.under" property must be of type string'],
    [{ under: 'a\0b' }, 'ERR_INVALID_ARG_VALUE', "'filter.under' must be a string"],
    [{ mount: 1 }, 'ERR_INVALID_ARG_TYPE', 'The "filter.mount" property must be of type string'],
    [{ fn: open }, 'ERR_INVALID_ARG_TYPE', 'The "filter.fn" property must be of type string'],
    [{ label: null }, 'ERR_INVALID_ARG_TYPE', 'The "filter.label" property must be of type string'],
    [{ olderThan: '5' }, 'ERR_INVALID_ARG_TYPE', 'The "filter.olderThan" property must be of type number'],
    [
      { olderThan: -1 },
      'ERR_OUT_OF_RANGE',
      'The value of "filter.olderThan" is out of range. It must be >= 0.',
    ],
    [{ olderThan: NaN }, 'ERR_OUT_OF_RANGE', 'The value of "filter.olderThan" is out of range'],
    [{ state: 'done' }, 'ERR_INVALID_ARG_VALUE', "'filter.state'"],
    [{ state: 2 }, 'ERR_INVALID_ARG_VALUE', "'filter.state'"],
  ];
  it.each(wrong)('refuses %j', (filter, code, message) => {
    const error = thrown(() => listPending(filter as PendingFilter));
    expect(error.code).toBe(code);
    expect(error).toBeInstanceOf(code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError);
    expect(error.message).toContain(message);
  });
});

it('shows what waits for a worker as queued', async () => {
  const script = `
    po.configure({ maxThreads: 1, inline: false });
    po.trackPending(true);
    const fifo = process.argv[1];
    (async () => {
      const folder = require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/queued-');
      const path = folder + '/fifo';
      require('node:child_process').execFileSync('mkfifo', [path]);
      const caught = [fsp.open(path), fsp.stat('/'), fsp.readdir('/')].map((p) => p.catch((error) => error));
      await listed(1, { state: 'running' });
      await new Promise((resolve) => setTimeout(resolve, 10));
      const rows = po.listPending().map((op) => ({
        fn: op.fn(), state: op.state, call: op.call, thread: op.threadId, running: op.runningMs, waits: op.queuedMs > 5,
      }));
      const old = po.listPending({ olderThan: 0 }).map((op) => op.fn());
      const reports = await po.interrupt(po.listPending({ fn: 'stat' }));
      const outcomes = reports.map(({ outcome }) => outcome);
      outcomes.push(...(await po.interrupt(po.listPending({ fn: 'open' }))).map(({ outcome }) => outcome));
      const results = await Promise.all(caught);
      outcomes.push(results[0].outcome, results[1].outcome, Array.isArray(results[2]));
      require('node:fs').rmSync(folder, { recursive: true });
      console.log(JSON.stringify({ rows, old, outcomes, workers: native.counts().workers }));
    })();`;
  const { rows, old, outcomes, workers } = await result<{
    rows: Record<string, unknown>[];
    old: string[];
    outcomes: unknown[];
    workers: number;
  }>(script);
  expect(rows).toMatchObject([
    { fn: 'open', state: 'running', call: 'openat' },
    { fn: 'stat', state: 'queued', call: '', thread: 0, running: 0, waits: true },
    { fn: 'readdir', state: 'queued', call: '', thread: 0, running: 0, waits: true },
  ]);
  expect(old).toEqual(['open']);
  expect(outcomes).toEqual(['cancelled', 'interrupted', 'interrupted', 'cancelled', true]);
  expect(workers).toBe(1);
});

it('lists thousands, each once', async () => {
  const ops: Promise<unknown>[] = [];
  for (let i = 0; i < 3000; i++)
    ops.push(failing(open('/proc/self/fd/none', 'r', undefined, { timeout: 1e6 })));
  const listed = listPending();
  expect(new Set(listed.map((op) => op.id)).size).toBe(listed.length);
  await Promise.all(ops);
  await pending(0);
});
