// Mount points whose names are no UTF-8, or would move a cursor: each can be seen, told apart and ended.
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { type Mount, mounts } from '../../lib';
import { readFile, stat } from '../../lib/fs/promises';
import { json, pendingop, seen } from '../cli/tools';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { Fate } from '../stall/place';
import { LOST, NAMES, placeIn, SHOWN, shell, withNamedMounts } from './tools';

describeWith('mounting', 'a mount point of any bytes', () => {
  const { folder, fs, at } = withNamedMounts();

  const here = <T extends { mountPoint: string }>(list: readonly T[]): T[] =>
    list.filter(({ mountPoint }) => mountPoint.startsWith(`${folder()}/`));

  it('is listed with its bytes, and found by them', async () => {
    const paths = here(mounts.list()).map(({ path }) => Buffer.from(path));
    expect(paths).toEqual(NAMES.map((name) => at(name)));
    for (const name of NAMES) {
      const mount = mounts.of(at(name, 'file'));
      expect(Buffer.from(mount.path)).toEqual(at(name));
      // Text wherever text says all.
      expect(typeof mount.path).toBe(mount.mountPoint.includes(LOST) ? 'object' : 'string');
      expect(mount.mountPoint).toBe(at(name).toString());
    }
  });

  it('is asked by statfs() and health(), and waited for', async () => {
    const usages = here(await mounts.statfs());
    expect(usages.map(({ stalled, error }) => [stalled, error])).toEqual(NAMES.map(() => [false, undefined]));
    const [first, second] = [at(NAMES[0] as Buffer), at(NAMES[1] as Buffer)];
    const health = await mounts.health({ paths: [first, second] });
    expect([health.ok, health.mounts.map(({ path }) => path)]).toEqual([true, [first, second]]);
    expect((await mounts.whenAvailable(first)).path).toEqual(first);
  });

  it('can be expected, and another one of the same text does not do', async () => {
    const [first, second] = NAMES as [Buffer, Buffer];
    const undo = mounts.expect(at(first));
    const told = once(mounts, 'mount-missing');
    try {
      expect(await readFile(at(first, 'file'), 'utf8')).toBe('content');
      shell(`umount -l ${placeIn(folder(), first)}`);
      expect(await told).toEqual([at(first).toString(), at(first)]);
      await expect(stat(at(first, 'file'))).rejects.toMatchObject({ code: 'ERR_MOUNT_MISSING' });
      expect(await readFile(at(second, 'file'), 'utf8')).toBe('content');
      const { ok, mounts: asked } = await mounts.health();
      const lost = asked.filter(({ error }) => error?.code === 'ERR_MOUNT_MISSING');
      expect([ok, lost.map(({ path }) => path)]).toEqual([false, [at(first)]]);
    } finally {
      undo();
    }
    await expect(stat(at(first, 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is ended by mounts.abort(), by its bytes', async () => {
    const [first] = NAMES as [Buffer];
    await expect(mounts.abort(at(Buffer.from(LOST)))).rejects.toMatchObject({ code: 'EINVAL' });
    await fs().hold('ignore', { op: 'lookup' });
    const waits = new Fate(stat(at(first, 'x')));
    await fs().waitHeld();
    await mounts.abort((here(mounts.list())[0] as Mount).path);
    expect((await waits.settled).error?.code).toMatch(/ECONNABORTED|ENOTCONN/);
  });

  it('is shown by the commands as abort takes it', async () => {
    const words = SHOWN.map((name) => `${folder()}/${name}.`);
    for (const command of ['df', 'mounts']) {
      const { stdout } = await pendingop([command]);
      for (const word of words) expect(stdout).toContain(word);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\ufffd]/);
      const listed = here(await json<{ mountPoint: string; escaped: string }[]>([command]));
      expect(listed.map(({ mountPoint, escaped }) => [mountPoint, escaped])).toEqual(
        NAMES.map((name, i) => [at(name).toString(), words[i]]),
      );
    }
    expect((await pendingop(['doctor'])).stdout).toContain(`${words[0]} (fuse.stallfs)`);
    await fs().hold('ignore', { op: 'lookup' });
    const waits = new Fate(stat(at(NAMES[0] as Buffer, 'x')));
    await fs().waitHeld();
    // A program that knows nothing of the package hangs there.
    const plain = Child.node(
      `require('node:fs').stat(Buffer.from(process.argv[1], 'hex'), () => 0); setInterval(() => 0, 60_000)`,
      [at(NAMES[1] as Buffer, 'y').toString('hex')],
    );
    await fs().waitHeld(2);
    const { verdicts, waits: seenWaits } = await seen(plain.pid, ({ waits: all }) => all.length === 1);
    expect(verdicts[0]?.text).toContain(`on ${words[1]} (fuse.stallfs, its daemon not answering`);
    expect(verdicts[0]?.advice[0]).toContain(`npx pendingop abort '${words[1]}'   ends`);
    expect(seenWaits[0]).toMatchObject({ file: at(NAMES[1] as Buffer, 'y').toString() });
    await plain.kill();
    // The text that a shell and Node make of the bytes names neither.
    const lossy = await pendingop(['abort', at(NAMES[0] as Buffer).toString()]);
    expect([lossy.code, lossy.stderr]).toEqual([
      3,
      expect.stringContaining(`'${words[0]}' or '${words[1]}'`),
    ]);
    const done = await pendingop(['abort', words[0] as string]);
    expect([done.code, done.stdout, done.stderr]).toEqual([
      0,
      `Aborted ${words[0]}: what waited there has ended.\n`,
      '',
    ]);
    expect((await waits.settled).error?.code).toMatch(/ECONNABORTED|ENOTCONN/);
  });

  it('is taken as it is written, too, if it is text', async () => {
    for (const name of [NAMES[2], NAMES[3]] as [Buffer, Buffer]) {
      const { code, stderr } = await pendingop(['abort', at(name).toString()]);
      expect([code, stderr]).toEqual([0, '']);
    }
  });
});
