// The mounts of the process: their list, their state, and the abort of one that does not answer.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configure, interruptUnder, listPending, type Mount, mounts, StalledError } from '../../lib';
import { native } from '../../lib/engine/addon';
import { readFile, stat } from '../../lib/fs/promises';
import { requestTimeouts } from '../../lib/mounts/request-timeouts';
import { describeWith } from '../fixtures/available';
import { inFolder, withSharedFolder } from '../fixtures/folder';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { Fate } from '../stall/place';
import { dist } from '../table/tools';

const KILLS = native.counts().killable;

describe('mounts.list()', () => {
  it('lists what the kernel lists', () => {
    const list = mounts.list();
    expect(list.map((mount) => mount.mountPoint)).toContain('/proc');
    expect(list.find((mount) => mount.mountPoint === '/proc')).toMatchObject({
      type: 'proc',
      canInterrupt: 'signal',
      pending: 0,
      stuck: 0,
      state: 'ok',
    });
  });
});

describe('requestTimeouts', () => {
  it('are the kernel’s, in ms; undefined if it has none', async () => {
    await inFolder('timeouts', (folder) => {
      expect(requestTimeouts(folder())).toBeUndefined();
      writeFileSync(folder('default_request_timeout'), '30\n');
      writeFileSync(folder('max_request_timeout'), '0\n');
      expect(requestTimeouts(folder())).toEqual({ default: 30_000, max: 0 });
    });
  });

  it('are missing for other file systems than FUSE', () => {
    expect(mounts.of('/proc')).not.toHaveProperty('requestTimeouts');
  });
});

