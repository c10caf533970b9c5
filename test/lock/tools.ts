// A file to lock, and which processes have locked it.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { interrupt, listPending, type PendingOp } from '../../lib';
import { stat } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { OpenDescriptors, until } from '../fixtures/leaks';

export { dist } from '../table/tools';

export const KINDS = ['flock', 'fcntl'] as const;
export type Kind = (typeof KINDS)[number];

/** A file for each test; afterwards nothing is open or locked that was not before. */
export function withFile(): () => string {
  let before: OpenDescriptors;
  afterEach(async () => {
    await before.closed();
    expect(locksOn(folder('file'))).toEqual([]);
  });
  const folder = withFolder('lock');
  beforeEach(async () => {
    writeFileSync(folder('file'), 'content');
    // The first call opens descriptors that stay.
    await stat(folder());
    before = new OpenDescriptors();
  });
  return () => folder('file');
}

/** Returns the lines of /proc/locks of a file, such as `FLOCK ADVISORY WRITE 0 EOF`. `->` stands before one that waits. */
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

/** Waits until `count` calls wait in the kernel for a lock, and returns them. */
export async function waiters(count = 1): Promise<PendingOp[]> {
  const found = (): PendingOp[] => listPending().filter((op) => op.call === 'flock' || op.call === 'fcntl');
  await until(() => found().length === count, `${count} calls wait for a lock`);
  return found();
}

/** Interrupts everything pending. The kernel returns EINTR for each. */
export async function endAll(): Promise<void> {
  const reports = await interrupt(listPending(), { grace: 60_000 });
  for (const { outcome } of reports) expect(outcome).toBe('interrupted');
}

/** Whether another program, flock(1), can get the lock. */
export function isFree(path: string): boolean {
  const { status } = spawnSync('flock', ['--nonblock', path, 'true']);
  if (status !== 0 && status !== 1) throw new Error(`flock(1) ended with ${status}`);
  return status === 0;
}
