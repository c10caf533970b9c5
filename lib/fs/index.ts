// The entry point `pendingop/fs`: everything that node:fs exports. Functions that wait for a disk are this package's.
// Classes and constants are Node's own, and so are synchronous functions called without a timeout. Each is a plain
// export under its name: ES modules import it by name, and code that replaces one finds a writable property.
import * as node from 'node:fs';
import { functions } from './callback/functions';
import * as streams from './callback/streams';
import type { Dir as OurDir } from './dir/dir';
import ownPromises from './promises';
import type { SyncOptions, Takes, TakesLast } from './requests/option-types';
import { functions as sync } from './sync/functions';
import type { Watch, WatchFile } from './watch';
import * as watchers from './watch';

export const access = functions.access;
export const appendFile = functions.appendFile as Takes<typeof functions.appendFile>;
export const chmod = functions.chmod;
export const chown = functions.chown;
export const close = functions.close;
export const copyFile = functions.copyFile;
export const cp = functions.cp as Takes<typeof functions.cp>;
export const exists = functions.exists;
export const fchmod = functions.fchmod;
export const fchown = functions.fchown;
export const fdatasync = functions.fdatasync;
export const fstat = functions.fstat as Takes<typeof functions.fstat>;
export const fsync = functions.fsync;
export const ftruncate = functions.ftruncate;
export const futimes = functions.futimes;
export const lchown = functions.lchown;
export const link = functions.link;
export const lstat = functions.lstat as Takes<typeof functions.lstat>;
export const lutimes = functions.lutimes;
export const mkdir = functions.mkdir as Takes<typeof functions.mkdir>;
export const mkdtemp = functions.mkdtemp as Takes<typeof functions.mkdtemp>;
export const open = functions.open;
export const opendir = functions.opendir as Takes<typeof functions.opendir>;
export const read = functions.read as typeof functions.read & Takes<typeof node.read>;
export const readdir = functions.readdir as Takes<typeof functions.readdir>;
export const readFile = functions.readFile as Takes<typeof functions.readFile>;
export const readlink = functions.readlink as Takes<typeof functions.readlink>;
export const readv = functions.readv;
export const realpath = functions.realpath as Takes<typeof functions.realpath>;
export const rename = functions.rename;
export const rm = functions.rm as Takes<typeof functions.rm>;
export const rmdir = functions.rmdir as Takes<typeof functions.rmdir>;
export const stat = functions.stat as Takes<typeof functions.stat>;
export const statfs = functions.statfs as Takes<typeof functions.statfs>;
export const symlink = functions.symlink;
export const truncate = functions.truncate;
export const unlink = functions.unlink;
export const utimes = functions.utimes;
export const write = functions.write as typeof functions.write & Takes<typeof node.write>;
export const writeFile = functions.writeFile as Takes<typeof functions.writeFile>;
export const writev = functions.writev;

/**
 * Opens a file as a stream of its content, as in Node. `signal` ends the stream and its call in flight. `timeout` (ms)
 * holds for each open, read and close by itself.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'pendingop/fs';
 * createReadStream('/mnt/data/report', { timeout: 2000 }).on('error', console.error).pipe(process.stdout);
 * ```
 */
export const createReadStream = streams.createReadStream as Takes<typeof streams.createReadStream>;
/**
 * Opens a file as a stream to write to, as in Node. `signal` ends the stream and its call in flight. `timeout` (ms)
 * holds for each open, write and close by itself.
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'pendingop/fs';
 * createWriteStream('/mnt/data/report', { timeout: 2000 }).on('error', console.error).end('content');
 * ```
 */
export const createWriteStream = streams.createWriteStream as Takes<typeof streams.createWriteStream>;
/** The class of the streams that `createReadStream` returns: Node's `fs.ReadStream` with calls of this package. */
export const ReadStream = streams.ReadStream;
/** The class of the streams that `createWriteStream` returns: Node's `fs.WriteStream` with calls of this package. */
export const WriteStream = streams.WriteStream;
/** An old name of `ReadStream`. */
export const FileReadStream = streams.ReadStream;
/** An old name of `WriteStream`. */
export const FileWriteStream = streams.WriteStream;
/** The exports of `pendingop/fs/promises`. */
export const promises = ownPromises;

