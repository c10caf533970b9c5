// stat, lstat, statfs: the hot ones. Nothing here is async: what is wrong with the arguments becomes a rejection.
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
import type { CallType, Completion } from '../../call/type';
import { Code } from '../../engine/codes';
import { statForgives } from '../../node/version';
import type { FileOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { bigIntStatsFrom, statFsFrom, statsFrom } from '../results/stats';
import { PATH, pathCall } from './path-call';

const stats = (done: Completion): Stats => statsFrom(done.numbers(), done.at);
const bigStats = (done: Completion): BigIntStats => bigIntStatsFrom(done.bigints(), done.at);

const STAT = { fn: 'stat', code: Code.stat, syscall: 'stat', kind: PATH, changes: false };
const LSTAT = { fn: 'lstat', code: Code.lstat, syscall: 'lstat', kind: PATH, changes: false };
const STATFS = { fn: 'statfs', code: Code.statfs, syscall: 'statfs', kind: PATH, changes: false };

export const STAT_NUMBERS: CallType<Stats> = { ...STAT, result: stats };
export const STAT_BIGINTS: CallType<BigIntStats> = { ...STAT, result: bigStats };
export const LSTAT_NUMBERS: CallType<Stats> = { ...LSTAT, result: stats };
export const LSTAT_BIGINTS: CallType<BigIntStats> = { ...LSTAT, result: bigStats };
export const STATFS_NUMBERS: CallType<StatsFs> = {
  ...STATFS,
  result: (done) => statFsFrom(done.numbers(), done.at),
};
export const STATFS_BIGINTS: CallType<BigIntStatsFs> = {
  ...STATFS,
  result: (done) => statFsFrom(done.bigints(), done.at),
};

/** What stat() does not call an error with `throwIfNoEntry: false`. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function nothingIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

// null is refused by the property access itself, with the same TypeError as in Node.
function launch<N, B>(
  numbers: CallType<N>,
  bigints: CallType<B>,
  path: PathLike,
  options: unknown,
): Promise<N | B> {
  try {
    const valid = validPath(path);
    if (options === undefined) return pathCall(numbers, valid, [path], undefined).start();
    const args = [path, options];
    if ((options as FileOptions).bigint !== true) return pathCall(numbers, valid, args, options).start();
    const call = pathCall(bigints, valid, args, options);
    call.i0 = 1;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What the path, with links followed, is. */
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
  const found = launch(STAT_NUMBERS, STAT_BIGINTS, path, options);
  const forgives = statForgives && (options as StatSyncOptions | undefined)?.throwIfNoEntry === false;
  return forgives ? (found.catch(nothingIfMissing) as typeof found) : found;
}

/** What the path itself, should it be a link, is. */
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
  return launch(LSTAT_NUMBERS, LSTAT_BIGINTS, path, options);
}

/** The figures of the file system that the path is on. */
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
  return launch(STATFS_NUMBERS, STATFS_BIGINTS, path, options);
}
