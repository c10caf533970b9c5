// The single system calls that composites (rm, cp, readdir with `recursive`, Dir) are made of: calls without `Top`,
// listed under their parent, interrupted with it. They take no options of their own.
import { constants } from 'node:fs';
import { resolve } from 'node:path';
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { setTimes } from '../requests/path-call';
import { decodeEntries, decodePath, type PathEncoding } from '../results/encoding';
import { type Body, result } from './plan';

export type Path = string | Uint8Array;
export type Parent = Call<unknown>;

/** A directory's entry: its name in the encoding asked for, and UV_DIRENT_*. */
export interface Entry {
  name: string | Buffer;
  type: number;
}

/** What the composites want to know of a file. */
export interface Facts {
  mode: number;
  dev: bigint;
  ino: bigint;
  /** Milliseconds, rounded as Node's Dates are. */
  atime: number;
  mtime: number;
}

const { S_IFMT, S_IFDIR } = constants;

export const isDirectory = (facts: Facts): boolean => (facts.mode & S_IFMT) === S_IFDIR;

function facts(done: Completion): Facts {
  const fields = done.bigints();
  const { at } = done;
  const field = (index: number): bigint => fields[at + index] as bigint;
  const ms = (index: number): number =>
    Math.round(Number(field(index)) * 1e3 + Number(field(index + 1)) / 1e6);
  return { mode: Number(field(1)), dev: field(0), ino: field(7), atime: ms(10), mtime: ms(12) };
}

function entries(done: Completion, call: Call<Entry[]>): Entry[] {
  const list: Entry[] = [];
  decodeEntries(done, call.extra as PathEncoding, (name, type) => list.push({ name, type }));
  return list;
}

/** Names as text where they are UTF-8, all as bytes where one is not. */
function exactEntries(done: Completion): Entry[] {
  const list: Entry[] = [];
  let exact = true;
  decodeEntries(done, 'utf8', (name, type) => {
    if ((name as string).includes('\ufffd')) exact = false;
    list.push({ name, type });
  });
  if (exact) return list;
  list.length = 0;
  decodeEntries(done, 'buffer', (name, type) => list.push({ name, type }));
  return list;
}

const nothing = (): undefined => undefined;

function pathType(fn: string, code: number, changes: boolean, syscall = fn.toLowerCase()): CallType<void> {
  return { fn, code, syscall, kind: OpKind.Path, changes, result: nothing };
}

const STAT: CallType<Facts> = { ...pathType('stat', Code.stat, false), result: facts };
const LSTAT: CallType<Facts> = { ...pathType('lstat', Code.lstat, false), result: facts };
const READLINK: CallType<string> = {
  ...pathType('readlink', Code.readlink, false),
  result: (done) => decodePath(done, 'utf8') as string,
};
const UNLINK = pathType('unlink', Code.unlink, true);
const RMDIR = pathType('rmdir', Code.rmdir, true);
const MKDIR = pathType('mkdir', Code.mkdir, true);
const MKDIRP = pathType('mkdir', Code.mkdirp, true);
const CHMOD = pathType('chmod', Code.chmod, true);
const UTIMES = pathType('utimes', Code.utimes, true, 'utime');
const SYMLINK = pathType('symlink', Code.symlink, true);
const COPY_FILE: CallType<void> = { ...pathType('copyFile', Code.copyFile, true), kind: OpKind.File };
const READDIR: CallType<Entry[]> = {
  fn: 'readdir',
  code: Code.readdir,
  syscall: 'scandir',
  kind: OpKind.Dir,
  changes: false,
  result: entries,
};
const READDIR_EXACT: CallType<Entry[]> = { ...READDIR, result: exactEntries };
const OPENDIR: CallType<number> = {
  fn: 'opendir',
  code: Code.opendir,
  syscall: 'opendir',
  kind: OpKind.Dir,
  changes: false,
  result: (done) => done.value,
};
const DIRREAD: CallType<Entry[]> = { ...READDIR, fn: 'read', code: Code.dirread };
const CLOSEDIR: CallType<void> = {
  ...OPENDIR,
  fn: 'close',
  code: Code.close,
  syscall: 'closedir',
  result: nothing,
};

