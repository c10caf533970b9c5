// What a call without a thread costs does not depend on the mounts that every system has.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const CALLS = 1000;

/** Prints how many reads of the whole process `CALLS` stats of a local file take. */
const program = `
  const { readFileSync } = require('node:fs');
  const { stat } = require(process.argv[1] + '/fs/promises');
  const reads = () => Number(/^syscr: (\\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  (async () => {
    await stat(process.execPath);
    const before = reads();
    for (let i = 0; i < ${CALLS}; i++) await stat(process.execPath);
    console.log(reads() - before);
  })();
`;

describeWith('mounting', 'a mount of', () => {
  // A system with systemd has these mounted; a FUSE or an NFS mount is what the package is for.
  it.each(['fusectl', 'ramfs'])('%s, too, is known to answer from memory', async (type) => {
    const place = mkdtempSync(join(tmpdir(), 'inline-mount-'));
    try {
      const script = `mount -t ${type} none "$0" && exec "$@"`;
      const node = [process.execPath, '-e', program, dist];
      const child = Child.start('unshare', ['-m', 'sh', '-c', script, place, ...node]);
      const { code } = await child.exited;
      expect([code, child.stderr]).toEqual([0, '']);
      // Who has to ask for the mount of each file by its descriptor, reads once for each of them.
      expect(Number(child.stdout)).toBeLessThan(CALLS / 2);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
