// Ops with several calls in flight: rm, cp, readdir with `recursive`, writeFile of an iterable, a recursive Dir.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { configure, interrupt, listPending, OpKind, type PendingOp } from '../../lib';
import type { CallOptions } from '../../lib/fs/promises';
import * as fsp from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import type { StallOp } from '../fixtures/stallfs';
import { Fate, mounted, type Place, UNREAD } from './place';

const WIDE = 8;
/** The portable backend copies by reads and writes. */
const portable = process.env.PENDINGOP_BACKEND === 'posix';

interface Composite {
  fn: string;
  syscall: string;
  /** The functions of its parts, which all hang on this request. */
  child: string;
  held: StallOp;
  under: string;
  count: number;
  changes: boolean;
  dest?: string;
  run(place: Place, options?: CallOptions): Promise<unknown>;
}

const composites: Composite[] = [
  {
    ...{
      fn: 'rm',
      syscall: 'rm',
      child: 'unlink',
      held: 'unlink',
      under: 'wide',
      count: WIDE,
      changes: true,
    },
    run: (place, options) => fsp.rm(place.at('wide'), { ...options, recursive: true, force: true }),
  },
  {
    ...{
      fn: 'rm',
      syscall: 'rm',
      child: 'readdir',
      held: 'opendir',
      under: 'wide',
      count: WIDE,
      changes: false,
    },
    run: (place, options) => fsp.rm(place.at('wide'), { ...options, recursive: true }),
  },
  {
    ...{
      fn: 'readdir',
      syscall: 'scandir',
      child: 'readdir',
      held: 'readdir',
      under: 'wide/',
      count: WIDE,
      changes: false,
    },
    run: (place, options) => fsp.readdir(place.at('wide'), { ...options, recursive: true }),
  },
  // Directories are read one after the other, as in Node: one part at a time.
  {
    ...{
      fn: 'cp',
      syscall: 'cp',
      child: 'copyFile',
      held: portable ? 'write' : 'copy_file_range',
      under: portable ? 'copy' : 'wide',
      count: 1,
      changes: true,
    },
    dest: 'copy',
    run: (place, options) => fsp.cp(place.at('wide'), place.at('copy'), { ...options, recursive: true }),
  },
  // The files of a directory are copied at the same time.
  {
    ...{
      fn: 'cp',
      syscall: 'cp',
      child: 'copyFile',
      held: portable ? 'write' : 'copy_file_range',
      under: portable ? 'copy' : 'flat',
      count: WIDE,
      changes: true,
    },
    dest: 'copy',
    run: (place, options) => fsp.cp(place.at('flat'), place.at('copy'), { ...options, recursive: true }),
  },
  {
    ...{ fn: 'cp', syscall: 'cp', child: 'read', held: 'readdir', under: 'wide', count: 1, changes: true },
    dest: 'copy',
    run: (place, options) => fsp.cp(place.at('wide'), place.at('copy'), { ...options, recursive: true }),
  },
  {
    ...{
      fn: 'writeFile',
      syscall: 'write',
      child: 'write',
      held: 'write',
      under: 'wide',
      count: 1,
      changes: true,
    },
    run: (place, options) => fsp.writeFile(place.at('wide/made'), ['some', 'more'], { ...options }),
  },
];

const cases = composites.map((each): [string, Composite] => [`${each.fn}, its ${each.held}`, each]);

beforeAll(() => fsp.stat('/'));

/** Makes a folder of folders with a file in each. rmdir fails, so that rm lists them. */
function widen(place: Place): void {
  mkdirSync(place.behind('flat'));
  for (let i = 0; i < WIDE; i++) {
    mkdirSync(place.behind(`wide/${i}`), { recursive: true });
    writeFileSync(place.behind(`wide/${i}/file`), 'content');
    writeFileSync(place.behind(`flat/${i}`), 'content');
  }
}

interface Family {
  top: PendingOp;
  children: PendingOp[];
  fate: Fate;
}

