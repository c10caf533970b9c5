// Files of a remote file system are opened by tasks that do nothing else: there are as many as opens at a time.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { open } from '../../lib/fs/promises';
import { native } from '../../lib/native';
import { describeWith } from '../fixtures/available';
import { children } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';

const { killable } = native.counts();
it('are tasks, which the portable backend has none of', () =>
  expect(killable).toBe(process.platform === 'linux' && process.env.PENDINGOP_BACKEND !== 'posix'));

const OPENS = 500;
/** Far fewer than one for each open, and more than it takes on a busy machine. */
const FEW = 25;

function openers(): number {
  return children(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'latin1') === 'pendingop-open\n';
    } catch {
      return false; // It has just left.
    }
  }).length;
}

if (killable)
  describeWith('stallfs', 'opens one after the other', () => {
    it(`${OPENS} of them take few tasks`, async () => {
      const fs = await StallFs.mount();
      try {
        writeFileSync(join(fs.backing, 'file'), '');
        for (let i = 0; i < OPENS; i++) await (await open(join(fs.path, 'file'))).close();
        expect(openers()).toBeGreaterThan(0);
        expect(openers()).toBeLessThan(FEW);
      } finally {
        await fs.unmount();
      }
    });
  });
