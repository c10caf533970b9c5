// A disk in a file of a file system that stalls. The kernel's list of mounts does not say where the disk lies.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { interruptUnder, listPending, mounts } from '../../lib';
import { native } from '../../lib/engine/addon';
import { readFile, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { Child, guard, quote, run } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { Fate, UNREAD } from '../stall/place';

describeWith('mounting', 'a mounted disk', () => {
  describeWith('stallfs', 'in a file of a file system that stalls', () => {
    let far: StallFs;
    let disk: string;
    let dismiss: () => void;
    beforeEach(async () => {
      far = await StallFs.mount();
      disk = join(far.backing, '../disk');
      mkdirSync(disk);
      dismiss = guard(`umount -l ${quote(disk)}`);
      await run('truncate', ['-s', '16M', join(far.backing, 'image')]);
      await run('mkfs.ext4', ['-q', '-F', join(far.backing, 'image')]);
      await run('mount', ['-o', 'loop', join(far.path, 'image'), disk]);
      writeFileSync(join(disk, 'file'), 'content');
      await run('sync', ['-f', disk]);
      await stat(join(disk, 'file'));
      await run('/bin/sh', ['-c', 'echo 1 >/proc/sys/vm/drop_caches']);
      await far.hold('ignore', { op: 'read' });
    });
    afterEach(async () => {
      Child.killAll();
      far.abort();
      await run('umount', ['-l', disk]);
      dismiss();
      await far.unmount();
    });

    it('is no local one', async () => {
      expect(mounts.of(disk)).toMatchObject({ mountPoint: disk, type: 'ext4', remote: true });
      const fate = new Fate(readFile(join(disk, 'file')));
      await far.waitHeld(1);
      expect(listPending().map((op) => op.mount)).toEqual([disk]);
      const [report] = await interruptUnder(disk, { grace: 1000 });
      expect(report?.outcome).toBe(UNREAD);
      expect((await fate.settled).error?.op.mount).toBe(disk);
    });

    if (native.counts().killable)
      it('does not hold up the end of a process', async () => {
        const script = `require(${JSON.stringify(join(__dirname, '../../dist/fs/promises'))}).readFile(process.argv[1]);
          process.stdin.once('data', () => process.exit(7));`;
        const child = Child.node(script, [join(disk, 'file')]);
        await far.waitHeld(1);
        child.write('\n');
        expect(await child.wait()).toEqual({ code: 7, signal: null });
      });
  });
});
