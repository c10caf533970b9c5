// mounts.health(): whether the mounts that a program depends on answer, for a readiness probe.
import type { PathLike } from 'node:fs';
import { MountMissingError } from '../call/errors';
import { expectedMounts, isMounted, missingAt, textOfPlace } from '../call/expected-mounts';
import { pathOfPlace, placeText, workingDirectory } from '../node/path-text';
import { validPath } from '../validate/path';
import { validateNames, validateTimeout } from '../validate/values';
import type { Mount } from './index';
import { type MountUsage, NOTHING, statfs } from './usage';

/** Options of mounts.health(): which mounts it asks, and how long it waits. */
export interface HealthOptions {
  /**
   * Paths on the mounts that the program needs.
   * @default every mount that depends on a server or a daemon, or is expected
   */
  paths?: Iterable<PathLike> | undefined;
  /**
   * ms that each mount has to answer.
   * @default 1000
   */
  timeout?: number | undefined;
}

/** What mounts.health() found. */
export interface Health {
  /** Whether each of the mounts has answered in time. */
  readonly ok: boolean;
  /** The mounts that were asked, each with its usage or its error. */
  readonly mounts: readonly MountUsage[];
}

const OPTIONS = new Set(['paths', 'timeout']);

/** The usage of an expected mount that is missing. */
const missingUsage = (place: string): MountUsage => ({
  mountPoint: textOfPlace(place),
  path: pathOfPlace(place),
  type: '',
  source: '',
  remote: false,
  canInterrupt: 'none',
  pending: 0,
  stuck: 0,
  state: 'ok',
  ...NOTHING,
  stalled: false,
  error: new MountMissingError(textOfPlace(place), 'statfs', textOfPlace(place)),
});

/** @internal `list` and `of` are the methods of `mounts`. */
export async function health(
  list: () => readonly Mount[],
  of: (path: PathLike) => Mount,
  options: HealthOptions = {},
): Promise<Health> {
  validateNames(options, OPTIONS);
  const { paths, timeout } = options;
  validateTimeout(timeout);
  const needed = new Map<string, Mount>();
  const missing = new Set(paths === undefined ? expectedMounts().filter((point) => !isMounted(point)) : []);
  const chosen = paths === undefined ? list().filter(({ remote }) => remote) : [];
  for (const path of paths ?? []) {
    const point = missingAt(validPath(path), workingDirectory());
    if (point === undefined) chosen.push(of(path));
    else missing.add(point);
  }
  for (const mount of chosen) needed.set(placeText(mount.path), mount);
  const usages = await statfs([...needed.values()], timeout === undefined ? {} : { timeout });
  for (const point of missing) usages.push(missingUsage(point));
  return { ok: usages.every(({ stalled, error }) => !stalled && error === undefined), mounts: usages };
}
