// The entry point `pendingop/fs`: all that node:fs exports. Ours is what waits for a disk without blocking; Node's own
// are the synchronous functions, the watchers, the classes and the constants. Plain exports, each by its name: ES
// modules import them by name, and code that replaces one finds a writable property.
import * as node from 'node:fs';
import { functions } from './callback/functions';
import * as streams from './callback/streams';
import ownPromises from './promises';

export const access = functions.access;
export const appendFile = functions.appendFile;
export const chmod = functions.chmod;
export const chown = functions.chown;
export const close = functions.close;
export const copyFile = functions.copyFile;
export const cp = functions.cp;
export const exists = functions.exists;
export const fchmod = functions.fchmod;
export const fchown = functions.fchown;
export const fdatasync = functions.fdatasync;
export const fstat = functions.fstat;
export const fsync = functions.fsync;
export const ftruncate = functions.ftruncate;
export const futimes = functions.futimes;
export const lchown = functions.lchown;
export const link = functions.link;
export const lstat = functions.lstat;
export const lutimes = functions.lutimes;
export const mkdir = functions.mkdir;
export const mkdtemp = functions.mkdtemp;
export const open = functions.open;
export const opendir = functions.opendir;
export const read = functions.read;
export const readdir = functions.readdir;
export const readFile = functions.readFile;
export const readlink = functions.readlink;
export const readv = functions.readv;
export const realpath = functions.realpath;
export const rename = functions.rename;
export const rm = functions.rm;
export const rmdir = functions.rmdir;
export const stat = functions.stat;
export const statfs = functions.statfs;
export const symlink = functions.symlink;
export const truncate = functions.truncate;
export const unlink = functions.unlink;
export const utimes = functions.utimes;
export const write = functions.write;
export const writeFile = functions.writeFile;
export const writev = functions.writev;

export const createReadStream = streams.createReadStream;
export const createWriteStream = streams.createWriteStream;
export const ReadStream = streams.ReadStream;
export const WriteStream = streams.WriteStream;
/** Old names of the same. */
export const FileReadStream = streams.ReadStream;
export const FileWriteStream = streams.WriteStream;
export const promises = ownPromises;

export const accessSync: typeof node.accessSync = node.accessSync;
export const appendFileSync: typeof node.appendFileSync = node.appendFileSync;
export const chmodSync: typeof node.chmodSync = node.chmodSync;
export const chownSync: typeof node.chownSync = node.chownSync;
export const closeSync: typeof node.closeSync = node.closeSync;
export const constants: typeof node.constants = node.constants;
export const copyFileSync: typeof node.copyFileSync = node.copyFileSync;
export const cpSync: typeof node.cpSync = node.cpSync;
export const Dir: typeof node.Dir = node.Dir;
export const Dirent: typeof node.Dirent = node.Dirent;
export const existsSync: typeof node.existsSync = node.existsSync;
export const F_OK: number = node.constants.F_OK;
export const fchmodSync: typeof node.fchmodSync = node.fchmodSync;
export const fchownSync: typeof node.fchownSync = node.fchownSync;
export const fdatasyncSync: typeof node.fdatasyncSync = node.fdatasyncSync;
export const fstatSync: typeof node.fstatSync = node.fstatSync;
export const fsyncSync: typeof node.fsyncSync = node.fsyncSync;
export const ftruncateSync: typeof node.ftruncateSync = node.ftruncateSync;
export const futimesSync: typeof node.futimesSync = node.futimesSync;
export const lchownSync: typeof node.lchownSync = node.lchownSync;
export const linkSync: typeof node.linkSync = node.linkSync;
export const lstatSync: typeof node.lstatSync = node.lstatSync;
export const lutimesSync: typeof node.lutimesSync = node.lutimesSync;
export const mkdirSync: typeof node.mkdirSync = node.mkdirSync;
export const mkdtempSync: typeof node.mkdtempSync = node.mkdtempSync;
export const openAsBlob: typeof node.openAsBlob = node.openAsBlob;
export const opendirSync: typeof node.opendirSync = node.opendirSync;
export const openSync: typeof node.openSync = node.openSync;
export const R_OK: number = node.constants.R_OK;
export const readdirSync: typeof node.readdirSync = node.readdirSync;
export const readFileSync: typeof node.readFileSync = node.readFileSync;
export const readlinkSync: typeof node.readlinkSync = node.readlinkSync;
export const readSync: typeof node.readSync = node.readSync;
export const readvSync: typeof node.readvSync = node.readvSync;
export const realpathSync: typeof node.realpathSync = node.realpathSync;
export const renameSync: typeof node.renameSync = node.renameSync;
export const rmdirSync: typeof node.rmdirSync = node.rmdirSync;
export const rmSync: typeof node.rmSync = node.rmSync;
export const statfsSync: typeof node.statfsSync = node.statfsSync;
export const Stats: typeof node.Stats = node.Stats;
export const statSync: typeof node.statSync = node.statSync;
export const symlinkSync: typeof node.symlinkSync = node.symlinkSync;
export const truncateSync: typeof node.truncateSync = node.truncateSync;
export const unlinkSync: typeof node.unlinkSync = node.unlinkSync;
export const unwatchFile: typeof node.unwatchFile = node.unwatchFile;
export const utimesSync: typeof node.utimesSync = node.utimesSync;
export const W_OK: number = node.constants.W_OK;
export const watch: typeof node.watch = node.watch;
export const watchFile: typeof node.watchFile = node.watchFile;
export const writeFileSync: typeof node.writeFileSync = node.writeFileSync;
export const writeSync: typeof node.writeSync = node.writeSync;
export const writevSync: typeof node.writevSync = node.writevSync;
export const X_OK: number = node.constants.X_OK;

export type { CallOptions } from '../call-type';

// What else the running Node exports comes as it is. Those that are known are written out: it is in the text of this
// file that Node looks for the names that an ES module may import.
const later = node as unknown as Record<string, unknown>;
if (later.glob) module.exports.glob = later.glob;
if (later.globSync) module.exports.globSync = later.globSync;
if (later.lchmod) module.exports.lchmod = later.lchmod;
if (later.lchmodSync) module.exports.lchmodSync = later.lchmodSync;
if (later.mkdtempDisposableSync) module.exports.mkdtempDisposableSync = later.mkdtempDisposableSync;
if (later.Utf8Stream) module.exports.Utf8Stream = later.Utf8Stream;

const own = module.exports as Record<string, unknown>;
const everything: Record<string, unknown> = {};
for (const [name, value] of Object.entries(node)) {
  if (name === 'default') continue;
  if (!(name in own)) own[name] = value;
  everything[name] = own[name];
}
export default everything as unknown as typeof node;
