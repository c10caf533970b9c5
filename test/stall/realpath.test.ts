// realpath() with a callback is two calls where the path does not resolve, and one to its caller.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { interruptUnder, listPending, trackPending } from '../../lib';
import * as fs from '../../lib/fs';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';

describeWith('stallfs', 'realpath with a callback', () => {
  let mount: StallFs;
  beforeAll(async () => {
    mount = await StallFs.mount();
    trackPending(true);
  });
  afterAll(async () => {
    trackPending(false);
    await mount.unmount();
  });

  it('has one timeout for both of its calls', async () => {
    const ended: string[] = [];
    const ends = (name: string) => (error: NodeJS.ErrnoException | null) => {
      ended.push(`${name} ${error?.code}`);
    };
    await mount.hold('honour', { op: 'lookup' });
    fs.realpath(`${mount.path}/missing`, { timeout: 3000 } as object, ends('realpath'));
    await mount.waitHeld(1, { path: '/missing' });
    await until(() => (listPending()[0]?.runningMs ?? 0) > 1000, 'a call of a second');
    // The first call has failed. The second one waits again, while another call has less time than was left to it at first.
    await mount.failHeld('ENOENT');
    fs.stat(`${mount.path}/other`, { timeout: 2500 } as object, ends('stat'));
    await mount.waitHeld(2);
    await until(() => ended.length === 2, 'both of them');
    expect(ended).toEqual(['realpath ETIMEDOUT', 'stat ETIMEDOUT']);
    await interruptUnder(mount.path);
    await mount.release();
    await mount.normal();
  });
});
