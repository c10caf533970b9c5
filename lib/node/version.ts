// How the Node in use differs from Node 20. Each difference stands here once, decided by the release that brought it:
// functions of node:fs cannot be asked, since other code may have replaced them. test/compare/versions.test.ts compares
// the table with the source text of Node's functions, under each Node that the tests run with.
import { once } from '../util/once';
import { statSync } from './original';
import { sources } from './sources';

type Release = readonly [major: number, minor: number];

const releaseOf = (version: string): Release => version.split('.').map(Number) as unknown as Release;

/**
 * Returns whether this Node is one of the releases or later. Each release but the last counts for its own major version
 * only.
 */
function since([major, minor]: Release, ...releases: Release[]): boolean {
  const last = releases.at(-1) as Release;
  return releases.some(
    (first) => (major === first[0] && minor >= first[1]) || (first === last && major > first[0]),
  );
}

const NODE = releaseOf(process.versions.node);
const UV = releaseOf(process.versions.uv);

/** 24.15: stat() with `throwIfNoEntry: false` returns undefined for a missing path, as statSync() always did. */
export const statForgives = since(NODE, [24, 15], [25, 7]);

/** 24.19: readFile() has an option `buffer`. */
export const readsIntoBuffer = since(NODE, [24, 19], [26, 4]);

/**
 * What a FileHandle refuses while the permission model is on, by the names of the system calls. The functions on
 * descriptors refuse all of them in each version.
 */
export const refusesOnHandles: readonly string[] =
  NODE[0] >= 24
    ? ['fchmod', 'fchown', 'fdatasync', 'fsync', 'futime']
    : NODE[0] >= 22
      ? ['fchmod', 'fchown', 'futime']
      : ['fchmod', 'fchown'];

/** 22: native code puts the prefix of long paths before paths on Windows: before bytes, too, and not before rm and cp walk. */
export const prefixesInNative = since(NODE, [22, 0]);

/** 22: mkdir() with `recursive` resolves on Windows to a path with that prefix. */
export const keepsPrefix = prefixesInNative;

/** 24: symlink() checks the type before the paths, and refuses any other type. */
export const symlinkTypeFirst = since(NODE, [24, 0]);

/** Up to 22, truncate() takes a descriptor, with a warning. */
export const truncatesDescriptors = !since(NODE, [23, 0]);

/** 22.15: the web stream is a byte stream whatever `type` is; other types get a warning. */
export const streamsBytesOnly = since(NODE, [22, 15], [23, 8]);

/** 24: the length of a read is cut to 32 bits, and checked before the position. */
export const cutsLengths = since(NODE, [24, 0]);

/** Up to 22.17, if mkdir() with `recursive` gets ENOSPC, it looks at what exists there, and reports that instead. */
export const looksWhenFull = !since(NODE, [22, 18], [24, 3]);

/** 26: rmdir() refuses `recursive`. */
export const refusesRecursiveRmdir = since(NODE, [26, 0]);

/**
 * 26: promises.readFile() opens and reads in one native call: its errors name the path, and empty content is not
 * decoded.
 */
export const readsInOneTrip = since(NODE, [26, 0]);

/** 26: promises.writeFile() without `flush` is one native call, too: it takes a view of detached memory for empty. */
export const writesInOneTrip = since(NODE, [26, 0]);

/** 26: stat(), lstat() and stat() of a handle check their options before the path. */
export const statChecksOptions = since(NODE, [26, 0]);

/**
 * 26: readdir() with `recursive` is native: it goes level by level, with names as bytes and paths as they were given.
 */
export const listsNatively = since(NODE, [26, 0]);

/** 26: rm() checks `force` first. */
export const forceFirst = since(NODE, [26, 0]);

/**
 * 24: rmSync() with `recursive` and `force` takes a path that leads through a file for missing; with only one, it does
 * not.
 */
export const rmSyncForgivesFiles = since(NODE, [24, 0]);

/** 21: FileHandle.read() refuses an invalid position, for which it used to read at the current position. */
export const refusesPositions = since(NODE, [21, 0]);

/** 22: a position is checked even if nothing is to be read, and the end of the read must be a valid offset. */
export const limitsPositions = since(NODE, [22, 0]);

/** The error of dir.readSync() names the directory. */
export const readSyncNamesDirectory = !since(NODE, [22, 0]);

/** 22.17: read() of a closed Dir rejects. Earlier it throws; with a callback it still throws. */
export const closedDirRejects = since(NODE, [22, 17], [24, 2]);

/**
 * How seconds become nanoseconds, as libuv does it; binding/ops/status.cc has the same numbers. 0: rounded to the
 * microsecond. 1 (libuv 1.51): infinite means now, and NaN (an invalid Date) leaves the time as it is. 2 (libuv 1.52):
 * as 1, rounded to the nanosecond.
 */
export const timeRules = since(UV, [1, 52]) ? 2 : since(UV, [1, 51]) ? 1 : 0;

/** libuv 1.49: copyFile() gives the copy the owner of the source, where that may be, and its times before it copies. */
export const copiesOwners = since(UV, [1, 49]);

/** 22: `throwIfNoEntry: false` of statSync() also covers paths that lead through a file. */
export const statSyncForgivesFiles = once(() => {
  try {
    return statSync('/dev/null/x', { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
});

/** 22: promises.watch() keeps up to `maxQueue` events that nobody has asked for yet. */
export const watchQueues = since(NODE, [22, 0]);

/** If Node does not show its source text, decides by the version: `major` and later have the text. */
const sourceSays = (part: string, text: string, major = 24): boolean =>
  sources([part])?.[0]?.includes(text) ?? NODE[0] >= major;

const copySays = (text: string, major?: number): boolean => sourceSays('internal/fs/cp/cp', text, major);

/** 24, a late release: watch() has the option `ignore`. */
export const watchIgnores = once(() => sourceSays('internal/fs/watchers', 'function createIgnoreMatcher('));

/** 22: cp() with `errorOnExist` and without `force` also refuses a directory that exists. */
export const cpRefusesDirectories = once(() => copySays('if (opts.errorOnExist && !opts.force) {'));

/** 24: cp() refuses a link into itself only if it is a link to a directory. */
export const cpAllowsFileLinks = once(() => copySays('if (srcIsDir && isSrcSubdir('));

/** 24: cp() with `preserveTimestamps` keeps the times of directories, too. */
export const cpKeepsDirectoryTimes = once(() =>
  copySays('await copyDir(src, dest, opts);\n  if (opts.preserveTimestamps)'),
);

/**
 * 26: cp() copies a directory to a new place in native code, unless it has a filter, follows links, or the permission
 * model is on.
 */
export const cpCopiesNatively = once(() => copySays('copyDirNative', 26));

/** 22: readdir() with `recursive` and types follows links to directories; promises.readdir() never does. */
export const typedListingFollowsLinks = once(() =>
  sourceSays('fs', 'dirent.isDirectory() || binding.internalModuleStat('),
);
