// Mounts that are made of others: calls on them wait for those, and ps and abort say so.
import fs, { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { remoteBeneath } from '../../lib/cli/process/beneath';
import { MountList } from '../../lib/cli/process/mount-list';
import { describeWith } from '../fixtures/available';
import { run } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { json, killAllAfterwards, pendingop, seen, start } from './tools';

describe('beneath a mount', () => {
  const list = new MountList(
    `21 1 8:1 / / rw - ext4 /dev/sda rw
22 21 0:40 / /remote rw - nfs4 nas:/x rw
23 21 0:41 / /far:a,b rw - fuse.sshfs h: rw
31 21 0:51 / /one rw - overlay overlay rw,lowerdir=/usr:/remote/lower,upperdir=/up,workdir=/work
32 21 0:52 / /two rw - overlay overlay rw,lowerdir=/usr:/far\\134:a\\054b/x::/data,upperdir=/up,workdir=/work
33 21 0:53 / /three rw - overlay overlay rw,lowerdir+=/one/x,upperdir=/up,workdir=/work
34 21 0:54 / /local rw - overlay overlay rw,lowerdir=/usr,upperdir=/up,workdir=/remote/work
36 21 0:56 / /encrypted rw - ecryptfs /remote/.private rw
35 21 0:55 / /itself rw - overlay overlay rw,lowerdir=/itself/x,upperdir=/up,workdir=/work`,
  );
  it.each([
    ['/remote', '/remote'],
    ['/one', '/remote'],
    ['/two', '/far:a,b'],
    ['/three', '/remote'],
    ['/encrypted', '/remote'],
    ['/local', undefined],
    ['/itself', undefined],
    ['/', undefined],
  ])('%s there is %s', (point, remote) => {
    const mount = list.ofPath(point);
    expect(mount?.mountPoint).toBe(point);
    expect(mount && remoteBeneath(mount, list)?.mountPoint).toBe(remote);
  });

  it('is looked for once for all waits there', () => {
    const disks = new MountList('21 1 253:7000 / / rw - ext4 /dev/none rw');
    const root = disks.ofPath('/');
    const reads = jest.spyOn(fs, 'readFileSync');
    const looks = jest.spyOn(fs, 'readdirSync');
    try {
      for (let wait = 0; wait < 10; wait++) expect(root && remoteBeneath(root, disks)).toBeUndefined();
      expect([reads.mock.calls.length, looks.mock.calls.length]).toEqual([2, 1]);
    } finally {
      reads.mockRestore();
      looks.mockRestore();
    }
  });
});

describeWith('stallfs', 'a FUSE file system that stalls', () => {
  describeWith('mounting', 'beneath', () => {
    killAllAfterwards();

    /**
     * What ps says of the file of a mount that lies on the file system, which holds requests, what doctor says of the
     * mount, and what abort does.
     */
    async function told(fs: StallFs, place: string, type: string): Promise<void> {
      const { pid } = await start('plain.cjs', ['pool', join(place, 'file'), '2']);
      const { verdicts } = await seen(pid, ({ waits }) => waits.length === 2);
      expect(verdicts).toEqual([
        expect.objectContaining({
          place,
          text: expect.stringContaining(
            ` that lies on ${fs.path}: fuse.stallfs, its daemon not answering for `,
          ),
        }),
      ]);
      expect(verdicts[0]?.advice[0]).toContain(`npx pendingop abort ${fs.path} `);
      const findings = await json<{ what: string; text: string }[]>(['doctor']);
      const [finding, ...more] = findings.filter(({ text }) => text.startsWith(`${place} `));
      expect([finding?.what, more]).toEqual(['mount', []]);
      expect(finding?.text).toContain(`${place} (${type} that lies on ${fs.path}, fuse.stallfs): `);
      expect(finding?.text).toContain(`; \`pendingop abort ${fs.path}\` ends all of them, for `);
      const refused = await pendingop(['abort', place]);
      expect([refused.code, refused.stderr]).toEqual([
        3,
        expect.stringContaining(`lies on '${fs.path}' (fuse.stallfs), for which its calls wait: abort that`),
      ]);
      expect((await pendingop(['abort', fs.path])).code).toBe(0);
      await seen(pid, ({ waits }) => waits.length === 0);
    }

    it('an overlay', async () => {
      const fs = await StallFs.mount();
      const place = join(fs.backing, '../merged');
      try {
        writeFileSync(join(fs.backing, 'file'), 'x');
        for (const name of ['upper', 'work', 'merged']) mkdirSync(join(fs.backing, '..', name));
        const folder = join(fs.backing, '..');
        const layers = `lowerdir=${fs.path},upperdir=${folder}/upper,workdir=${folder}/work`;
        await run('mount', ['-t', 'overlay', 'overlay', '-o', layers, place]);
        await fs.hold('ignore', { op: 'lookup', path: '/file' });
        await told(fs, place, 'overlay');
      } finally {
        fs.abort();
        await run('umount', ['-l', place]);
        await fs.unmount();
      }
    });

    it('a disk', async () => {
      const fs = await StallFs.mount();
      const place = join(fs.backing, '../place');
      try {
        mkdirSync(place);
        await run('truncate', ['-s', '16M', join(fs.backing, 'image')]);
        await run('mkfs.ext4', ['-q', '-F', join(fs.backing, 'image')]);
        await run('mount', ['-o', 'loop', join(fs.path, 'image'), place]);
        writeFileSync(join(place, 'file'), 'a'.repeat(1000));
        await run('sync', ['-f', place]);
        await run('/bin/sh', ['-c', 'echo 3 >/proc/sys/vm/drop_caches']);
        await fs.hold('ignore', { op: 'read' });
        await told(fs, place, 'ext4');
      } finally {
        fs.abort();
        await run('umount', ['-l', place]);
        await fs.unmount();
      }
    });
  });
});
