// mounts.health(): whether what a program depends on answers, for a readiness probe.
import type { PathLike } from 'node:fs';
import { validateNames, validateTimeout } from '../validate/values';
import type { Mount } from './index';
import { type MountUsage, statfs } from './usage';

export interface HealthOptions {
  /** What the program needs. Default: every mount that depends on a server or a daemon. */
  paths?: Iterable<PathLike> | undefined;
  /** ms that each mount has for its answer. Default: 1000. */
  timeout?: number | undefined;
}

export interface Health {
  /** Each of the mounts has answered. */
  readonly ok: boolean;
  readonly mounts: readonly MountUsage[];
}

const OPTIONS = new Set(['paths', 'timeout']);

/** @internal `list` and `of` are those of `mounts`. */
export async function health(
  list: () => readonly Mount[],
  of: (path: PathLike) => Mount,
  options: HealthOptions = {},
): Promise<Health> {
  validateNames(options, OPTIONS);
  const { paths, timeout } = options;
  validateTimeout(timeout);
  const needed = new Map<string, Mount>();
  const chosen =
    paths === undefined ? list().filter(({ canInterrupt }) => canInterrupt !== 'signal') : [...paths].map(of);
  for (const mount of chosen) needed.set(mount.mountPoint, mount);
  const usages = await statfs([...needed.values()], timeout === undefined ? {} : { timeout });
  return { ok: usages.every(({ stalled, error }) => !stalled && error === undefined), mounts: usages };
}
