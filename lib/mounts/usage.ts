// mounts.statfs(): a `df` that does not hang.

import { currentScope } from '../call/current-scope';
import { statfs as ask } from '../fs/promises/stats';
import { argValue } from '../node/errors';
import { validateObject, validateTimeout } from '../validate/values';
import type { Mount } from './index';

/** Options of mounts.statfs(): how long it waits. */
export interface UsageOptions {
  /**
   * ms that each mount has to answer; 0 and `Infinity`: any time.
   * @default 1000
   */
  timeout?: number | undefined;
}

/** A mount, and the answer of statfs(2). Sizes are in bytes. If there was no answer, all numbers are 0. */
export interface MountUsage extends Mount {
  /** The total size in bytes. */
  readonly size: number;
  /** The bytes in use. */
  readonly used: number;
  /** The bytes that are free for users other than root. */
  readonly available: number;
  /** The number of files (inodes) that there can be. */
  readonly files: number;
  /** The number of files (inodes) that can still be created. */
  readonly filesFree: number;
  /** Whether the mount did not answer in time, or was not asked because too many calls are stuck on it. */
  readonly stalled: boolean;
  /** Why there was no answer. */
  readonly error?: NodeJS.ErrnoException;
}

const DEFAULT_TIMEOUT = 1000;
export const NOTHING = { size: 0, used: 0, available: 0, files: 0, filesFree: 0 };

async function usageOf(mount: Mount, timeout: number): Promise<MountUsage> {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await ask(mount.path, { timeout });
    const usage = { size: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize };
    return { ...mount, ...usage, files, filesFree: ffree, stalled: false };
  } catch (error) {
    // If the scope around the call has ended, the error says nothing about the mount.
    if (currentScope()?.ending !== undefined) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const stalled = code === 'ETIMEDOUT' || code === 'ERR_MOUNT_STALLED';
    return { ...mount, ...NOTHING, stalled, error: error as NodeJS.ErrnoException };
  }
}

export async function statfs(mounts: readonly Mount[], options: UsageOptions = {}): Promise<MountUsage[]> {
  validateObject(options, 'options');
  for (const key of Object.keys(options)) {
    if (key !== 'timeout')
      throw argValue('options', options, `has no option called '${key}' (known: timeout)`);
  }
  const { timeout = DEFAULT_TIMEOUT } = options;
  validateTimeout(timeout);
  return Promise.all(mounts.map((mount) => usageOf(mount, timeout)));
}
