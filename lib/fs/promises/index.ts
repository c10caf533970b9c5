// The entry point `pendingop/fs/promises`: everything that node:fs/promises exports. Functions that wait for a disk are
// this package's, the others Node's own. Each is a plain export under its name: ES modules import it by name, and code
// that replaces one (tests, patches) finds a writable property.
import * as node from 'node:fs/promises';
import { likeOriginal } from '../../node/imitate';
import type { PromiseName } from '../requests/names';
import { walk } from '../walk';
import { type WatchEvents, watchEvents } from '../watch';
import * as directories from './directories';
import * as files from './files';
import { mkdtempDisposable } from './mkdtemp-disposable';
import * as opens from './open';
import * as paths from './paths';
import { statMany } from './stat-many';
import * as stats from './stats';

export const access = paths.access;
export const appendFile = files.appendFile;
export const chmod = paths.chmod;
export const chown = paths.chown;
export const copyFile = paths.copyFile;
export const cp = directories.cp;
export const lchmod = opens.lchmod;
export const lchown = paths.lchown;
export const link = paths.link;
export const lstat = stats.lstat;
export const lutimes = paths.lutimes;
export const mkdir = directories.mkdir;
export const mkdtemp = directories.mkdtemp;
export const open = opens.open;
export const opendir = directories.opendir;
export const readdir = directories.readdir;
export const readFile = files.readFile;
export const readlink = paths.readlink;
export const realpath = paths.realpath;
export const rename = paths.rename;
export const rm = directories.rm;
export const rmdir = directories.rmdir;
export const stat = stats.stat;
export const statfs = stats.statfs;
export const symlink = paths.symlink;
export const truncate = paths.truncate;
export const unlink = paths.unlink;
export const utimes = paths.utimes;
export const writeFile = files.writeFile;

/** Node's own constants, for `mode`, `flags` and the like. */
export const constants: typeof node.constants = node.constants;
/**
 * Watches a file, or the entries of a folder, and returns the changes one after the other. As in Node, but a call of
 * this package sets up the watch, listed as `watch`, so a stalled file system blocks nothing. Events that nobody has
 * asked for yet are kept, with every version of Node. Without inotify, with the portable backend and without an addon
 * it is Node's own function.
 *
 * @param filename - a string, a `file:` URL, or, without `recursive`, a `Buffer`
 * @param options - Node's options, and the following
 * @param options.timeout - ms in which the watch has to be set up; 0 and `Infinity`: no timeout. Default: the `timeout`
 *   of `configure()`
 * @param options.signal - ends the iteration with an `AbortError`, as in Node, also before the watch is set up
 * @returns an async iterable of `{ eventType, filename }`; it ends with `break`, or throws
 * @example
 * ```ts
 * import { watch } from 'pendingop/fs/promises';
 * for await (const { eventType, filename } of watch('/mnt/nas/inbox', { timeout: 5000 })) console.log(eventType, filename);
 * ```
 */
export const watch: WatchEvents = watchEvents;

export type {
  CreateReadStreamOptions,
  CreateWriteStreamOptions,
  FileChangeInfo,
  FileReadOptions,
  FileReadResult,
  FlagAndOpenMode,
  ReadableWebStreamOptions,
} from 'node:fs/promises';
export type { CallOptions } from '../../validate/call-options';
export type { FileHandle } from '../handle/file-handle';
export type { Walk, WalkBatch, WalkColumn, WalkEntry, WalkOptions } from '../walk';
// What Node has not.
export { walk } from '../walk';
export type { WatchEvents, WatchEventsOptions } from '../watch';
export type { StatManyOptions } from './stat-many';
export { statMany } from './stat-many';

const promises = {
  access,
  appendFile,
  chmod,
  chown,
  /** Node's own constants, for `mode`, `flags` and the like. */
  constants,
  copyFile,
  cp,
  lchmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  open,
  opendir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  /** The status of many paths, with one promise: what `Promise.allSettled()` of as many `stat()` comes to. */
  statMany,
  symlink,
  truncate,
  unlink,
  utimes,
  /** Goes through the tree below a directory. */
  walk,
  /** Watches a file, or the entries of a folder, and returns the changes one after the other. */
  watch,
  writeFile,
} satisfies Record<Exclude<PromiseName, 'mkdtempDisposable'> | 'constants' | 'statMany' | 'walk', unknown>;
export default promises;

// Exports that only newer Nodes have are passed on unchanged. The two known ones are written out here: Node searches
// the text of this file for the names that an ES module may import.
const later = node as unknown as Partial<Record<'glob' | 'mkdtempDisposable', unknown>>;
if (later.glob) exports.glob = later.glob;
if (later.mkdtempDisposable) exports.mkdtempDisposable = mkdtempDisposable;

const own = exports as Record<string, unknown>;
for (const [name, value] of Object.entries(node)) {
  if (name === 'default') continue;
  if (!(name in own)) own[name] = value;
  likeOriginal(own[name], value);
  if (!(name in promises)) Object.assign(promises, { [name]: own[name] });
}
