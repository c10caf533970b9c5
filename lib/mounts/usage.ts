// mounts.statfs(): the `df` that cannot hang.

import { currentScope } from '../call/current-scope';
import { statfs as ask } from '../fs/promises/stats';
import { argValue } from '../node/errors';
import { validateObject, validateTimeout } from '../validate/values';
import type { Mount } from './index';

/** How long mounts.statfs() waits. */
export interface UsageOptions {
  /**
   * ms that each mount has for its answer; 0 and Infinity: any time.
   * @default 1000
   */
  timeout?: number | undefined;
}

/** A mount, and what statfs(2) said of it. Sizes are in bytes; all are 0 where there was no answer. */
export interface MountUsage extends Mount {
  /** Bytes in all. */
  readonly size: number;
  /** Bytes in use. */
  readonly used: number;
  /** Bytes that are free for users who are not root. */
  readonly available: number;
  /** Files (inodes) that there can be. */
  readonly files: number;
  /** Files (inodes) that can still be created. */
  readonly filesFree: number;
  /** Whether it did not answer in time, or was not asked since too many calls are stuck on it. */
  readonly stalled: boolean;
  /** Why there was no answer. */
  readonly error?: NodeJS.ErrnoException;
}

const DEFAULT_TIMEOUT = 1000;
export const NOTHING = { size: 0, used: 0, available: 0, files: 0, filesFree: 0 };

async function usageOf(mount: Mount, timeout: number): Promise<MountUsage> {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await ask(mount.mountPoint, { timeout });
    const usage = { size: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize };
    return { ...mount, ...usage, files, filesFree: ffree, stalled: false };
  } catch (error) {
    // The end of the scope says nothing of the mount.
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
