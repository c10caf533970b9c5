// The cost of a call does not depend on which mounts a system has.
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const CALLS = 1000;

/** Prints how many reads the process makes for `CALLS` calls. */
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

/** Returns the output of a program that runs while a shell has a mount at "$0". */
function beside(mount: string, program: string): Promise<number> {
  return inFolder('inline-mount', async (place) => {
    const node = [process.execPath, '-e', program, dist];
    const child = Child.start('unshare', ['-m', 'sh', '-c', `${mount} && exec "$@"`, place(), ...node]);
    const { code } = await child.exited;
    expect([code, child.stderr]).toEqual([0, '']);
    return Number(child.stdout);
  });
}

describeWith('mounting', 'a mount of', () => {
  // systemd mounts these. FUSE and NFS mounts are what the package is for.
  it.each(['fusectl', 'ramfs'])('%s is known to answer from memory', async (type) => {
    // If each call had to ask for the mount of its descriptor, there would be a read for each.
    expect(await beside(`mount -t ${type} none "$0"`, programOf('stat(process.execPath)'))).toBeLessThan(
      CALLS / 2,
    );
  });

  it('with a fuse mount, calls on descriptors of other code do not read /proc each time', async () => {
    const mount =
      'exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0"';
    const reads = await beside(mount, programOf('read(fd, byte, 0, 1, 0)'));
    // The count includes the reads of the calls themselves.
    expect(reads).toBeGreaterThanOrEqual(CALLS);
    expect(reads).toBeLessThan(1.5 * CALLS);
  });
});
