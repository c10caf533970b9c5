// walk() and statMany() on a mount that does not answer.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  configure,
  interruptUnder,
  listPending,
  mounts,
  runInterruptible,
  TimeoutError,
  trackPending,
} from '../../lib';
import { statMany, type WalkEntry, type WalkOptions, walk } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { idleWorkersLeave } from '../fixtures/workers';

/** The default. */
const MAX_THREADS = 16384;

describeWith('stallfs', 'on a stalled mount', () => {
  let mount: StallFs;
  let before: OpenDescriptors;
  beforeAll(async () => {
    mount = await StallFs.mount();
    for (const name of ['good', 'bad/inner', 'other'])
      mkdirSync(join(mount.backing, name), { recursive: true });
    for (const name of ['good/one', 'bad/two', 'other/three']) writeFileSync(join(mount.backing, name), name);
    trackPending(true);
    // The first calls on a mount open descriptors that stay.
    await all({ stats: true });
  });
  beforeEach(async () => {
    await mount.normal();
    before = new OpenDescriptors();
  });
  afterAll(async () => {
    trackPending(false);
    await mount.unmount();
  });

  async function all(options?: WalkOptions): Promise<Map<string, WalkEntry>> {
    const found = new Map<string, WalkEntry>();
    for await (const entry of walk(mount.path, options))
      found.set(entry.path.slice(mount.path.length), entry);
    return found;
  }

  async function over(): Promise<void> {
    await mount.release();
    await mount.normal();
    await until(() => listPending().length === 0, 'nothing to be pending');
    await before.closed();
  }

  it('a directory that does not answer is left with an error, and the others are listed', async () => {
    await mount.hold('ignore', { op: 'opendir', path: '/bad' });
    const found = await all({ timeout: 300 });
    expect([...found.keys()].sort()).toEqual(['/bad', '/good', '/good/one', '/other', '/other/three']);
    const { error } = found.get('/bad') as WalkEntry;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ syscall: expect.any(String), path: `${mount.path}/bad` });
    expect(found.get('/good')?.error).toBeUndefined();
    await over();
  });

  it('a directory whose entries do not answer is left with an error', async () => {
    await mount.hold('ignore', { op: 'lookup', path: '/bad/two' });
    const found = await all({ stats: true, timeout: 300 });
    expect(found.get('/bad')?.error).toBeInstanceOf(TimeoutError);
    expect(found.get('/other/three')?.stats?.size).toBe(11);
    await over();
  });

  it('a directory that is slow is not left as long as its calls come back', async () => {
    mkdirSync(join(mount.backing, 'slow'));
    for (let i = 0; i < 4; i++) writeFileSync(join(mount.backing, `slow/${i}`), '');
    await mount.hold('ignore', { op: 'lookup', path: '/slow/' });
    const walking = all({ stats: true, timeout: 3000 });
    for (let i = 1; i <= 4; i++) {
      await mount.waitHeld(1, { path: '/slow/' });
      const running = (): number => listPending({ fn: 'walk' })[0]?.runningMs ?? 0;
      await until(() => running() > i * 1000, 'a second more of the call');
      await mount.release({ path: '/slow/' });
    }
    const found = await walking;
    expect(found.get('/slow')?.error).toBeUndefined();
    expect(found.get('/slow/3')?.stats?.size).toBe(0);
    await over();
  });

  it('the error of a root that cannot be read names it', async () => {
    await mount.error('EIO', { op: 'readdir' });
    await expect(all()).rejects.toMatchObject({ code: 'EIO', syscall: 'scandir', path: mount.path });
    await over();
  });

  it('a relative root is looked up once, also if the process changes its directory', async () => {
    await inFolder('walk-relative', async (local) => {
      symlinkSync(`${mount.path}/good`, local('root'));
      const start = process.cwd();
      try {
        process.chdir(local());
        await mount.late({ op: 'lookup', path: '/good' });
        const names: string[] = [];
        const walking = (async () => {
          for await (const { path } of walk('root', { followLinks: true })) names.push(path);
        })();
        await mount.waitHeld(1);
        process.chdir('/');
        await mount.normal();
        await mount.release();
        await walking;
        expect(names).toEqual(['root/one']);
      } finally {
        process.chdir(start);
      }
    });
    await over();
  });

  it('a directory that waits for a worker behind a slow one is not left', async () => {
    const LIMIT = 1500;
    const files = Array.from({ length: 8 }, (_, i) => i);
    for (const name of ['a', 'b']) {
      mkdirSync(join(mount.backing, `pair/${name}`), { recursive: true });
      for (const file of files) writeFileSync(join(mount.backing, `pair/${name}/${file}`), '');
    }
    await mount.hold('ignore', { op: 'lookup', path: '/pair/a/' });
    await mount.hold('ignore', { op: 'lookup', path: '/pair/b/' });
    await idleWorkersLeave();
    configure({ maxThreads: 1, killable: 'never' });
    try {
      const found = new Map<string, WalkEntry>();
      const walking = (async () => {
        for await (const entry of walk(join(mount.path, 'pair'), { stats: true, timeout: LIMIT }))
          found.set(entry.path.slice(mount.path.length), entry);
      })();
      const waited = (): number => listPending({ fn: 'walk', state: 'queued' })[0]?.queuedMs ?? 0;
      // The calls of the only worker come back, until the other directory has waited for longer than the limit.
      for (let i = 1; i <= 4; i++) {
        await mount.waitHeld(1);
        await until(() => waited() > (i * LIMIT) / 3, 'a part of the limit more in the queue');
        await mount.release();
      }
      await mount.normal();
      await mount.release();
      await walking;
      expect(found.get('/pair/a')?.error).toBeUndefined();
      expect(found.get('/pair/b')?.error).toBeUndefined();
      expect(found.size).toBe(2 + 2 * files.length);
    } finally {
      configure({ maxThreads: MAX_THREADS, killable: 'auto' });
      rmSync(join(mount.backing, 'pair'), { recursive: true });
    }
    await over();
  });

  it('a root that does not answer ends the walk with an error', async () => {
    await mount.hold('ignore');
    await expect(all({ timeout: 300 })).rejects.toBeInstanceOf(TimeoutError);
    await over();
  });

  it('the walk takes the timeout of configure()', async () => {
    await mount.hold('ignore', { op: 'opendir', path: '/bad' });
    configure({ timeout: 300 });
    try {
      expect((await all()).get('/bad')?.error).toBeInstanceOf(TimeoutError);
    } finally {
      configure({ timeout: 0 });
    }
    await over();
  });

  it('a signal, the end of a scope and return() end the whole walk', async () => {
    await mount.hold('honour', { op: 'opendir', path: '/bad' });
    const controller = new AbortController();
    const aborted = all({ signal: controller.signal });
    await mount.waitHeld(1, { op: 'opendir', path: '/bad' });
    controller.abort('enough');
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });

    const scoped = runInterruptible({ timeout: 300 }, () => all());
    await expect(scoped).rejects.toBeInstanceOf(TimeoutError);

    const entries = walk(mount.path)[Symbol.asyncIterator]();
    const waiting = (async () => {
      while (!(await entries.next()).done);
    })();
    await until(() => listPending({ fn: 'walk', state: 'running' }).length === 1, 'the directory that hangs');
    await entries.return?.();
    await waiting;
    await over();
  });

  it('its calls are listed with their directories; after an interrupt of one, the walk goes on without that directory', async () => {
    await mount.hold('honour', { op: 'opendir', path: '/bad' });
    const walking = all();
    await mount.waitHeld(1, { op: 'opendir', path: '/bad' });
    await until(() => listPending({ fn: 'walk' }).length === 1, 'the other directories to be over');
    const [op] = listPending({ fn: 'walk', state: 'running' });
    expect(op?.pathname()).toBe(`${mount.path}/bad`);
    expect(mounts.of(mount.path).pending).toBe(1);
    await interruptUnder(`${mount.path}/bad`, { reason: 'enough' });
    const found = await walking;
    expect(found.get('/bad')?.error).toMatchObject({ name: 'InterruptError', cause: 'enough' });
    expect(found.get('/other/three')).toBeDefined();
    await over();
  });

  it('a directory that cannot be listed, and an entry whose stat() fails, have their errors', async () => {
    await mount.error('EIO', { op: 'opendir', path: '/bad' });
    const found = await all();
    expect(found.get('/bad')?.error).toMatchObject({
      code: 'EIO',
      syscall: 'scandir',
      path: `${mount.path}/bad`,
    });
    expect(found.get('/good/one')?.error).toBeUndefined();
    const failed: string[] = [];
    for await (const batch of walk(mount.path).batches()) if (batch.error) failed.push(batch.path);
    expect(failed).toEqual([`${mount.path}/bad`]);
    await over();
  });

  it('types are asked for if listings have none', async () => {
    await mount.lie('type', 1);
    try {
      const found = await all();
      expect(found.get('/good')?.isDirectory()).toBe(true);
      expect(found.get('/good/one')?.isFile()).toBe(true);
    } finally {
      await mount.lie('type', 0);
    }
  });

  it('a link into a stalled mount is entered only if links are followed', async () => {
    await inFolder('walk-links', async (local) => {
      symlinkSync(mount.path, local('link'));
      await mount.hold('ignore');
      const plain: string[] = [];
      for await (const { name } of walk(local(), { stats: true })) plain.push(name);
      expect(plain).toEqual(['link']);
    });
    await over();
  });

  it('once the mount has stalled, its other directories are left at once, each with an error', async () => {
    const other = await StallFs.mount();
    try {
      for (let i = 0; i < 64; i++) mkdirSync(join(other.backing, `bad/${i}`), { recursive: true });
      await other.hold('ignore', { op: 'opendir', path: '/bad/' });
      const errors = new Map<string, unknown>();
      // Longer than the second of silence after which a mount counts as stalled.
      for await (const { name, depth, error } of walk(other.path, { timeout: 2000 }))
        if (depth === 2) errors.set(name, (error as NodeJS.ErrnoException | undefined)?.code);
      expect(errors.size).toBe(64);
      expect(new Set(errors.values())).toEqual(new Set(['ETIMEDOUT', 'ERR_MOUNT_STALLED']));
      await other.release();
    } finally {
      await other.unmount();
    }
  });

  it('statMany() has the results of paths that answer, and a TimeoutError for each other', async () => {
    await mount.hold('ignore', { op: 'lookup', path: '/bad' });
    const stuck = Array.from({ length: 200 }, (_, i) => `${mount.path}/bad-${i}`);
    const found = await statMany([...stuck, `${mount.path}/good/one`, '/etc/passwd', '/missing'], {
      timeout: 1000,
    });
    expect(found.slice(0, 200).every((one) => one.status === 'rejected')).toBe(true);
    expect(found[0]).toMatchObject({ reason: expect.any(TimeoutError) });
    expect(found[200]).toMatchObject({ status: 'fulfilled', value: { size: 8 } });
    expect(found[201]).toMatchObject({ status: 'fulfilled' });
    expect(found[202]).toMatchObject({ status: 'rejected', reason: { code: 'ENOENT', path: '/missing' } });
    await over();
  });

  it('statMany() rejects when its signal is aborted, or its scope ends', async () => {
    await mount.hold('honour', { op: 'lookup', path: '/bad' });
    const controller = new AbortController();
    const aborted = statMany(['/etc/passwd', `${mount.path}/bad-1`], { signal: controller.signal });
    await mount.waitHeld(1, { path: '/bad-1' });
    controller.abort('enough');
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    const scoped = runInterruptible({ timeout: 300 }, () => statMany([`${mount.path}/bad-2`]));
    await expect(scoped).rejects.toBeInstanceOf(TimeoutError);
    await over();
  });
});
