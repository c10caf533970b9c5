// A mount that stalls while a package works on it: interruptUnder() frees it, and the package's own promise rejects.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { StallFs, type StallOp } from '../fixtures/stallfs';

const hook = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/stalled.mjs');

describeWith('stallfs', 'a stalled mount under', () => {
  let fs: StallFs;

  afterEach(() => fs.unmount());
  const elsewhere = withFolder('packages');
  beforeEach(async () => {
    fs = await StallFs.mount();
    await fs.directIo(true);
    mkdirSync(join(fs.backing, 'tree/deep'), { recursive: true });
    for (const name of ['tree/one', 'tree/deep/two']) writeFileSync(join(fs.backing, name), name);
  });

  test.each<[string, StallOp, string, string]>([
    ['fs-extra', 'read', '/tree/one', 'rejected'],
    ['tar', 'read', '/tree/one', 'rejected'],
    ['rimraf', 'unlink', '/tree', 'rejected'],
    // This package takes a folder that cannot be read for an empty one, whatever the error.
    ['glob', 'opendir', '/tree', 'resolved'],
  ])('%s, stuck in %s', async (name, op, path, fate) => {
    await fs.hold('honour', { op, path });
    const child = Child.start(process.execPath, ['--require', hook, program, name, fs.path, elsewhere()]);
    await fs.waitHeld(1, { op, path });
    // Interrupts only the calls that wait: the package's next calls should succeed.
    await fs.pass({ op, path });
    child.write('free\n');
    const { code } = await child.exited;
    expect({ code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
    const [is, error, left] = JSON.parse(child.stdout);
    expect(is).toBe(fate);
    if (fate === 'rejected') expect([error, left]).toEqual(['EINTR', 0]);
  });
});
