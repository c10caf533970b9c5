// Expected mounts: a file below a missing mount counts as unavailable, not as deleted.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listPending, MountMissingError, mounts } from '../../lib';
import * as fs from '../../lib/fs';
import * as promises from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { dist, failing, rejection, thrown } from '../table/tools';

let undo: () => void;
afterEach(() => undo());
const folder = withFolder('expect');
beforeEach(() => {
  mkdirSync(folder('drive/photos'), { recursive: true });
  writeFileSync(folder('drive/bare'), 'no');
  writeFileSync(folder('beside'), 'content');
  undo = mounts.expect(folder('drive'));
});
const missing = { code: 'ERR_MOUNT_MISSING', name: 'MountMissingError' };

describe('while an expected mount is missing', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['stat', () => promises.stat(folder('drive/bare'))],
    ['of the mount point itself', () => promises.readdir(folder('drive'))],
    ['with a slash', () => promises.readdir(`${folder('drive')}/`)],
    ['with dots', () => promises.stat(folder('other/../drive/photos/../bare'))],
    ['bytes', () => promises.stat(Buffer.from(folder('drive/bare')))],
    ['a URL', () => promises.stat(pathToFileURL(folder('drive/bare')))],
    ['open', () => promises.open(folder('drive/bare'))],
    ['readFile', () => promises.readFile(folder('drive/bare'))],
    ['writeFile', () => promises.writeFile(folder('drive/new'), 'x')],
    ['mkdir', () => promises.mkdir(folder('drive/a/b'), { recursive: true })],
    ['rm', () => promises.rm(folder('drive/photos'), { recursive: true, force: true })],
    ['readdir, recursive', () => promises.readdir(folder('drive'), { recursive: true })],
    ['cp to it', () => promises.cp(folder('beside'), folder('drive/beside'))],
    ['rename from it', () => promises.rename(folder('drive/bare'), folder('here'))],
    ['copyFile to it', () => promises.copyFile(folder('beside'), folder('drive/beside'))],
    ['opendir', () => promises.opendir(folder('drive'))],
    ['realpath', () => promises.realpath(folder('drive/bare'))],
    ['access', () => promises.access(folder('drive/bare'))],
    ['exists, promisified', () => promisify(fs.exists)(folder('drive/bare'))],
    ['a callback', () => promisify(fs.lstat)(folder('drive/bare'))],
    [
      'a stream',
      async () => {
        for await (const _ of fs.createReadStream(folder('drive/bare'))) expect('nothing').toBe('read');
      },
    ],
  ])('%s fails', async (_, act) => {
    const error = await rejection<MountMissingError>(act());
    expect(error).toMatchObject({ ...missing, mount: folder('drive') });
    expect(error).toBeInstanceOf(MountMissingError);
    expect(error.message).toContain(
      `No file system is mounted at '${folder('drive')}', where mounts.expect()`,
    );
    expect(listPending()).toEqual([]);
  });

  it('synchronous functions fail, with a timeout or without', () => {
    for (const options of [undefined, { timeout: 1000 }]) {
      expect(thrown(() => fs.statSync(folder('drive/bare'), options))).toMatchObject(missing);
      expect(thrown(() => fs.readdirSync(folder('drive'), options))).toMatchObject(missing);
      expect(thrown(() => fs.existsSync(folder('drive/bare'), options as never))).toMatchObject(missing);
    }
    expect(thrown(() => fs.renameSync(folder('beside'), folder('drive/x')))).toMatchObject(missing);
  });

  it('relative paths fail', async () => {
    const before = process.cwd();
    process.chdir(folder());
    try {
      expect(await rejection(promises.stat('drive/bare'))).toMatchObject({
        ...missing,
        path: folder('drive/bare'),
      });
      expect(thrown(() => fs.statSync('./drive'))).toMatchObject(missing);
    } finally {
      process.chdir(before);
    }
  });

  it('paths beside it work, and the target of a new link is text', async () => {
    expect(await promises.readFile(folder('beside'), 'utf8')).toBe('content');
    mkdirSync(folder('drive2'));
    expect((await promises.stat(folder('drive2'))).isDirectory()).toBe(true);
    await promises.symlink(folder('drive/bare'), folder('link'));
    expect(await promisify(fs.exists)(folder('none'))).toBe(false);
    expect(await promisify(fs.exists)(folder('beside'))).toBe(true);
  });

  it('expect() counts, and can be taken back', async () => {
    const again = mounts.expect(folder('drive'));
    again();
    again();
    expect(await rejection(promises.stat(folder('drive/bare')))).toMatchObject(missing);
    undo();
    expect((await promises.stat(folder('drive/bare'))).isFile()).toBe(true);
  });

  it('health() reports it', async () => {
    const { ok, mounts: found } = await mounts.health({ paths: [folder('drive/photos'), folder()] });
    expect(ok).toBe(false);
    const { error } = found.find(({ mountPoint }) => mountPoint === folder('drive')) ?? {};
    expect(error).toMatchObject(missing);
    expect(found.find(({ mountPoint }) => mountPoint !== folder('drive'))?.error).toBeUndefined();
    expect((await mounts.health()).ok).toBe(false);
    expect((await mounts.health({ paths: [folder()] })).ok).toBe(true);
  });

  it('whenAvailable() waits, and ends by its timeout and by an interrupt', async () => {
    expect(await rejection(mounts.whenAvailable(folder('drive/x'), { timeout: 20 }))).toMatchObject({
      code: 'ETIMEDOUT',
    });
    const controller = new AbortController();
    const failure = failing(mounts.whenAvailable(folder('drive'), { signal: controller.signal }));
    expect(listPending().map((op) => op.fn())).toEqual(['whenAvailable']);
    controller.abort();
    expect((await failure).name).toBe('AbortError');
    expect((await mounts.whenAvailable(folder())).mountPoint).toBe(mounts.of(folder()).mountPoint);
  });

  it('the hook reads PENDINGOP_EXPECT_MOUNTS', () => {
    const script = `const fs = require('node:fs');
      fs.stat(process.argv[1], (error) => console.log(error.code));
      for (const name of ['statSync', 'existsSync', 'readdirSync'])
        try { fs[name]('drive'); console.log('found'); } catch (error) { console.log(error.code); }
      fs.writeFileSync('beside', process.argv[1]);
      fs.promises.readdir('drive').catch((error) => console.log(error.code));`;
    const flags = ['--require', join(dist, 'register.js'), '-e', script, folder('drive/bare')];
    const env = { ...process.env, PENDINGOP_EXPECT_MOUNTS: `/proc:${folder('drive')}/` };
    const said = execFileSync(process.execPath, flags, { cwd: folder(), env, encoding: 'utf8' });
    expect(said).toBe('ERR_MOUNT_MISSING\n'.repeat(5));
  });
});