function step<T>(parent: Parent, type: CallType<T>, path: Path): Call<T> {
  const call = new Call(type, [path]);
  call.parent = parent;
  call.path = path;
  return call;
}

function facted(type: CallType<Facts>, parent: Parent, path: Path): Body<Facts> {
  const call = step(parent, type, path);
  call.i0 = 1;
  return result(call);
}

export const stat = (parent: Parent, path: Path): Body<Facts> => facted(STAT, parent, path);
export const lstat = (parent: Parent, path: Path): Body<Facts> => facted(LSTAT, parent, path);
export const readlink = (parent: Parent, path: Path): Body<string> => result(step(parent, READLINK, path));
export const unlink = (parent: Parent, path: Path): Body<void> => result(step(parent, UNLINK, path));
export const rmdir = (parent: Parent, path: Path): Body<void> => result(step(parent, RMDIR, path));

/** Sorted, with types. */
export function readdir(parent: Parent, path: Path, encoding: PathEncoding): Body<Entry[]> {
  const call = step(parent, READDIR, path);
  call.i0 = 1;
  call.extra = encoding;
  return result(call);
}

/** For paths that are to be used again: no name is lost to decoding. */
export function readdirExact(parent: Parent, path: Path): Body<Entry[]> {
  const call = step(parent, READDIR_EXACT, path);
  call.i0 = 1;
  return result(call);
}

function modeCall(type: CallType<void>, parent: Parent, path: Path, mode: number): Body<void> {
  const call = step(parent, type, path);
  call.i1 = mode | 0;
  return result(call);
}

export const mkdir = (parent: Parent, path: Path): Body<void> => modeCall(MKDIR, parent, path, 0o777);
export const mkdirp = (parent: Parent, path: Path): Body<void> => modeCall(MKDIRP, parent, path, 0o777);
export const chmod = (parent: Parent, path: Path, mode: number): Body<void> =>
  modeCall(CHMOD, parent, path, mode);

export function utimes(parent: Parent, path: Path, atime: number, mtime: number): Body<void> {
  const call = step(parent, UTIMES, path);
  setTimes(call, atime, mtime);
  return result(call);
}

export function symlink(parent: Parent, target: Path, path: Path): Body<void> {
  const call = step(parent, SYMLINK, target);
  call.dest = path;
  return result(call);
}

export function copyFile(parent: Parent, path: Path, dest: Path, mode: number): Body<void> {
  const call = step(parent, COPY_FILE, path);
  call.dest = dest;
  call.i0 = mode;
  return result(call);
}

/** A call on a directory's descriptor: like Node's, its errors name no path. */
function onDirectory<T>(type: CallType<T>, fd: number, path: Path): Call<T> {
  const call = new Call(type, []);
  call.fd = fd;
  call.handlePath = resolve(typeof path === 'string' ? path : Buffer.from(path).toString());
  return call;
}

/** The entries in the file system's own order, as opendir gives them: three or more trips instead of one. */
export function* listUnsorted(
  parent: Parent,
  path: Path,
  encoding: PathEncoding,
  batch: number,
): Body<Entry[]> {
  const fd = yield* result(step(parent, OPENDIR, path));
  try {
    for (let all: Entry[] = []; ; ) {
      const call = onDirectory(DIRREAD, fd, path);
      call.parent = parent;
      call.i0 = batch;
      call.extra = encoding;
      const some = yield* result(call);
      if (some.length === 0) return all;
      all = all.length === 0 ? some : all.concat(some);
    }
  } finally {
    // No child of the parent: the descriptor is closed even when the parent has been interrupted.
    yield* result(onDirectory(CLOSEDIR, fd, path));
  }
}
