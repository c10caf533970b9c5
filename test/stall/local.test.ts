// Calls on local files never wait for stalled ones, and threads and memory come back.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { configure, interrupt, interruptUnder, listPending, onPending, type PendingEvent } from '../../lib';
import { native } from '../../lib/engine/addon';
import * as fsp from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { withSharedFolder } from '../fixtures/folder';
import { OpenDescriptors, threads, until } from '../fixtures/leaks';
import { idleWorkersLeave } from '../fixtures/workers';
import { Fate, mounted, type Place } from './place';

const STALLED = 200;

const folder = withSharedFolder('local');
beforeAll(async () => {
  await fsp.stat('/');
  // Makes as many ops as the tests need, so that their memory exists before it is counted.
  await Promise.all(Array.from({ length: STALLED + 64 }, () => fsp.stat(folder())));
});

/** Makes one call of each kind on local files. */
async function work(path: string): Promise<void> {
  mkdirSync(path);
  writeFileSync(join(path, 'file'), 'content');
  expect(await fsp.readFile(join(path, 'file'), 'utf8')).toBe('content');
  await fsp.writeFile(join(path, 'new'), 'new');
  await fsp.rename(join(path, 'new'), join(path, 'newer'));
  expect(await fsp.readdir(path)).toEqual(['file', 'newer']);
  const handle = await fsp.open(join(path, 'newer'), 'r+');
  await handle.write('newest', 0);
  expect((await handle.stat()).size).toBe(6);
  await handle.sync();
  await handle.close();
  await fsp.cp(path, `${path}-copy`, { recursive: true });
  await fsp.rm(`${path}-copy`, { recursive: true });
}

/** Makes calls of different kinds, which all hang. */
function stall(place: Place, count: number): Fate[] {
  const calls = [
    () => fsp.stat(place.at('file')),
    () => fsp.readFile(place.at('file')),
    () => fsp.open(place.at('file'), 'r'),
    () => fsp.readdir(place.at('full')),
    () => fsp.statfs(place.at('file')),
  ];
  return Array.from(
    { length: count },
    (_, i) => new Fate((calls[i % calls.length] as () => Promise<unknown>)()),
  );
}

const hangs = (place: Place): Promise<void>[] =>
  (['getattr', 'open', 'opendir', 'statfs'] as const).map((op) =>
    place.fs.hold('ignore', { op, path: place.root }),
  );

describeWith('stallfs', `with ${STALLED} stalled calls`, () => {
  const stage = mounted();

  it('local calls do not wait', async () => {
    const place = stage.place();
    await Promise.all(hangs(place));
    const stalled = stall(place, STALLED);
    // They complete while the others hang.
    await work(folder('at-once'));
    expect(stalled.some((fate) => fate.over)).toBe(false);
    await place.fs.waitHeld(STALLED);
    await work(folder('then'));
    await Promise.all(Array.from({ length: 20 }, (_, i) => work(folder(`many-${i}`))));
    expect(stalled.some((fate) => fate.over)).toBe(false);
    expect(listPending({ under: place.path, state: 'running' })).toHaveLength(STALLED);
    expect(native.counts().workers).toBeGreaterThanOrEqual(STALLED);
    const reports = await interruptUnder(place.fs.path, { grace: 20 });
    expect(reports).toHaveLength(STALLED);
    expect(reports.every(({ outcome }) => outcome === 'abandoned')).toBe(true);
    expect(stalled.every((fate) => fate.error?.outcome === 'abandoned')).toBe(true);
    // Local calls do not wait for abandoned ones, either.
    await work(folder('abandoned'));
    expect(listPending({ under: place.path, state: 'abandoned' })).toHaveLength(STALLED);
    await place.fs.normal();
    expect(await place.fs.release()).toBe(STALLED);
  });

  it('all are ended if the daemon honours INTERRUPT, and no thread is lost', async () => {
    const place = stage.place();
    await place.fs.hold('honour', { op: 'getattr', path: place.root });
    const stalled = Array.from({ length: STALLED }, () => new Fate(fsp.stat(place.at('file'))));
    await place.fs.waitHeld(STALLED);
    const reports = await interrupt(listPending({ under: place.path }), { grace: 60_000 });
    expect(reports.map(({ outcome }) => outcome)).toEqual(stalled.map(() => 'interrupted'));
    expect(stalled.every((fate) => fate.over)).toBe(true);
    expect(await place.fs.held()).toEqual([]);
  });

  it('each has one event of each type, from its start to its release', async () => {
    const place = stage.place();
    await Promise.all(hangs(place));
    const events: PendingEvent[] = [];
    const stop = onPending((event) => events.push(event));
    stall(place, 5);
    await place.fs.waitHeld(5);
    const reports = await interruptUnder(place.path, { grace: 10 });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await until(() => events.filter(({ type }) => type === 'release').length === 5, 'all are released');
    stop();
    for (const { op } of reports) {
      const own = events.filter((event) => event.op.id === op.id);
      expect(own.map(({ type, outcome }) => `${type} ${outcome ?? ''}`)).toEqual([
        ...['start ', 'interrupt ', 'abandon abandoned', 'end abandoned', 'release abandoned'],
      ]);
    }
  });

  it('threads end once they are idle, and descriptors are closed', async () => {
    configure({ killable: 'never' });
    const descriptors = new OpenDescriptors();
    const before = threads();
    const place = stage.place();
    await Promise.all(hangs(place));
    stall(place, STALLED);
    await place.fs.waitHeld(STALLED);
    const most = threads();
    expect(native.counts().workers).toBeGreaterThanOrEqual(STALLED);
    await interruptUnder(place.path, { grace: 10 });
    await place.fs.normal();
    await place.fs.release();
    await until(() => listPending().length === 0, 'the kernel has let go');
    await idleWorkersLeave();
    await until(() => threads() <= Math.min(before, most - STALLED + 1), 'their threads have ended', 20_000);
    expect(descriptors.more()).toEqual([]);
    expect((await fsp.stat(folder())).isDirectory()).toBe(true);
    configure({ killable: 'auto' });
  });
});