describeWith('stallfs', 'an expected mount that is there', () => {
  it('works while it is mounted, and events tell when it goes and comes', async () => {
    const mounted = await StallFs.mount();
    const told: [string, string][] = [];
    const gone = (point: string): unknown => told.push(['missing', point]);
    const back = (point: string): unknown => told.push(['available', point]);
    mounts.on('mount-missing', gone).on('mount-available', back);
    const off = mounts.expect(mounted.path);
    try {
      writeFileSync(join(mounted.backing, 'file'), 'content');
      expect(await promises.readFile(join(mounted.path, 'file'), 'utf8')).toBe('content');
      expect((await mounts.whenAvailable(mounted.path, { timeout: 20_000 })).mountPoint).toBe(mounted.path);
      await mounted.deaf();
      const late = mounts.whenAvailable(mounted.path);
      const stalled = await mounts.health({ paths: [mounted.path], timeout: 100 });
      expect(stalled).toMatchObject({ ok: false, mounts: [{ mountPoint: mounted.path, stalled: true }] });
      await mounted.normal();
      await late;
      const kept = await promises.open(join(mounted.path, 'file'));
      await kept.close();
      execFileSync('umount', ['-l', mounted.path]);
      expect(await rejection(promises.stat(mounted.path))).toMatchObject(missing);
      await until(
        () => told.some(([event, point]) => event === 'missing' && point === mounted.path),
        'it is told',
      );
      execFileSync('mount', ['-t', 'tmpfs', 'none', mounted.path]);
      expect((await promises.stat(mounted.path)).isDirectory()).toBe(true);
      await until(
        () => told.some(([event, point]) => event === 'available' && point === mounted.path),
        'it is told',
      );
      execFileSync('umount', [mounted.path]);
    } finally {
      off();
      mounts.off('mount-missing', gone).off('mount-available', back);
      await mounted.unmount();
    }
  });
});