/** Starts the composite, and waits until all of its parts hang. */
async function family(
  place: Place,
  composite: Composite,
  how: 'honour' | 'ignore',
  options?: CallOptions,
): Promise<Family> {
  widen(place);
  // The folder itself can be listed.
  const path = `${place.root}/${composite.under}`;
  await place.fs.hold(how, { op: composite.held, path });
  if (composite.child === 'readdir') await place.fs.pass({ op: composite.held, path: `${place.root}/wide` });
  if (composite.child === 'readdir')
    await place.fs.hold(how, { op: composite.held, path: `${place.root}/wide/` });
  const fate = new Fate(composite.run(place, options));
  await place.fs.waitHeld(composite.count);
  const ops = listPending({ under: place.path });
  const [top, ...more] = ops.filter((op) => (op.kind() & OpKind.Top) !== 0);
  const children = ops.filter((op) => (op.kind() & OpKind.Top) === 0);
  if (top === undefined) throw new Error('no Top op');
  expect(more).toEqual([]);
  expect({
    fn: top.fn(),
    parent: top.parent,
    state: top.state,
    call: top.call,
    threadId: top.threadId,
  }).toEqual({
    ...{ fn: composite.fn, parent: 0, state: 'running', call: '', threadId: 0 },
  });
  expect(children).toHaveLength(composite.count);
  for (const child of children) {
    expect([child.fn(), child.parent, child.state]).toEqual([composite.child, top.id, 'running']);
    expect(child.threadId).toBeGreaterThan(0);
  }
  return { top, children, fate };
}

describeWith('stallfs', 'a composite', () => {
  const stage = mounted();

  it.each(cases)('%s: an interrupt interrupts its parts', async (_, composite) => {
    const place = stage.place();
    const { top, fate } = await family(place, composite, 'honour');
    const reports = await interrupt([top], { grace: 60_000 });
    expect(reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.error).toMatchObject({
      ...{ name: 'InterruptError', code: 'EINTR', syscall: composite.syscall, outcome: 'interrupted' },
      ...(composite.dest === undefined ? {} : { dest: place.at(composite.dest) }),
      mayHaveTakenEffect: composite.changes,
    });
    expect(fate.error?.op.id).toBe(top.id);
    expect(await place.fs.held()).toEqual([]);
    await place.fs.normal();
  });

  it.each(cases)('%s: is abandoned with its parts', async (_, composite) => {
    const place = stage.place();
    const { top, children, fate } = await family(place, composite, 'ignore');
    const reports = await interrupt([top], { grace: 10 });
    expect(reports).toMatchObject([{ outcome: 'abandoned' }]);
    expect(fate.error).toMatchObject({ syscall: composite.syscall, outcome: 'abandoned' });
    expect(fate.error?.mayHaveTakenEffect).toBe(composite.changes);
    // The caller is free. The calls in the kernel stay listed, and no new call begins.
    const left = listPending({ under: place.path, state: 'abandoned' });
    expect(left.map((op) => op.id)).toEqual([top, ...children].map((op) => op.id));
    await place.fs.normal();
    expect(await place.fs.release()).toBe(composite.count);
    await until(() => listPending({ under: place.path }).length === 0, 'the kernel has let go');
    if (composite.child === 'copyFile')
      expect(readdirSync(place.behind('copy'))).toHaveLength(composite.count);
  });

  it.each(cases)('%s: its signal ends it', async (_, composite) => {
    const place = stage.place();
    const controller = new AbortController();
    const { fate } = await family(place, composite, 'honour', { signal: controller.signal });
    // The grace is long enough for a daemon that answers slowly.
    configure({ grace: 60_000 });
    controller.abort('enough');
    await fate.settled;
    configure({ grace: 100 });
    expect(fate.error).toMatchObject({ name: 'AbortError', outcome: 'interrupted', cause: 'enough' });
    await place.fs.normal();
  });

  it.each(cases)('%s: its timeout ends it', async (_, composite) => {
    const place = stage.place();
    widen(place);
    await place.fs.deaf();
    // Long enough for the calls to reach the kernel and to return from it.
    if (UNREAD === 'killed') configure({ grace: 2000 });
    const fate = new Fate(composite.run(place, { timeout: 300 }));
    await fate.settled;
    configure({ grace: 100 });
    expect(fate.error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', outcome: UNREAD });
    await place.fs.normal();
  });

  it('a part that is interrupted alone ends the composite', async () => {
    const place = stage.place();
    const composite = composites[0] as Composite;
    const { children, fate } = await family(place, composite, 'honour');
    await interrupt([children[0] as PendingOp], { grace: 60_000 });
    // The other parts go on: rm removes what it can, and fails with the first error.
    await place.fs.normal();
    await place.fs.release();
    await fate.settled;
    expect(fate.error).toMatchObject({ code: 'EINTR', syscall: 'unlink', outcome: 'interrupted' });
    expect(fate.error?.op.id).toBe(children[0]?.id);
    const id = fate.error?.path?.split('/').at(-2) ?? '';
    expect(existsSync(place.behind(`wide/${id}/file`))).toBe(true);
  });
});
