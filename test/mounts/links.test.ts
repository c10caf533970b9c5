// Symbolic links of a local folder that lead to a remote file system. The workers of that file system make the calls.
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { configure, listPending, mounts } from '../../lib';
import { native } from '../../lib/engine/addon';
import * as fs from '../../lib/fs/promises';
import { ending, exits, SHORT } from '../exit/tools';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { Fate } from '../stall/place';

/** Whether the package can ask the kernel's cache of names. */
const follows = native.counts().killable;

describeWith('stallfs', 'links to a file system that stalls', () => {
  let dead: StallFs;
  afterEach(async () => {
    configure({ maxThreads: 16_384, killable: 'auto' });
    await dead.unmount();
  });
  const home = withFolder('links');
  beforeEach(async () => {
    dead = await StallFs.mount();
    mkdirSync(join(dead.backing, 'sub'));
    writeFileSync(join(dead.backing, 'sub/file'), 'content');
    mkdirSync(home('real'));
    writeFileSync(home('real/file'), 'local');
    symlinkSync(dead.path, home('nas'));
  });

  /** `mount`: of the op's first path. */
  async function isKilled(begin: (options: object) => Promise<unknown>, mount = dead.path): Promise<void> {
    const controller = new AbortController();
    const before = dead.waiting();
    const fate = new Fate(begin({ signal: controller.signal }));
    // A probe of the file system may wait there before the call does.
    const waits = (): boolean =>
      dead.waiting() > before && listPending({ state: 'running' }).some((op) => op.mount === mount);
    await until(waits, `it waits for ${mount}`);
    expect(listPending()).toHaveLength(1);
    controller.abort();
    const { error } = await fate.settled;
    expect(error?.outcome).toBe('killed');
    expect(error?.op.mount).toBe(mount);
  }

  if (!follows) {
    it("count as local files without the kernel's cache of names", async () => {
      await dead.deaf();
      const controller = new AbortController();
      const fate = new Fate(fs.stat(home('nas/sub/file'), { signal: controller.signal }));
      await until(() => dead.waiting() > 0, 'it waits for the file system');
      controller.abort();
      expect((await fate.settled).error?.outcome).toBe('abandoned');
      expect(fate.error?.op.mount).toBe(mounts.of(home()).mountPoint);
      await dead.normal();
    });
    return;
  }

  const chain = (): string => {
    symlinkSync(join(dead.path, 'sub'), home('c'));
    symlinkSync('c', home('b'));
    symlinkSync(home('b'), home('a'));
    return home('a/file');
  };
  const linked = (target: string, rest = ''): string => {
    symlinkSync(target, home('link'));
    return home('link', rest);
  };
  const paths: Record<string, () => string> = {
    'to a file': () => linked(join(dead.path, 'sub/file')),
    'to a folder, in the middle of the path': () => linked(join(dead.path, 'sub'), 'file'),
    'to the mount point': () => home('nas/sub/file'),
    'to what is not there': () => linked(join(dead.path, 'missing')),
    'of a relative text': () => linked(relative(home(), join(dead.path, 'sub')), 'file'),
    'in a chain': chain,
    'below another one': () => {
      symlinkSync(home('nas'), home('real/nas'));
      return join(linked('real'), 'nas/sub/file');
    },
    'beside a step back': () => `${linked('real')}/../nas/./sub//file`,
  };
  it.each(Object.keys(paths))('%s', async (name) => {
    const path = paths[name]?.() as string;
    await dead.deaf();
    await isKilled((options) => fs.stat(path, options));
    await isKilled((options) => fs.readFile(path, options));
    expect(mounts.of(path)).toMatchObject({ mountPoint: dead.path });
    await dead.normal();
  });

  it('calls on the link itself, and calls with two paths', async () => {
    const through = home('nas/sub/file');
    const local = home('real/file');
    await dead.deaf();
    const here = mounts.of(home()).mountPoint;
    await isKilled((options) => fs.lstat(through, options));
    await isKilled((options) => fs.unlink(through, options));
    await isKilled((options) => fs.writeFile(through, 'text', options));
    await isKilled((options) => fs.readdir(home('nas/sub'), options));
    await isKilled((options) => fs.mkdir(home('nas/made'), options));
    await isKilled((options) => fs.copyFile(local, home('nas/sub/copy'), 0, options), here);
    await isKilled((options) => fs.link(local, home('nas/sub/linked'), options), here);
    await isKilled((options) => fs.rename(local, home('nas/sub/renamed'), options), here);
    // The link is a local file.
    expect((await fs.lstat(home('nas'))).isSymbolicLink()).toBe(true);
    expect(await fs.readlink(home('nas'))).toBe(dead.path);
    await fs.rename(home('nas'), home('renamed'));
    await fs.unlink(home('renamed'));
    await dead.normal();
  });

  it('links whose target changes', async () => {
    const path = linked('real', 'file');
    expect(await fs.readFile(path, 'utf8')).toBe('local');
    expect(mounts.of(path).mountPoint).not.toBe(dead.path);
    unlinkSync(home('link'));
    linked(join(dead.path, 'sub'));
    await dead.deaf();
    await isKilled((options) => fs.readFile(path, options));
    unlinkSync(home('link'));
    linked('real');
    expect(await fs.readFile(path, 'utf8')).toBe('local');
    await fs.writeFile(path, 'local');
    expect(mounts.of(path).mountPoint).not.toBe(dead.path);
    await dead.normal();
  });

  it('leave the workers for local files free', async () => {
    configure({ maxThreads: 64 });
    await dead.deaf();
    const stuck = Array.from({ length: 200 }, (_, i) => new Fate(fs.stat(home(`nas/missing-${i}`))));
    const running = (): number => listPending({ mount: dead.path, state: 'running' }).length;
    await until(() => running() >= 32, 'it has taken what it gets');
    for (let round = 0; round < 20; round++) {
      await fs.writeFile(home('real/file'), `${round}`);
      expect(await fs.readFile(home('real/file'), 'utf8')).toBe(`${round}`);
    }
    expect(running()).toBeLessThanOrEqual(48);
    await dead.normal();
    for (const fate of stuck) expect((await fate.settled).error?.code).toBe('ENOENT');
  });

  it('do not hold up the exit', async () => {
    await dead.hold('ignore');
    const asked = async (): Promise<void> => dead.waitHeld(1);
    const { child } = await ending('stat', 'exit', home('nas/sub/file'), SHORT, asked);
    const { code, signal } = await child.wait();
    expect(String(signal ?? code)).toBe(exits.exit);
    await dead.release();
    await dead.normal();
  });
});
