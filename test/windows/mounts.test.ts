// mounts on Windows. scripts/wine.mjs runs this.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listPending, mounts } from '../../lib';
import { readdir, readFile, stat, writeFile } from '../../lib/fs/promises';

/** A share that this program may write to. In wine it is a folder. */
const share = process.env.PENDINGOP_SHARE as string;

test('the drives, as Windows names them, without a look at them', () => {
  const temporary = path.parse(os.tmpdir()).root;
  const list = mounts.list();
  expect(list.map(({ mountPoint }) => mountPoint)).toContain(temporary);
  for (const mount of list) {
    expect(mount.mountPoint).toMatch(/^([A-Z]:|\\\\[^\\]+\\[^\\]+)\\$/);
    expect(mount.source).not.toBe('');
    expect(mount).toMatchObject({ state: 'ok', stuck: 0, pending: 0 });
  }
  expect(mounts.of(os.tmpdir())).toMatchObject({
    mountPoint: temporary,
    remote: false,
    canInterrupt: 'signal',
  });
  expect(mounts.of('.').mountPoint).toBe(path.parse(process.cwd()).root);
  expect(mounts.of(Buffer.from(os.tmpdir().toLowerCase())).mountPoint).toBe(temporary);
  expect(() => mounts.of('\\\\.\\pipe\\x')).toThrow(expect.objectContaining({ code: 'ERR_MOUNT_UNKNOWN' }));
});

test('their usage', async () => {
  const usages = await mounts.statfs({ timeout: 10_000 });
  const own = usages.find(({ mountPoint }) => mountPoint === path.parse(os.tmpdir()).root);
  const { bsize, blocks } = fs.statfsSync(os.tmpdir());
  expect(own).toMatchObject({ stalled: false, size: bsize * blocks });
  expect(own?.used).toBeGreaterThan(0);
});

test('a share is in the list from when a path led there, and is remote', async () => {
  const other = '\\\\other\\share\\';
  const points = () => mounts.list().map(({ mountPoint }) => mountPoint);
  expect(points()).not.toContain(other);
  expect(mounts.of(`${other}x\\y`)).toMatchObject({
    ...{ mountPoint: other, type: 'unc', source: '\\\\other\\share', remote: true, canInterrupt: 'signal' },
  });
  expect(points()).toContain(other);
  expect(points()).not.toContain(share);
  await writeFile(`${share}file`, 'content');
  expect(points()).toContain(share);
  expect(await readFile(`${share.toUpperCase().replaceAll('\\', '/')}file`, 'utf8')).toBe('content');
  expect(await readdir(share)).toContain('file');
  const call = stat(`${share}file`);
  expect(listPending({ mount: share })).toHaveLength(1);
  expect(mounts.of(share).pending).toBe(1);
  await call;
  fs.unlinkSync(`${share}file`);
  expect(points().filter((point) => point.toLowerCase() === share)).toHaveLength(1);
});

test('the health of those that a program needs', async () => {
  const { ok, mounts: asked } = await mounts.health({ paths: [os.tmpdir(), share], timeout: 10_000 });
  expect(ok).toBe(true);
  expect(asked.map(({ mountPoint }) => mountPoint)).toEqual([path.parse(os.tmpdir()).root, share]);
  const all = await mounts.health({ timeout: 10_000 });
  expect(all.mounts.map(({ mountPoint }) => mountPoint)).toContain(share);
});

test('an expected drive that is not there', async () => {
  const letters = mounts.list().map(({ mountPoint }) => mountPoint[0]);
  const letter = [...'QRSTUVWX'].find((one) => !letters.includes(one)) as string;
  const expected = mounts.expect(`${letter.toLowerCase()}:\\`);
  try {
    const failed = await stat(`${letter}:\\file`).catch((error) => error);
    expect(failed).toMatchObject({ code: 'ERR_MOUNT_MISSING' });
    const root = mounts.expect(path.parse(os.tmpdir()).root.toLowerCase());
    expect((await stat(os.tmpdir())).isDirectory()).toBe(true);
    root();
  } finally {
    expected();
  }
});

test('what cannot be aborted', async () => {
  await expect(mounts.abort(share)).rejects.toMatchObject({ code: 'ENOTSUP' });
  await expect(mounts.abort('C:\\windows')).rejects.toMatchObject({ code: 'EINVAL' });
});
