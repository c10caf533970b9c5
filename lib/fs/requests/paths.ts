// Functions of paths, and open: look-ups, links, renames, copies.
import { constants } from 'node:fs';
import type { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code } from '../../engine/codes';
import { setAccess, setCopyMode, setFlags, setLinkType, setMode, setSize } from '../../engine/operands';
import { copiesOwners, symlinkTypeFirst } from '../../node/version';
import { isWindows, linkOf } from '../../node/windows';
import { parseFileMode, parseFlags, parseNativeMode, validateSymlinkType } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { validateInteger } from '../../validate/values';
import { decodePath } from '../results/encoding';
import {
  decoded,
  FILE,
  type FillOperands,
  onDescriptor,
  onPath,
  onTwoPaths,
  PATH,
  type Path,
  pathCall,
  type Request,
  voidType,
} from './request';

export const access = onPath({
  type: voidType('access', Code.access, 'access', PATH, false),
  takes: ['path', 'mode?'],
  fill: (call, mode) => setAccess(call, parseNativeMode(mode)),
});

export const rename = onTwoPaths({
  type: voidType('rename', Code.rename, 'rename', PATH, true),
  takes: ['oldPath', 'newPath'],
});

export const link = onTwoPaths({
  type: voidType('link', Code.link, 'link', PATH, true),
  takes: ['existingPath', 'newPath'],
});

const NUL = Buffer.alloc(1);

const SYMLINK = voidType('symlink', Code.symlink, 'symlink', PATH, true);

function windowsLink(
  target: Path,
  path: Path,
  wanted: unknown,
  shown: readonly unknown[],
  options: unknown,
): Call<void> {
  const { text, type, looksAt } = linkOf(target, path, wanted);
  const call = pathCall(SYMLINK, text, shown, options);
  call.dest = path;
  if (looksAt !== undefined) call.data = Buffer.concat([Buffer.from(looksAt), NUL]);
  setLinkType(call, type);
  return call;
}

/** Only Windows uses `type`, but it is checked everywhere. */
export const symlink: Request<void> = {
  type: SYMLINK,
  takes: ['target', 'path', 'type?'],
  build([target, path, type], shown, options) {
    if (symlinkTypeFirst) validateSymlinkType(type);
    const text = validPath(target, 'target');
    const at = validPath(path);
    if (!symlinkTypeFirst) validateSymlinkType(type);
    if (isWindows) return windowsLink(text, at, type, shown, options);
    const call = pathCall(SYMLINK, text, shown, options);
    call.dest = at;
    return call;
  },
};

export const unlink = onPath({
  type: voidType('unlink', Code.unlink, 'unlink', PATH, true),
  takes: ['path'],
});

/** `mode`: bits of COPYFILE_*. */
export const copyFile = onTwoPaths({
  type: voidType('copyFile', Code.copyFile, 'copyfile', FILE, true),
  takes: ['src', 'dest', 'mode?'],
  fill: (call, mode) => setCopyMode(call, parseNativeMode(mode), copiesOwners),
});

const size: FillOperands = (call, given = 0) => {
  validateInteger(given, 'len');
  setSize(call, given);
};

/** Opens the file, cuts or extends it, and closes it, in one call. A negative length means 0. */
export const truncate = onPath({
  type: voidType('truncate', Code.truncate, 'open', FILE, true),
  takes: ['path', 'len?'],
  fill: size,
});

export const ftruncate = onDescriptor({
  type: voidType('ftruncate', Code.ftruncate, 'ftruncate', FILE, true),
  takes: ['fd', 'len?'],
  fill: size,
});

const toPath = (done: Completion, call: Call<string | Buffer>): string | Buffer =>
  decodePath(done, call.encoding);

/** Returns the target of a symbolic link. */
export const readlink = decoded({
  type: { ...voidType('readlink', Code.readlink, 'readlink', PATH, false), result: toPath },
  takes: ['oldPath'],
});

/**
 * No kernel takes a path of more bytes, but realpath(3) does, since it goes name by name. Such a path is passed as
 * data, not as a path.
 */
const LONG = 16 * 1024;

/** Returns the absolute path, without symbolic links, `.` and `..`. */
export const realpath = decoded({
  type: { ...voidType('realpath', Code.realpath, 'realpath', PATH, false), result: toPath },
  takes: ['path'],
  fill(call) {
    const { path } = call;
    if (path.length > LONG) call.data = Buffer.concat([Buffer.from(path as string), NUL]);
  },
});

/** The two types of an open. An open that creates or truncates a file changes the disk by itself. */
export interface Opening<T> {
  readonly toRead: CallType<T>;
  readonly toChange: CallType<T>;
}

export function opening<T>(kind: number, result: CallType<T>['result']): Opening<T> {
  const toRead = { fn: 'open', code: Code.open, syscall: 'open', kind, changes: false, result };
  return { toRead, toChange: { ...toRead, changes: true } };
}

const CHANGING = constants.O_CREAT | constants.O_TRUNC;

/** `mode`: the permissions of the file, if the open creates it. */
export function openCall<T>(
  { toRead, toChange }: Opening<T>,
  path: string | Uint8Array,
  flags: number,
  mode: number,
  shown: readonly unknown[],
  options: unknown,
): Call<T> {
  const call = pathCall((flags & CHANGING) === 0 ? toRead : toChange, path, shown, options);
  setFlags(call, flags);
  setMode(call, mode);
  return call;
}

/** open() with the types `opened`, which make the result of the descriptor. */
export const openRequest = <T>(opened: Opening<T>): Request<T> => ({
  type: opened.toRead,
  takes: ['path', 'flags?', 'mode?'],
  build([path, flags, mode], shown, options) {
    const valid = validPath(path);
    const bits = parseFlags(flags);
    return openCall(opened, valid, bits, parseFileMode(mode, 'mode', 0o666), shown, options);
  },
});
