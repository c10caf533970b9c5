// What a call costs does not depend on the mounts that a system has.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const CALLS = 1000;

/** Prints how many reads of the whole process `CALLS` of a call take. */
const programOf = (call: string) => `
  const { openSync, readFileSync } = require('node:fs');
  const { promisify } = require('node:util');
  const { stat } = require(process.argv[1] + '/fs/promises');
  const read = promisify(require(process.argv[1] + '/fs').read);
  const fd = openSync(process.execPath);
  const byte = Buffer.alloc(1);
  const reads = () => Number(/^syscr: (\\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  (async () => {
    await ${call};
    const before = reads();
    for (let i = 0; i < ${CALLS}; i++) await ${call};
    console.log(reads() - before);
  })();
`;

/** What a program prints that runs beside a mount, which a shell has made at "$0". */
async function beside(mount: string, program: string): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), 'inline-mount-'));
  try {
    const node = [process.execPath, '-e', program, dist];
    const child = Child.start('unshare', ['-m', 'sh', '-c', `${mount} && exec "$@"`, place, ...node]);
    const { code } = await child.exited;
    expect([code, child.stderr]).toEqual([0, '']);
    return Number(child.stdout);
  } finally {
    rmSync(place, { recursive: true });
  }
}

describeWith('mounting', 'a mount of', () => {
  // A system with systemd has these mounted; a FUSE or an NFS mount is what the package is for.
  it.each(['fusectl', 'ramfs'])('%s, too, is known to answer from memory', async (type) => {
    // Who has to ask for the mount of each file by its descriptor, reads once for each of them.
    expect(await beside(`mount -t ${type} none "$0"`, programOf('stat(process.execPath)'))).toBeLessThan(
      CALLS / 2,
    );
  });

  it('fuse does not make calls by the descriptors of other code ask /proc for each', async () => {
    const mount =
      'exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0"';
    const reads = await beside(mount, programOf('read(fd, byte, 0, 1, 0)'));
    // The reads themselves are among them.
    expect(reads).toBeGreaterThanOrEqual(CALLS);
    expect(reads).toBeLessThan(1.5 * CALLS);
  });
});