export const accessSync = sync.accessSync as TakesLast<typeof node.accessSync>;
export const appendFileSync = sync.appendFileSync as Takes<typeof node.appendFileSync, SyncOptions>;
export const chmodSync = sync.chmodSync as TakesLast<typeof node.chmodSync>;
export const chownSync = sync.chownSync as TakesLast<typeof node.chownSync>;
export const closeSync = sync.closeSync as TakesLast<typeof node.closeSync>;
/** Node's own constants, for `mode`, `flags` and the like. */
export const constants: typeof node.constants = node.constants;
export const copyFileSync = sync.copyFileSync as TakesLast<typeof node.copyFileSync>;
export const cpSync = sync.cpSync as Takes<typeof node.cpSync, SyncOptions>;
/** Node's own class. The objects that `opendir` returns are instances of it, with calls of this package. */
export const Dir: typeof node.Dir = node.Dir;
/** Node's own class: one entry of a directory. */
export const Dirent: typeof node.Dirent = node.Dirent;
export const existsSync = sync.existsSync as TakesLast<typeof node.existsSync>;
/** A bit for `access`: the file exists. */
export const F_OK: number = node.constants.F_OK;
export const fchmodSync = sync.fchmodSync as TakesLast<typeof node.fchmodSync>;
export const fchownSync = sync.fchownSync as TakesLast<typeof node.fchownSync>;
export const fdatasyncSync = sync.fdatasyncSync as TakesLast<typeof node.fdatasyncSync>;
export const fstatSync = sync.fstatSync as Takes<typeof node.fstatSync, SyncOptions>;
export const fsyncSync = sync.fsyncSync as TakesLast<typeof node.fsyncSync>;
export const ftruncateSync = sync.ftruncateSync as TakesLast<typeof node.ftruncateSync>;
export const futimesSync = sync.futimesSync as TakesLast<typeof node.futimesSync>;
export const lchownSync = sync.lchownSync as TakesLast<typeof node.lchownSync>;
export const linkSync = sync.linkSync as TakesLast<typeof node.linkSync>;
export const lstatSync = sync.lstatSync as Takes<typeof node.lstatSync, SyncOptions>;
export const lutimesSync = sync.lutimesSync as TakesLast<typeof node.lutimesSync>;
export const mkdirSync = sync.mkdirSync as Takes<typeof node.mkdirSync, SyncOptions>;
export const mkdtempSync = sync.mkdtempSync as Takes<typeof node.mkdtempSync, SyncOptions>;
/** Node's own: opens a file as a Blob. Its reads are not listed, and this package cannot end them. */
export const openAsBlob: typeof node.openAsBlob = node.openAsBlob;
export const opendirSync = sync.opendirSync as typeof node.opendirSync &
  ((path: node.PathLike, options: node.OpenDirOptions & { timeout: number }) => OurDir);
export const openSync = sync.openSync as TakesLast<typeof node.openSync>;
/** A bit for `access`: the file may be read. */
export const R_OK: number = node.constants.R_OK;
export const readdirSync = sync.readdirSync as Takes<typeof node.readdirSync, SyncOptions>;
export const readFileSync = sync.readFileSync as Takes<typeof node.readFileSync, SyncOptions>;
export const readlinkSync = sync.readlinkSync as Takes<typeof node.readlinkSync, SyncOptions>;
export const readSync = sync.readSync as typeof node.readSync & {
  (fd: number, buffer: NodeJS.ArrayBufferView, options: node.ReadOptions & SyncOptions): number;
  (
    fd: number,
    buffer: NodeJS.ArrayBufferView,
    offset: number | undefined,
    length: number | undefined,
    position: node.ReadPosition | null | undefined,
    options: SyncOptions,
  ): number;
};
export const readvSync = sync.readvSync as TakesLast<typeof node.readvSync>;
export const realpathSync = sync.realpathSync as Takes<typeof node.realpathSync, SyncOptions>;
export const renameSync = sync.renameSync as TakesLast<typeof node.renameSync>;
export const rmdirSync = sync.rmdirSync as Takes<typeof node.rmdirSync, SyncOptions>;
export const rmSync = sync.rmSync as Takes<typeof node.rmSync, SyncOptions>;
export const statfsSync = sync.statfsSync as Takes<typeof node.statfsSync, SyncOptions>;
/** Node's own class: what `stat`, `lstat` and `fstat` return. */
export const Stats: typeof node.Stats = node.Stats;
export const statSync = sync.statSync as Takes<typeof node.statSync, SyncOptions>;
export const symlinkSync = sync.symlinkSync as TakesLast<typeof node.symlinkSync>;
export const truncateSync = sync.truncateSync as TakesLast<typeof node.truncateSync>;
export const unlinkSync = sync.unlinkSync as TakesLast<typeof node.unlinkSync>;
/** Stops watching a file, for one listener or for all. Works also while a look at the file is stuck. */
export const unwatchFile: typeof node.unwatchFile = watchers.unwatchFile;
export const utimesSync = sync.utimesSync as TakesLast<typeof node.utimesSync>;
/** A bit for `access`: the file may be written. */
export const W_OK: number = node.constants.W_OK;
/**
 * Watches a file, or the entries of a folder, for changes that the kernel reports. As in Node, but a call of this
 * package sets up the watch, listed as `watch`, so a stalled file system blocks nothing. If the file system does not
 * answer within a moment, the watcher is returned before it is set up, and an `error` event reports what would have
 * been thrown. Without inotify, with the portable backend and without an addon it is Node's own function.
 *
 * @param filename - a string, a `file:` URL, or, without `recursive`, a `Buffer`
 * @param options - Node's options, and the following
 * @param options.timeout - ms in which the watch has to be set up; 0 and `Infinity`: no timeout. Default: the `timeout`
 *   of `configure()`
 * @param options.signal - closes the watcher when it is aborted, as in Node
 * @param listener - gets 'rename' or 'change', and a name: that of the entry, or the file's own
 * @returns an `FSWatcher`: it emits `change`, `error` and `close`; `stall` when the set-up has waited for a second, and
 *   `recover` when it goes on
 * @throws what Node throws, if the file system answers within a moment
 * @example
 * ```ts
 * import { watch } from 'pendingop/fs';
 * watch('/mnt/nas/inbox', { timeout: 5000 }, (type, name) => console.log(type, name))
 *   .on('error', (error) => console.warn(error.message));
 * ```
 */
