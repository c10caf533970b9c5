// A user who is not root can abort a FUSE file system that the user has mounted.
import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist } from '../table/tools';

const NOBODY = 65534;

/**
 * Without udev only root may open /dev/fuse (devtmpfs makes it with mode 0600), and fusermount3 opens it as the user. In that
 * case the namespace gets its own node, on a tmpfs, because /tmp may be `nodev`. The machine's node is not changed.
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

  it('frees the calls that are stuck', async () => {
    // Only root can become another user. Another user tries the same in the tests of abort().
    if (process.getuid?.() !== 0) return;
    await inFolder('user', async (folder) => {
      // A place that the user can read.
      const stallfs = folder('stallfs');
      copyFileSync(StallFs.binary, stallfs);
      chmodSync(stallfs, 0o755);
      const devices = folder('devices');
      mkdirSync(devices);
      for (const name of ['', 'mount', 'backing']) {
        const path = folder(name);
        if (name !== '') mkdirSync(path);
        chownSync(path, NOBODY, NOBODY);
      }
      // In a namespace of its own: the mounts end with its last process.
      const shell = `${OPEN_FUSE}
        mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections; exec "$@"`;
      const program = [process.execPath, join(__dirname, 'programs/user.cjs'), dist, stallfs, folder()];
      const child = Child.start('unshare', [
        ...['-m', '--propagation', 'private', 'sh', '-ec', shell, devices],
        ...program,
        String(NOBODY),
      ]);
      await child.wait();
      expect([child.stdout, child.stderr]).toEqual(['abandoned ECONNABORTED\nmounted true\n', '']);
    });
  });
});
