// What the Node in use does otherwise than Node 20, each difference once, by the releases that it came with: functions of
// node:fs may be somebody else's by now, so nobody asks them. test/compare/versions.test.ts compares the table with the
// text of Node's functions, under each Node that the tests run with.
import { once } from '../util/once';
import { statSync } from './original';
import { sources } from './sources';

type Release = readonly [major: number, minor: number];

const releaseOf = (version: string): Release => version.split('.').map(Number) as unknown as Release;

/** Whether this is one of the releases or later; each but the last stands for its own line only. */
function since([major, minor]: Release, ...releases: Release[]): boolean {
  const last = releases.at(-1) as Release;
  return releases.some(
    (first) => (major === first[0] && minor >= first[1]) || (first === last && major > first[0]),
  );
}

const NODE = releaseOf(process.versions.node);
const UV = releaseOf(process.versions.uv);

/** 24.15: stat() with `throwIfNoEntry: false` results in undefined for what is not there, as statSync() always did. */
export const statForgives = since(NODE, [24, 15], [25, 7]);

/** 24.19: readFile() has an option `buffer`. */
export const readsIntoBuffer = since(NODE, [24, 19], [26, 4]);

/**
 * What a FileHandle refuses while the permission model is on, by the names of system calls. The functions on
 * descriptors refuse all of them in each version.
 */
export const refusesOnHandles: readonly string[] =
  NODE[0] >= 24
    ? ['fchmod', 'fchown', 'fdatasync', 'fsync', 'futime']
    : NODE[0] >= 22
      ? ['fchmod', 'fchown', 'futime']
      : ['fchmod', 'fchown'];

/** 24: symlink() looks at the type before it looks at the paths, and takes no other. */
export const symlinkTypeFirst = since(NODE, [24, 0]);

/** Up to 22 truncate() takes a descriptor, and warns. */
export const truncatesDescriptors = !since(NODE, [23, 0]);

/** 22.15: a byte stream whatever `type` is; other types get a warning. */
export const streamsBytesOnly = since(NODE, [22, 15], [23, 8]);

/** 24: the length of a read is cut to 32 bits, and looked at before the position is. */
export const cutsLengths = since(NODE, [24, 0]);

/** Up to 22.17, mkdir() with `recursive` that finds no space looks at what is there, and says that instead. */
export const looksWhenFull = !since(NODE, [22, 18], [24, 3]);

/** 26: rmdir() has no `recursive` any more, and says so. */
export const refusesRecursiveRmdir = since(NODE, [26, 0]);

/** 26: promises.readFile() opens and reads in one trip: its errors name the path, and nothing is decoded to nothing. */
export const readsInOneTrip = since(NODE, [26, 0]);

/** 26: promises.writeFile(), too, where it is not to flush: to it, a view whose memory is gone has no bytes. */
export const writesInOneTrip = since(NODE, [26, 0]);

/** 26: stat(), lstat() and stat() of a handle look at their options, before the path. */
export const statChecksOptions = since(NODE, [26, 0]);

/** 26: readdir() with `recursive` is native: level by level, names in bytes, paths as they were given. */
export const listsNatively = since(NODE, [26, 0]);

/** 26: rm() looks at `force` first. */
export const forceFirst = since(NODE, [26, 0]);

/** 24: rmSync() with `recursive` and `force` takes what leads through a file for gone; without either it does not. */
export const rmSyncForgivesFiles = since(NODE, [24, 0]);

/** 21: FileHandle.read() refuses a position that can be none, where it used to read at the current one. */
export const refusesPositions = since(NODE, [21, 0]);

/** 22: a position is looked at even if nothing is to be read, and what is read must end where an offset can be. */
export const limitsPositions = since(NODE, [22, 0]);

/** 22.17: read() of a closed Dir rejects; it used to throw, as with a callback it still does. */
export const closedDirRejects = since(NODE, [22, 17], [24, 2]);

/**
 * How seconds become nanoseconds, as libuv does it; the numbers are those of binding/ops/status.cc. 0: to the
 * microsecond. 1, libuv 1.51: and infinite is now, NaN (an invalid Date) leaves the time as it is. 2, libuv 1.52: and
 * to the nanosecond.
 */
export const timeRules = since(UV, [1, 52]) ? 2 : since(UV, [1, 51]) ? 1 : 0;

/** 22: `throwIfNoEntry: false` of statSync() covers paths that lead through a file. */
export const statSyncForgivesFiles = once(() => {
  try {
    return statSync('/dev/null/x', { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
});

/** 22: promises.watch() keeps the events that nobody has asked for yet, `maxQueue` of them. */
export const watchQueues = since(NODE, [22, 0]);

/** Where Node does not show its text: `major` and later have it. */
const sourceSays = (part: string, text: string, major = 24): boolean =>
  sources([part])?.[0]?.includes(text) ?? NODE[0] >= major;

const copySays = (text: string, major?: number): boolean => sourceSays('internal/fs/cp/cp', text, major);

/** 24, late: watch() takes what to `ignore`. */
export const watchIgnores = once(() => sourceSays('internal/fs/watchers', 'function createIgnoreMatcher('));

/** 22: cp() with `errorOnExist` and without `force` refuses a directory that is there, too. */
export const cpRefusesDirectories = once(() => copySays('if (opts.errorOnExist && !opts.force) {'));

/** 24: only a link to a directory can be a link into itself. */
export const cpAllowsFileLinks = once(() => copySays('if (srcIsDir && isSrcSubdir('));

/** 24: cp() with `preserveTimestamps` keeps those of directories, too. */
export const cpKeepsDirectoryTimes = once(() =>
  copySays('await copyDir(src, dest, opts);\n  if (opts.preserveTimestamps)'),
);

/** 26: cp() copies a directory to where nothing is in native code, without a filter, links to follow or permissions. */
export const cpCopiesNatively = once(() => copySays('copyDirNative', 26));

/** 22: readdir() with `recursive` and types follows links to directories; that of the promises never does. */
export const typedListingFollowsLinks = once(() =>
  sourceSays('fs', 'dirent.isDirectory() || binding.internalModuleStat('),
);