describe('mounts.of()', () => {
  it.each([
    ['a text', '/proc/self/status'],
    ['bytes', Buffer.from('/proc/self')],
    ['a URL', pathToFileURL('/proc/self')],
    ['dots', '/proc/../proc/./self//x'],
    ['a relative path', join('../'.repeat(40), 'proc/self')],
  ])('takes %s', (_, path) => {
    expect(mounts.of(path).mountPoint).toBe('/proc');
  });

  it('refuses a value that is no path', () => {
    // @ts-expect-error: not a path
    expect(() => mounts.of(7)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    expect(() => mounts.of('a\0b')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  });
});

// A mount namespace of its own, so that no other process sees these mounts.
const canUnshare = ((): boolean => {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('in a mount namespace of its own', () => {
  it('mounts are followed as they come and go, however they are named', async () => {
    // This needs the right to mount, which root has, and so CI.
    expect(canUnshare || process.getuid?.() !== 0).toBe(true);
    if (!canUnshare) return;
    await inFolder('mounts', (folder) => {
      const odd = 'a b\\c\nd';
      for (const name of ['plain', odd, 'bind', 'over']) mkdirSync(folder(name));
      const script = `
        const { mounts } = require(${JSON.stringify(join(__dirname, '../../dist'))});
        const { execFileSync } = require('node:child_process');
        const { join } = require('node:path');
        const folder = process.argv[1];
        const at = (...names) => join(folder, ...names);
        const mount = (...args) => execFileSync('mount', args);
        const of = (path) => mounts.of(path).mountPoint;
        const seen = {};
        seen.before = of(at('plain', 'x')) === at('plain');
        mount('-t', 'tmpfs', 'one', at('plain'));
        seen.plain = of(at('plain', 'x')) === at('plain');
        mount('-t', 'tmpfs', 'odd', at(${JSON.stringify(odd)}));
        seen.odd = of(at(${JSON.stringify(odd)}, 'x')) === at(${JSON.stringify(odd)});
        require('node:fs').mkdirSync(at('plain', 'inner'));
        mount('-t', 'tmpfs', 'two', at('plain', 'inner'));
        seen.nested = of(at('plain', 'inner', 'x')) === at('plain', 'inner');
        mount('--bind', at('plain'), at('bind'));
        seen.bind = of(at('bind', 'inner')) === at('bind');
        mount('-t', 'tmpfs', 'three', at('plain'));
        seen.hidden = of(at('plain', 'inner', 'x')) === at('plain') && mounts.of(at('plain')).source === 'three';
        execFileSync('umount', [at('plain')]);
        seen.back = of(at('plain', 'inner', 'x')) === at('plain', 'inner');
        process.chdir(at('plain', 'inner'));
        seen.relative = of('y') === at('plain', 'inner') && of('..') === at('plain');
        console.log(JSON.stringify(seen));`;
      const text = execFileSync(
        'unshare',
        ['-m', '--propagation', 'private', process.execPath, '-e', script, folder()],
        {
          encoding: 'utf8',
        },
      );
      expect(JSON.parse(text)).toEqual({
        before: false,
        plain: true,
        odd: true,
        nested: true,
        bind: true,
        hidden: true,
        back: true,
        relative: true,
      });
    });
  });
});

describeWith('stallfs', 'a mount that stalls', () => {
  let fs: StallFs;
  beforeEach(async () => {
    fs = await StallFs.mount();
    writeFileSync(join(fs.backing, 'file'), 'content');
    await stat(fs.path);
  });
  afterEach(() => fs.unmount());

  it('is listed as stalled, with the number of its calls', async () => {
    expect(mounts.of(join(fs.path, 'file'))).toMatchObject({
      mountPoint: fs.path,
      type: 'fuse.stallfs',
      canInterrupt: KILLS ? 'kill' : 'abort',
      pending: 0,
      state: 'ok',
    });
    expect(mounts.of(fs.path).requestTimeouts).toEqual(requestTimeouts());
    await fs.deaf();
    const fates = [1, 2].map((n) => new Fate(stat(join(fs.path, `file${n}`))));
    await fs.waitUnread();
    expect(mounts.of(fs.path).pending).toBe(2);
    expect(listPending({ mount: fs.path })).toHaveLength(2);
    const [op] = listPending();
    expect(op?.mount).toBe(fs.path);
    await interruptUnder(fs.path, { grace: 1000 });
    for (const fate of fates) expect(fate.error?.code).toBe('EINTR');
    await fs.normal();
  });

  it('statfs() marks the stalled mount and does not wait for it', async () => {
    await fs.deaf();
    const before = new OpenDescriptors();
    const usage = await mounts.statfs({ timeout: 200 });
    // All mounts, apart from those that other programs mount meanwhile.
    for (const point of ['/proc', fs.path, mounts.of(tmpdir()).mountPoint])
      expect(usage.map((one) => one.mountPoint)).toContain(point);
    expect(usage.find((one) => one.mountPoint === fs.path)).toMatchObject({
      stalled: true,
      size: 0,
      error: expect.objectContaining({ code: 'ETIMEDOUT' }),
    });
    const here = usage.find((one) => one.mountPoint === mounts.of(tmpdir()).mountPoint);
    expect(here?.stalled).toBe(false);
    expect(here?.size).toBeGreaterThan(0);
    expect(here?.used).toBeLessThanOrEqual(here?.size ?? 0);
    if (KILLS) expect(listPending()).toEqual([]);
    expect(before.more()).toEqual([]);
    await fs.normal();
    const again = await mounts.statfs();
    expect(again.find((one) => one.mountPoint === fs.path)).toMatchObject({ stalled: false });
  });

  it('statfs() refuses what it does not know', async () => {
    // @ts-expect-error: no such option
    await expect(mounts.statfs({ patience: 1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    await expect(mounts.statfs({ timeout: -1 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  });

  it('abort() frees calls that nothing else ends, and their reports say so', async () => {
    await fs.hold('ignore', { op: 'lookup' });
    const fates = [1, 2].map((n) => new Fate(stat(join(fs.path, `file${n}`))));
    const read = new Fate(readFile(join(fs.path, 'other')));
    await fs.waitHeld(3);
    await interruptUnder(fs.path, { grace: 20 });
    expect(fates[0]?.error?.outcome).toBe('abandoned');
    const waits = new Fate(stat(join(fs.path, 'last')));
    await fs.waitHeld(4);
    await mounts.abort(fs.path);
    expect((await waits.settled).error?.code).toMatch(/ECONNABORTED|ENOTCONN/);
    expect((await read.settled).error?.outcome).toBe('abandoned');
    await until(() => listPending().length === 0, 'the kernel has let go');
  });

  it('once too many calls are stuck, new ones fail at once; afterwards the mount recovers by itself', async () => {
    const heard: [string, Mount][] = [];
    const stalled = (mount: Mount): unknown => heard.push(['stalled', mount]);
    const recovered = (mount: Mount): unknown => heard.push(['recovered', mount]);
    mounts.on('mount-stalled', stalled).on('mount-recovered', recovered);
    configure({ maxStuckPerMount: 2 });
    try {
      await fs.deaf();
      const fates = [1, 2, 3].map((n) => new Fate(stat(join(fs.path, `file${n}`))));
      await until(() => mounts.of(fs.path).stuck >= 3 && heard.length === 1, 'it counts as stalled');
      expect(mounts.of(fs.path).state).toBe('stalled');
      expect(heard[0]).toMatchObject(['stalled', { mountPoint: fs.path, state: 'stalled' }]);
      const late = await new Fate(stat(join(fs.path, 'file'))).settled;
      expect(late.error).toBeInstanceOf(StalledError);
      expect(late.error).toMatchObject({ code: 'ERR_MOUNT_STALLED', name: 'StalledError', mount: fs.path });
      expect(late.error?.message).toMatch(
        /^The file system at '.*' does not answer, and .*The call was not begun, /,
      );
      // Calls elsewhere are not refused.
      expect((await stat(fs.backing)).isDirectory()).toBe(true);
      await fs.normal();
      for (const fate of fates) expect((await fate.settled).error?.code).toBe('ENOENT');
      await until(() => heard.length === 2, 'it has recovered');
      expect(heard[1]).toMatchObject(['recovered', { mountPoint: fs.path, state: 'ok' }]);
      expect(await readFile(join(fs.path, 'file'), 'utf8')).toBe('content');
    } finally {
      configure({ maxStuckPerMount: 1000 });
      mounts.off('mount-stalled', stalled).off('mount-recovered', recovered);
      await fs.normal();
    }
  });

  it('if no call of the program is left there, a probe finds out that the mount is back', async () => {
    if (!KILLS) return;
    const events: string[] = [];
    const recovered = (): unknown => events.push('recovered');
    mounts.on('mount-recovered', recovered);
    try {
      await fs.deaf();
      const fate = new Fate(stat(join(fs.path, 'file1')));
      await until(() => mounts.of(fs.path).state === 'stalled', 'it counts as stalled');
      await interruptUnder(fs.path, { grace: 1000 });
      expect(fate.error?.outcome).toBe('killed');
      expect(mounts.of(fs.path).state).toBe('stalled');
      await fs.normal();
      await until(() => events.length === 1, 'it has recovered', 60_000);
      expect(mounts.of(fs.path).state).toBe('ok');
    } finally {
      mounts.off('mount-recovered', recovered);
    }
  });
});

describe('mounts.abort()', () => {
  const folder = withSharedFolder('abort');

  it('refuses a path that is no mount point, or a mount without a connection', async () => {
    await expect(mounts.abort(folder())).rejects.toMatchObject({ code: 'EINVAL', path: folder() });
    await expect(mounts.abort('/proc')).rejects.toMatchObject({
      code: 'ENOTSUP',
      message: expect.stringContaining('a proc mount has no connection to end'),
    });
  });

  it('needs the right to abort', async () => {
    if (process.getuid?.() !== 0) return;
    const fs = await StallFs.mount();
    try {
      const script = `
        const { mounts } = require(${JSON.stringify(join(__dirname, '../../dist'))});
        process.setgid(65534); process.setuid(65534);
        mounts.abort(process.argv[1]).then(() => console.log('done'), (error) => console.log(error.code));`;
      const child = Child.node(script, [fs.path]);
      await child.wait();
      expect(child.stdout).toBe('EPERM\n');
      expect((await stat(fs.path)).isDirectory()).toBe(true);
    } finally {
      await fs.unmount();
    }
  });
});

describeWith('stallfs', 'a mount that comes after another one', () => {
  it('is probed until it is back', async () => {
    // The kernel reuses the device number of the mount.
    const first = await StallFs.mount();
    await stat(first.path).finally(() => first.unmount());
    const fs = await StallFs.mount();
    try {
      await fs.late({ op: 'lookup', path: '/file' });
      const fate = new Fate(stat(join(fs.path, 'file')));
      await fs.waitHeld();
      await fs.waitCount('statfs', 1);
      await fs.normal();
      await fs.release();
      expect((await fate.settled).error?.code).toBe('ENOENT');
    } finally {
      await fs.unmount();
    }
  });
});

describeWith('stallfs', 'a working directory whose mount was taken away', () => {
  it('is not searched for: a call on a relative path has its timeout', async () => {
    // Paths are looked at only while there is a remote mount.
    const other = await StallFs.mount();
    const fs = await StallFs.mount();
    const script = `
      const { stat } = require(${JSON.stringify(dist)} + '/fs/promises');
      process.chdir(process.argv[1]);
      console.log('in', process.cwd());
      process.stdin.once('data', async () => {
        await stat('file', { timeout: 50 }).catch((error) => console.log(error.name));
        process.exit();
      });`;
    try {
      const child = Child.node(script, [fs.path]);
      await child.says('in ');
      execFileSync('fusermount3', ['-u', '-z', fs.path]);
      await fs.deaf();
      child.write('\n');
      await child.says('TimeoutError\n');
      await child.wait();
    } finally {
      await fs.unmount();
      await other.unmount();
    }
  });
});
