// stat, lstat, statfs and fstat. They are the most frequent functions, so startStat() is written out, where other
// functions are made from a request.
import type { BigIntStats, BigIntStatsFs, Stats, StatsFs } from 'node:fs';
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code } from '../../engine/codes';
import { setBigInts } from '../../engine/operands';
import { statChecksOptions } from '../../node/version';
import type { FileOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { validateObject } from '../../validate/values';
import { bigIntStatsFrom, statFsFrom, statsFrom } from '../results/stats';
import { descriptorCall, FILE, PATH, type Path, pathCall } from './request';

/** The two types of a function that reads a status: with numbers, and with bigints. */
export interface Asking<N, B> {
  readonly numbers: CallType<N>;
  readonly bigints: CallType<B>;
}

type Head = Omit<CallType<unknown>, 'result'>;

const stats = (done: Completion): Stats => statsFrom(done.numbers(), done.at);
const bigStats = (done: Completion): BigIntStats => bigIntStatsFrom(done.bigints(), done.at);

const asking = (head: Head): Asking<Stats, BigIntStats> => ({
  numbers: { ...head, result: stats },
  bigints: { ...head, result: bigStats },
});

export const STAT = asking({ fn: 'stat', code: Code.stat, syscall: 'stat', kind: PATH, changes: false });
export const LSTAT = asking({ fn: 'lstat', code: Code.lstat, syscall: 'lstat', kind: PATH, changes: false });
export const FSTAT = asking({ fn: 'fstat', code: Code.fstat, syscall: 'fstat', kind: FILE, changes: false });

const STATFS_HEAD = { fn: 'statfs', code: Code.statfs, syscall: 'statfs', kind: PATH, changes: false };
export const STATFS: Asking<StatsFs, BigIntStatsFs> = {
  numbers: { ...STATFS_HEAD, result: (done) => statFsFrom(done.numbers(), done.at) },
  bigints: { ...STATFS_HEAD, result: (done) => statFsFrom(done.bigints(), done.at) },
};

/** Returns whether stat() with `throwIfNoEntry: false` resolves to undefined instead of failing with this error. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const wantsBigInts = (options: unknown): boolean =>
  // For null this throws the TypeError that Node's function throws.
  options !== undefined && (options as FileOptions).bigint === true;

/** Makes a call on a path that has been checked. */
export function statCall<N, B>(
  { numbers, bigints }: Asking<N, B>,
  path: Path,
  shown: readonly unknown[],
  options: unknown,
): Call<N | B> {
  if (!wantsBigInts(options)) return pathCall<N | B>(numbers, path, shown, options);
  const call = pathCall<N | B>(bigints, path, shown, options);
  setBigInts(call);
  return call;
}

export function fstatCall(
  fd: unknown,
  shown: readonly unknown[],
  options: unknown,
): Call<Stats | BigIntStats> {
  const wanted = wantsBigInts(options);
  const type: CallType<Stats | BigIntStats> = wanted ? FSTAT.bigints : FSTAT.numbers;
  const call = descriptorCall(type, fd, shown, options);
  if (wanted) setBigInts(call);
  return call;
}

/** stat() of a FileHandle, which sets the descriptor of the call when it starts it. */
export function handleStatCall(
  { numbers, bigints }: Asking<Stats, BigIntStats>,
  shown: readonly unknown[],
  options: unknown,
): Call<Stats | BigIntStats> {
  if (statChecksOptions && options !== undefined) validateObject(options, 'options');
  const wanted = wantsBigInts(options);
  const type: CallType<Stats | BigIntStats> = wanted ? bigints : numbers;
  const call = new Call(type, shown, options as FileOptions | undefined);
  if (wanted) setBigInts(call);
  return call;
}

const isOfFileSystem = (asking: Asking<unknown, unknown>): boolean => asking.numbers.code === Code.statfs;

/** Does not throw: invalid arguments are a rejection. */
export function startStat<N, B>(asking: Asking<N, B>, path: unknown, options: unknown): Promise<N | B> {
  try {
    if (statChecksOptions && options !== undefined && !isOfFileSystem(asking))
      validateObject(options, 'options');
    const valid = validPath(path);
    if (options === undefined) return pathCall(asking.numbers, valid, [path], undefined).start();
    return statCall(asking, valid, [path, options], options).start();
  } catch (error) {
    return Promise.reject(error);
  }
}