export const watch: Watch = watchers.watch;
/**
 * Looks at a file every `interval` ms and calls the listener when the file has changed, as in Node. Each look is a call
 * of this package, one at a time. If the file system stalls, the watcher emits `stall`; it does not take the file for
 * deleted.
 *
 * @param filename - a string or a `file:` URL
 * @param options - Node's options, and the following. If a file has several listeners, the options of the first one
 *   hold, `signal` aside
 * @param options.interval - ms between two looks. Default: 5007
 * @param options.timeout - ms for each look; 0 and `Infinity`: no timeout. Default: the `timeout` of `configure()`
 * @param options.signal - removes the listener when it is aborted
 * @param listener - gets the current and the previous `Stats`
 * @returns a `StatWatcher`: it emits `change`, `stall` and `recover`
 * @example
 * ```ts
 * import { watchFile } from 'pendingop/fs';
 * watchFile('/mnt/nas/list.json', { interval: 1000 }, (now, before) => console.log(before.size, now.size))
 *   .on('stall', (mount) => console.warn(`${mount} does not answer`));
 * ```
 */
export const watchFile: WatchFile = watchers.watchFile;
export const writeFileSync = sync.writeFileSync as Takes<typeof node.writeFileSync, SyncOptions>;
export const writeSync = sync.writeSync as typeof node.writeSync & {
  (fd: number, data: NodeJS.ArrayBufferView | string, options: SyncOptions): number;
  (
    fd: number,
    buffer: NodeJS.ArrayBufferView,
    offset: number | null | undefined,
    length: number | null | undefined,
    position: number | null | undefined,
    options: SyncOptions,
  ): number;
  (
    fd: number,
    text: string,
    position: number | null | undefined,
    encoding: BufferEncoding | null | undefined,
    options: SyncOptions,
  ): number;
};
export const writevSync = sync.writevSync as TakesLast<typeof node.writevSync>;
/** A bit for `access`: the file may be executed, or the directory entered. */
export const X_OK: number = node.constants.X_OK;

export type { CallOptions } from '../validate/call-options';
export type { SyncOptions } from './requests/option-types';
export type {
  FSWatcher,
  FSWatcherEvents,
  StatWatcher,
  StatWatcherEvents,
  Watch,
  WatchFile,
  WatchFileOptions,
  WatchOptions,
} from './watch';

// Exports that only newer Nodes have are passed on unchanged. The known ones are written out here: Node searches the
// text of this file for the names that an ES module may import.
const later = node as unknown as Record<string, unknown>;
if (later.glob) exports.glob = later.glob;
if (later.globSync) exports.globSync = later.globSync;
if (later.lchmod) exports.lchmod = later.lchmod;
if (later.lchmodSync) exports.lchmodSync = later.lchmodSync;
if (later.mkdtempDisposableSync) exports.mkdtempDisposableSync = later.mkdtempDisposableSync;
if (later.Utf8Stream) exports.Utf8Stream = later.Utf8Stream;

const own = exports as Record<string, unknown>;
const everything: Record<string, unknown> = {};
// The names are those of the module itself, not of its import: Node hides some of its properties, and reading those
// prints a warning.
const nodes = require('node:fs') as Record<string, unknown>;
for (const name of Object.getOwnPropertyNames(nodes)) {
  const hidden = Object.getOwnPropertyDescriptor(nodes, name) as PropertyDescriptor;
  if (!hidden.enumerable) {
    Object.defineProperty(everything, name, hidden);
    continue;
  }
  if (!(name in own)) own[name] = nodes[name];
  everything[name] = own[name];
}
type Exports = typeof import('./index');
/** An interface, since Omit would drop the docstrings of the inherited members. */
interface Ours extends Exports {
  /** The default export has no `default` of its own. */
  default: never;
}
export default everything as unknown as Ours & Omit<typeof node, keyof Ours>;
