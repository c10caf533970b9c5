// A FUSE file system that somebody has mounted who is not root: he can abort it himself.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist } from '../table/tools';

const NOBODY = 65534;

/**
 * Without udev /dev/fuse is root's alone (devtmpfs makes it with mode 0600), and fusermount3 opens it as the user. The
 * namespace gets a node of its own in that case: the machine's stays as it is. On a tmpfs, because /tmp may be `nodev`.
 */
const OPEN_FUSE = `
case $(stat -c %a /dev/fuse) in
  *6 | *7) ;;
  *)
    mount -t tmpfs -o mode=755 none "$0"
    mknod -m 666 "$0/fuse" c 10 229
    mount --bind "$0/fuse" /dev/fuse
    ;;
esac`;

describeWith('stallfs', 'mounts.abort() by the mounting user', () => {
  afterEach(() => Child.killAll());

  it('frees what is stuck', async () => {
    // Without being root there is nobody else to become; then it is what the tests of abort() are about.
    if (process.getuid?.() !== 0) return;
    const folder = mkdtempSync(join(tmpdir(), 'user-'));
    try {
      // Where that user can read it.
      const stallfs = join(folder, 'stallfs');
      copyFileSync(StallFs.binary, stallfs);
      chmodSync(stallfs, 0o755);
      const devices = join(folder, 'devices');
      mkdirSync(devices);
      for (const name of ['', 'mount', 'backing']) {
        const path = join(folder, name);
        if (name !== '') mkdirSync(path);
        chownSync(path, NOBODY, NOBODY);
      }
      // In a namespace of its own: with its last process the mounts are gone, too.
      const shell = `${OPEN_FUSE}
        mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections; exec "$@"`;
      const program = [process.execPath, join(__dirname, 'programs/user.cjs'), dist, stallfs, folder];
      const child = Child.start('unshare', [
        ...['-m', '--propagation', 'private', 'sh', '-ec', shell, devices],
        ...program,
        String(NOBODY),
      ]);
      await child.wait();
      expect([child.stdout, child.stderr]).toEqual(['abandoned ECONNABORTED\nmounted true\n', '']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
