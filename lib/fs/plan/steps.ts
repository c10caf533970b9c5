// The single system calls that composites (rm, cp, readdir with `recursive`, Dir) are made of: calls without `Top`,
// listed under their parent, interrupted with it. They take no options of their own.
import { constants, type Stats } from 'node:fs';
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code } from '../../engine/codes';
import { setBatch, setBigInts, setCopyMode, setMode, setTimes, setTyped } from '../../engine/operands';
import { timeRules } from '../../node/version';
import { absolute, textOf, workingDirectory } from '../../util/path-text';
import type { Encoding } from '../../validate/call-options';
import * as attributes from '../requests/attributes';
import {
  CLOSEDIR,
  type Entry,
  entriesIn,
  mkdir as mkdirRequest,
  openingDirectory,
  part,
  READ_OPEN,
  READDIR,
  rmdir as rmdirRequest,
} from '../requests/directories';
import * as paths from '../requests/paths';
import { DIR, type Path } from '../requests/request';
import { LSTAT, STAT } from '../requests/stats';
import { decodeEntries, decodePath } from '../results/encoding';
import { type Body, result } from './plan';

export type { Entry } from '../requests/directories';
export type { Path } from '../requests/request';
export type Parent = Call<unknown>;

/** What the composites want to know of a file. */
export interface Facts {
  mode: number;
  dev: bigint;
  ino: bigint;
  /** Milliseconds, rounded as Node's Dates are. */
  atime: number;
  mtime: number;
  /** Not rounded, as a double of libuv is. */
  atimeSeconds: number;
  mtimeSeconds: number;
}

const { S_IFMT, S_IFDIR } = constants;

export const isDirectory = (facts: Facts): boolean => (facts.mode & S_IFMT) === S_IFDIR;

function facts(done: Completion): Facts {
  const fields = done.bigints();
  const { at } = done;
  const field = (index: number): bigint => fields[at + index] as bigint;
  const ms = (index: number): number =>
    Math.round(Number(field(index)) * 1e3 + Number(field(index + 1)) / 1e6);
  const seconds = (index: number): number => Number(field(index)) + Number(field(index + 1)) / 1e9;
  return {
    mode: Number(field(1)),
    dev: field(0),
    ino: field(7),
    atime: ms(10),
    mtime: ms(12),
    atimeSeconds: seconds(10),
    mtimeSeconds: seconds(12),
  };
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

const STAT_PART: CallType<Facts> = part({ ...STAT.bigints, result: facts });
const LSTAT_PART: CallType<Facts> = part({ ...LSTAT.bigints, result: facts });
const READLINK: CallType<string> = part({
  ...paths.readlink.type,
  result: (done) => decodePath(done, 'utf8') as string,
});
const READLINK_BYTES: CallType<Buffer> = { ...READLINK, result: (done) => done.bytes() } as CallType<Buffer>;
const UNLINK = part(paths.unlink.type);
const RMDIR = part(rmdirRequest.type);
const MKDIR: CallType<unknown> = part(mkdirRequest.type);
const MKDIRP: CallType<unknown> = { ...MKDIR, code: Code.mkdirp };
const CHMOD = part(attributes.chmod.type);
const UTIMES = part(attributes.utimes.type);
const SYMLINK = part(paths.symlink.type);
const COPY_FILE = part(paths.copyFile.type);
const READ_ALL: CallType<Entry[]> = part({ ...READDIR, result: entriesIn });
const READ_EXACT: CallType<Entry[]> = { ...READ_ALL, result: exactEntries };
const LSTAT_WHOLE = part(LSTAT.numbers);
const OPENDIR = part(openingDirectory(DIR, (done) => done.value));
const READ_SOME = part(READ_OPEN);
const CLOSE = part(CLOSEDIR);

function step<T>(parent: Parent, type: CallType<T>, path: Path): Call<T> {
  const call = new Call(type, [path]);
  call.parent = parent;
  call.path = path;
  return call;
}

function facted(type: CallType<Facts>, parent: Parent, path: Path): Body<Facts> {
  const call = step(parent, type, path);
  setBigInts(call);
  return result(call);
}

export const stat = (parent: Parent, path: Path): Body<Facts> => facted(STAT_PART, parent, path);
export const lstat = (parent: Parent, path: Path): Body<Facts> => facted(LSTAT_PART, parent, path);
/** All that there is, as the caller sees it. */
export const lstatWhole = (parent: Parent, path: Path): Body<Stats> =>
  result(step(parent, LSTAT_WHOLE, path));
export const readlink = (parent: Parent, path: Path): Body<string> => result(step(parent, READLINK, path));
export const readlinkBytes = (parent: Parent, path: Path): Body<Buffer> =>
  result(step(parent, READLINK_BYTES, path));
export const unlink = (parent: Parent, path: Path): Body<void> => result(step(parent, UNLINK, path));
export const rmdir = (parent: Parent, path: Path): Body<void> => result(step(parent, RMDIR, path));

/** Sorted, with types. */
export function readdir(parent: Parent, path: Path, encoding: Encoding): Body<Entry[]> {
  const call = step(parent, READ_ALL, path);
  setTyped(call);
  call.encoding = encoding;
  return result(call);
}

/** For paths that are to be used again: no name is lost to decoding. */
export function readdirExact(parent: Parent, path: Path): Body<Entry[]> {
  const call = step(parent, READ_EXACT, path);
  setTyped(call);
  return result(call);
}

function modeCall<T>(type: CallType<T>, parent: Parent, path: Path, mode: number): Body<T> {
  const call = step(parent, type, path);
  setMode(call, mode);
  return result(call);
}

export const mkdir = (parent: Parent, path: Path): Body<unknown> => modeCall(MKDIR, parent, path, 0o777);
export const mkdirp = (parent: Parent, path: Path): Body<unknown> => modeCall(MKDIRP, parent, path, 0o777);
export const chmod = (parent: Parent, path: Path, mode: number): Body<void> =>
  modeCall(CHMOD, parent, path, mode);

export function utimes(parent: Parent, path: Path, atime: number, mtime: number): Body<void> {
  const call = step(parent, UTIMES, path);
  setTimes(call, atime, mtime, timeRules);
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
  setCopyMode(call, mode);
  return result(call);
}

/** A call on a directory's descriptor: like Node's, its errors name no path. */
function onDirectory<T>(type: CallType<T>, fd: number, path: Path): Call<T> {
  const call = new Call(type, []);
  call.fd = fd;
  call.handlePath = absolute(workingDirectory(), textOf(path));
  return call;
}

/** The entries in the file system's own order, as opendir gives them: three or more trips instead of one. */
export function* listUnsorted(parent: Parent, path: Path, encoding: Encoding, batch: number): Body<Entry[]> {
  const fd = yield* result(step(parent, OPENDIR, path));
  try {
    for (let all: Entry[] = []; ; ) {
      const call = onDirectory(READ_SOME, fd, path);
      call.parent = parent;
      setBatch(call, batch);
      call.encoding = encoding;
      const some = yield* result(call);
      if (some.length === 0) return all;
      all = all.length === 0 ? some : all.concat(some);
    }
  } finally {
    // No child of the parent: the descriptor is closed even when the parent has been interrupted.
    yield* result(onDirectory(CLOSE, fd, path));
  }
}
