// The single system calls that composites (rm, cp, recursive readdir, Dir) are made of. They have no `Top`, are listed
// under their parent and are interrupted with it. They take no options of their own.
import { constants, type Stats } from 'node:fs';
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code, Opens } from '../../engine/codes';
import {
  setBatch,
  setBigInts,
  setCopyMode,
  setMode,
  setOpens,
  setTimes,
  setTyped,
} from '../../engine/operands';
import { absolutePath, workingDirectory } from '../../node/path-text';
import { copiesOwners, timeRules } from '../../node/version';
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
import { Place } from './place';
import { type Body, result } from './plan';

export type { Entry } from '../requests/directories';
export type { Path } from '../requests/request';
export type Parent = Call<unknown>;
/** The file of a step. */
export type Target = Path | Place;

/** What composites need to know about a file. */
export interface Facts {
  mode: number;
  dev: bigint;
  ino: bigint;
  /** ms, rounded as in Node's Dates. */
  atime: number;
  mtime: number;
  /** Seconds, not rounded: a double as libuv has it. */
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

/** Returns the names as text if all are UTF-8, else all as bytes. */
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
const OPEN_LISTED: CallType<{ fd: number; entries: Entry[] }> = part({
  ...READDIR,
  code: Code.opendir,
  result: (done) => ({ fd: done.value, entries: exactEntries(done) }),
});
const READ_SOME = part(READ_OPEN);
const CLOSE = part(CLOSEDIR);

function step<T>(parent: Parent, type: CallType<T>, target: Target): Call<T> {
  const isPlace = target instanceof Place;
  const path = isPlace ? target.path : target;
  const call = new Call(type, [path]);
  call.parent = parent;
  call.path = path;
  if (isPlace) call.base = target;
  return call;
}

function setDest(call: Call<unknown>, dest: Target): void {
  if (dest instanceof Place) {
    call.dest = dest.path;
    call.destBase = dest;
  } else {
    call.dest = dest;
  }
}

function facted(type: CallType<Facts>, parent: Parent, target: Target): Body<Facts> {
  const call = step(parent, type, target);
  setBigInts(call);
  return result(call);
}

export const stat = (parent: Parent, target: Target): Body<Facts> => facted(STAT_PART, parent, target);
export const lstat = (parent: Parent, target: Target): Body<Facts> => facted(LSTAT_PART, parent, target);
/** Returns all fields, in the form that callers get. */
export const lstatWhole = (parent: Parent, path: Path): Body<Stats> =>
  result(step(parent, LSTAT_WHOLE, path));
export const readlink = (parent: Parent, target: Target): Body<string> =>
  result(step(parent, READLINK, target));
export const readlinkBytes = (parent: Parent, target: Target): Body<Buffer> =>
  result(step(parent, READLINK_BYTES, target));
export const unlink = (parent: Parent, target: Target): Body<void> => result(step(parent, UNLINK, target));
export const rmdir = (parent: Parent, target: Target): Body<void> => result(step(parent, RMDIR, target));

/** Lists the entries sorted, with types. */
export function readdir(parent: Parent, path: Path, encoding: Encoding): Body<Entry[]> {
  const call = step(parent, READ_ALL, path);
  setTyped(call);
  call.encoding = encoding;
  return result(call);
}

/** Lists the entries for paths that are used again: no name is changed by decoding. */
export function readdirExact(parent: Parent, target: Target): Body<Entry[]> {
  const call = step(parent, READ_EXACT, target);
  setTyped(call);
  return result(call);
}

/** Lists the entries in the same way, and leaves the directory open. */
export function openListed(parent: Parent, place: Place): Body<{ fd: number; entries: Entry[] }> {
  const call = step(parent, OPEN_LISTED, place);
  setOpens(call, Opens.listed);
  return result(call);
}

function modeCall<T>(type: CallType<T>, parent: Parent, target: Target, mode: number): Body<T> {
  const call = step(parent, type, target);
  setMode(call, mode);
  return result(call);
}

export const mkdir = (parent: Parent, target: Target): Body<unknown> =>
  modeCall(MKDIR, parent, target, 0o777);
export const mkdirp = (parent: Parent, path: Path): Body<unknown> => modeCall(MKDIRP, parent, path, 0o777);
export const chmod = (parent: Parent, target: Target, mode: number): Body<void> =>
  modeCall(CHMOD, parent, target, mode);

export function utimes(parent: Parent, target: Target, atime: number, mtime: number): Body<void> {
  const call = step(parent, UTIMES, target);
  setTimes(call, atime, mtime, timeRules);
  return result(call);
}

/** `text`: the target of the link. */
export function symlink(parent: Parent, text: Path, target: Target): Body<void> {
  const call = step(parent, SYMLINK, text);
  setDest(call, target);
  return result(call);
}

export function copyFile(parent: Parent, from: Target, to: Target, mode: number): Body<void> {
  const call = step(parent, COPY_FILE, from);
  setDest(call, to);
  setCopyMode(call, mode, copiesOwners);
  return result(call);
}

/** Makes a call on a directory's descriptor. As in Node, its errors name no path. */
function onDirectory<T>(type: CallType<T>, fd: number, path: Path): Call<T> {
  const call = new Call(type, []);
  call.fd = fd;
  call.handlePath = absolutePath(workingDirectory(), path);
  return call;
}

/** Opens a directory for reading. */
export const opendir = (parent: Parent, target: Target): Body<number> =>
  result(step(parent, OPENDIR, target));

/** Opens a descriptor that serves only as the base of places: the directory cannot be read by it. */
export function openForPlaces(parent: Parent, place: Place): Body<number> {
  const call = step(parent, OPENDIR, place);
  setOpens(call, Opens.forPlaces);
  return result(call);
}

/** Lists all entries in the file system's own order, `batch` at a time, as Node's Dir reads them. */
export function* readOpen(
  parent: Parent,
  fd: number,
  path: Path,
  encoding: Encoding,
  batch: number,
): Body<Entry[]> {
  for (let all: Entry[] = []; ; ) {
    const call = onDirectory(READ_SOME, fd, path);
    call.parent = parent;
    setBatch(call, batch);
    call.encoding = encoding;
    const some = yield* result(call);
    if (some.length === 0) return all;
    all = all.length === 0 ? some : all.concat(some);
  }
}

/** The call has no parent: a descriptor is closed even if the composite was interrupted. */
export const closing = (fd: number, path: Path): Call<void> => onDirectory(CLOSE, fd, path);

export const closedir = (fd: number, path: Path): Body<void> => result(closing(fd, path));

/** Does the same for a path: it takes three or more calls instead of one. */
export function* listUnsorted(parent: Parent, path: Path, encoding: Encoding, batch: number): Body<Entry[]> {
  const fd = yield* opendir(parent, path);
  try {
    return yield* readOpen(parent, fd, path, encoding, batch);
  } finally {
    yield* closedir(fd, path);
  }
}
