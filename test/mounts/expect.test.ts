// Mounts that are expected: what is unavailable is not deleted.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listPending, MountMissingError, mounts } from '../../lib';
import * as fs from '../../lib/fs';
import * as promises from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { dist, failing, rejection, thrown } from '../table/tools';

let folder: string;
let undo: () => void;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'expect-'));
  mkdirSync(join(folder, 'drive/photos'), { recursive: true });
  writeFileSync(join(folder, 'drive/bare'), 'no');
  writeFileSync(join(folder, 'beside'), 'content');
  undo = mounts.expect(join(folder, 'drive'));
});
afterEach(() => {
  undo();
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);
const missing = { code: 'ERR_MOUNT_MISSING', name: 'MountMissingError' };

describe('while an expected mount is missing', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['stat', () => promises.stat(at('drive/bare'))],
    ['of the mount point itself', () => promises.readdir(at('drive'))],
    ['with a slash', () => promises.readdir(`${at('drive')}/`)],
    ['with dots', () => promises.stat(at('other/../drive/photos/../bare'))],
    ['bytes', () => promises.stat(Buffer.from(at('drive/bare')))],
    ['a URL', () => promises.stat(pathToFileURL(at('drive/bare')))],
    ['open', () => promises.open(at('drive/bare'))],
    ['readFile', () => promises.readFile(at('drive/bare'))],
    ['writeFile', () => promises.writeFile(at('drive/new'), 'x')],
    ['mkdir', () => promises.mkdir(at('drive/a/b'), { recursive: true })],
    ['rm', () => promises.rm(at('drive/photos'), { recursive: true, force: true })],
    ['readdir, recursive', () => promises.readdir(at('drive'), { recursive: true })],
    ['cp to it', () => promises.cp(at('beside'), at('drive/beside'))],
    ['rename from it', () => promises.rename(at('drive/bare'), at('here'))],
    ['copyFile to it', () => promises.copyFile(at('beside'), at('drive/beside'))],
    ['opendir', () => promises.opendir(at('drive'))],
    ['realpath', () => promises.realpath(at('drive/bare'))],
    ['access', () => promises.access(at('drive/bare'))],
    ['exists, promisified', () => promisify(fs.exists)(at('drive/bare'))],
    ['a callback', () => promisify(fs.lstat)(at('drive/bare'))],
    [
      'a stream',
      async () => {
        for await (const _ of fs.createReadStream(at('drive/bare'))) expect('nothing').toBe('read');
      },
    ],
  ])('%s fails', async (_, act) => {
    const error = await rejection<MountMissingError>(act());
    expect(error).toMatchObject({ ...missing, mount: at('drive') });
    expect(error).toBeInstanceOf(MountMissingError);
    expect(error.message).toContain(`'${at('drive')}' is not mounted`);
    expect(listPending()).toEqual([]);
  });

  it('synchronous functions fail, with a timeout or without', () => {
    for (const options of [undefined, { timeout: 1000 }]) {
      expect(thrown(() => fs.statSync(at('drive/bare'), options))).toMatchObject(missing);
      expect(thrown(() => fs.readdirSync(at('drive'), options))).toMatchObject(missing);
      expect(thrown(() => fs.existsSync(at('drive/bare'), options as never))).toMatchObject(missing);
    }
    expect(thrown(() => fs.renameSync(at('beside'), at('drive/x')))).toMatchObject(missing);
  });

  it('relative paths fail', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await rejection(promises.stat('drive/bare'))).toMatchObject({
        ...missing,
        path: at('drive/bare'),
      });
      expect(thrown(() => fs.statSync('./drive'))).toMatchObject(missing);
    } finally {
      process.chdir(before);
    }
  });

  it('what lies beside it goes on, and a link is text', async () => {
    expect(await promises.readFile(at('beside'), 'utf8')).toBe('content');
    mkdirSync(at('drive2'));
    expect((await promises.stat(at('drive2'))).isDirectory()).toBe(true);
    await promises.symlink(at('drive/bare'), at('link'));
    expect(await promisify(fs.exists)(at('none'))).toBe(false);
    expect(await promisify(fs.exists)(at('beside'))).toBe(true);
  });

  it('it is counted, and taken back', async () => {
    const again = mounts.expect(at('drive'));
    again();
    again();
    expect(await rejection(promises.stat(at('drive/bare')))).toMatchObject(missing);
    undo();
    expect((await promises.stat(at('drive/bare'))).isFile()).toBe(true);
  });

  it('health() says so', async () => {
    const { ok, mounts: found } = await mounts.health({ paths: [at('drive/photos'), folder] });
    expect(ok).toBe(false);
    const { error } = found.find(({ mountPoint }) => mountPoint === at('drive')) ?? {};
    expect(error).toMatchObject(missing);
    expect(found.find(({ mountPoint }) => mountPoint !== at('drive'))?.error).toBeUndefined();
    expect((await mounts.health()).ok).toBe(false);
    expect((await mounts.health({ paths: [folder] })).ok).toBe(true);
  });

  it('whenAvailable() waits, and ends by its timeout and by an interrupt', async () => {
    expect(await rejection(mounts.whenAvailable(at('drive/x'), { timeout: 20 }))).toMatchObject({
      code: 'ETIMEDOUT',
    });
    const controller = new AbortController();
    const failure = failing(mounts.whenAvailable(at('drive'), { signal: controller.signal }));
    expect(listPending().map((op) => op.fn())).toEqual(['whenAvailable']);
    controller.abort();
    expect((await failure).name).toBe('AbortError');
    expect((await mounts.whenAvailable(folder)).mountPoint).toBe(mounts.of(folder).mountPoint);
  });

  it('the hook takes them from PENDINGOP_EXPECT_MOUNTS', () => {
    const script = `const fs = require('node:fs');
      fs.stat(process.argv[1], (error) => console.log(error.code));
      for (const name of ['statSync', 'existsSync', 'readdirSync'])
        try { fs[name]('drive'); console.log('found'); } catch (error) { console.log(error.code); }
      fs.writeFileSync('beside', process.argv[1]);
      fs.promises.readdir('drive').catch((error) => console.log(error.code));`;
    const flags = ['--require', join(dist, 'register.js'), '-e', script, at('drive/bare')];
    const env = { ...process.env, PENDINGOP_EXPECT_MOUNTS: `/proc:${at('drive')}/` };
    const said = execFileSync(process.execPath, flags, { cwd: folder, env, encoding: 'utf8' });
    expect(said).toBe('ERR_MOUNT_MISSING\n'.repeat(5));
  });
});

describeWith('stallfs', 'an expected mount that is there', () => {
  it('is used; it goes and comes with events', async () => {
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
