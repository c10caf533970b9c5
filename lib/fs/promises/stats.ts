// stat, lstat and statfs with promises.
import type {
  BigIntStats,
  BigIntStatsFs,
  PathLike,
  StatFsOptions,
  StatOptions,
  StatSyncOptions,
  Stats,
  StatsFs,
} from 'node:fs';
import { statForgives } from '../../node/version';
import type { CallOptions } from '../../validate/call-options';
import { isMissing, LSTAT, STAT, STATFS, startStat } from '../requests/stats';

function nothingIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** Returns the status of a file. Symbolic links are followed. */
export function stat(
  path: PathLike,
  options?: StatOptions & CallOptions & { bigint?: false | undefined },
): Promise<Stats>;
export function stat(
  path: PathLike,
  options: StatOptions & CallOptions & { bigint: true },
): Promise<BigIntStats>;
export function stat(path: PathLike, options?: StatOptions & CallOptions): Promise<Stats | BigIntStats>;
export function stat(path: PathLike, options?: StatOptions & CallOptions): Promise<Stats | BigIntStats> {
  const found = startStat(STAT, path, options);
  const forgives = statForgives && (options as StatSyncOptions | undefined)?.throwIfNoEntry === false;
  return forgives ? (found.catch(nothingIfMissing) as typeof found) : found;
}

/** Returns the status of a file. A symbolic link is not followed. */
export function lstat(
  path: PathLike,
  options?: StatOptions & CallOptions & { bigint?: false | undefined },
): Promise<Stats>;
export function lstat(
  path: PathLike,
  options: StatOptions & CallOptions & { bigint: true },
): Promise<BigIntStats>;
export function lstat(path: PathLike, options?: StatOptions & CallOptions): Promise<Stats | BigIntStats>;
export function lstat(path: PathLike, options?: StatOptions & CallOptions): Promise<Stats | BigIntStats> {
  return startStat(LSTAT, path, options);
}

/** Returns the size and the free space of the file system that a path is on. */
export function statfs(
  path: PathLike,
  options?: StatFsOptions & CallOptions & { bigint?: false | undefined },
): Promise<StatsFs>;
export function statfs(
  path: PathLike,
  options: StatFsOptions & CallOptions & { bigint: true },
): Promise<BigIntStatsFs>;
export function statfs(
  path: PathLike,
  options?: StatFsOptions & CallOptions,
): Promise<StatsFs | BigIntStatsFs>;
export function statfs(
  path: PathLike,
  options?: StatFsOptions & CallOptions,
): Promise<StatsFs | BigIntStatsFs> {
  return startStat(STATFS, path, options);
}
