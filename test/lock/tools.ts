// A file to lock, and who has locked it.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { interrupt, listPending, type PendingOp } from '../../lib';
import { stat } from '../../lib/fs/promises';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { temporary } from '../fixtures/mounts';

export { dist } from '../table/tools';

export const KINDS = ['flock', 'fcntl'] as const;
export type Kind = (typeof KINDS)[number];

/** A file for each test; afterwards nothing is open or locked that was not before. */
export function withFile(): () => string {
  let folder = '';
  let before: OpenDescriptors;
  beforeEach(async () => {
    folder = await temporary('lock');
    writeFileSync(join(folder, 'file'), 'content');
    // What the first call of all makes once, and keeps.
    await stat(folder);
    before = new OpenDescriptors();
  });
  afterEach(async () => {
    await before.closed();
    expect(locksOn(join(folder, 'file'))).toEqual([]);
    await rm(folder, { recursive: true });
  });
  return () => join(folder, 'file');
}

/** What the kernel says of a file: lines of /proc/locks such as `FLOCK ADVISORY WRITE 0 EOF`, `->` before who waits. */
export function locksOn(path: string): string[] {
  const inode = `:${statSync(path).ino} `;
  const lines = readFileSync('/proc/locks', 'latin1').split('\n');
  return lines
    .filter((line) => line.includes(inode))
    .map((line) =>
      line
        .replace(/^\d+: /, '')
        .replace(/ \S+ \S+:\S+:\d+ /, ' ')
        .replace(/ +/g, ' ')
        .trim(),
    );
}

/** The calls that wait in the kernel for a lock, once there are so many. */
export async function waiters(count = 1): Promise<PendingOp[]> {
  const found = (): PendingOp[] => listPending().filter((op) => op.call === 'flock' || op.call === 'fcntl');
  await until(() => found().length === count, `${count} calls wait for a lock`);
  return found();
}

/** Everything pending, given up by the kernel. */
export async function endAll(): Promise<void> {
  const reports = await interrupt(listPending(), { grace: 60_000 });
  for (const { outcome } of reports) expect(outcome).toBe('interrupted');
}

/** Whether another program would get the lock: util-linux's flock(1). */
export function isFree(path: string): boolean {
  const { status } = spawnSync('flock', ['--nonblock', path, 'true']);
  if (status !== 0 && status !== 1) throw new Error(`flock(1) ended with ${status}`);
  return status === 0;
}
