// What is done to a path by its name: look-ups, links, renames, permissions, times.
import type { NonSharedBuffer } from 'node:buffer';
import type { BufferEncodingOption, Mode, ObjectEncodingOptions, PathLike, TimeLike } from 'node:fs';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { symlinkTypeFirst } from '../../node/version';
import {
  parseFileMode,
  parseNativeMode,
  parseOptions,
  toUnixTimestamp,
  validateSymlinkType,
} from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateInteger } from '../../validate/values';
import {
  type ExtraOptions,
  FILE,
  given,
  PATH,
  pathCall,
  setTimes,
  twoPathCall,
  voidType,
} from '../requests/path-call';
import { decodePath, type PathEncoding } from '../results/encoding';

export const ACCESS = voidType('access', Code.access, 'access', PATH, false);
export const RENAME = voidType('rename', Code.rename, 'rename', PATH, true);
export const LINK = voidType('link', Code.link, 'link', PATH, true);
export const SYMLINK = voidType('symlink', Code.symlink, 'symlink', PATH, true);
export const UNLINK = voidType('unlink', Code.unlink, 'unlink', PATH, true);
export const CHMOD = voidType('chmod', Code.chmod, 'chmod', PATH, true);
export const CHOWN = voidType('chown', Code.chown, 'chown', PATH, true);
export const LCHOWN = voidType('lchown', Code.lchown, 'lchown', PATH, true);
export const UTIMES = voidType('utimes', Code.utimes, 'utime', PATH, true);
export const LUTIMES = voidType('lutimes', Code.lutimes, 'lutime', PATH, true);
export const TRUNCATE = voidType('truncate', Code.truncate, 'open', FILE, true);
export const COPY_FILE = voidType('copyFile', Code.copyFile, 'copyfile', FILE, true);

export const READLINK: CallType<string | Buffer> = {
  ...voidType('readlink', Code.readlink, 'readlink', PATH, false),
  result: (done, call) => decodePath(done, call.extra as PathEncoding),
};
export const REALPATH: CallType<string | Buffer> = {
  ...voidType('realpath', Code.realpath, 'realpath', PATH, false),
  result: (done, call) => decodePath(done, call.extra as PathEncoding),
};

/** Resolves where the access asked for (F_OK, R_OK, W_OK, X_OK) is allowed. */
export function access(path: PathLike, mode?: number, options?: ExtraOptions): Promise<void> {
  try {
    const call = pathCall(ACCESS, validPath(path), given(path, mode, options), options);
    call.i0 = parseNativeMode(mode);
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function rename(oldPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void> {
  try {
    const from = validPath(oldPath, 'oldPath');
    const to = validPath(newPath, 'newPath');
    return twoPathCall(RENAME, from, to, given(oldPath, newPath, options), options).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function link(existingPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void> {
  try {
    const from = validPath(existingPath, 'existingPath');
    const to = validPath(newPath, 'newPath');
    return twoPathCall(LINK, from, to, given(existingPath, newPath, options), options).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** `type` matters on Windows only, and is checked everywhere. */
export function symlink(
  target: PathLike,
  path: PathLike,
  type?: string | null,
  options?: ExtraOptions,
): Promise<void> {
  try {
    if (symlinkTypeFirst) validateSymlinkType(type);
    const to = validPath(target, 'target');
    const at = validPath(path);
    validateSymlinkType(type);
    return twoPathCall(SYMLINK, to, at, given(target, path, type, options), options).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function unlink(path: PathLike, options?: ExtraOptions): Promise<void> {
  try {
    return pathCall(UNLINK, validPath(path), given(path, options), options).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function chmod(path: PathLike, mode: Mode, options?: ExtraOptions): Promise<void> {
  try {
    const valid = validPath(path);
    const bits = parseFileMode(mode, 'mode');
    const call = pathCall(CHMOD, valid, given(path, mode, options), options);
    call.i1 = bits | 0;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

const MAX_ID = 2 ** 32 - 1;

function owned(
  type: CallType<void>,
  path: PathLike,
  uid: number,
  gid: number,
  options: unknown,
): Promise<void> {
  try {
    const valid = validPath(path);
    validateInteger(uid, 'uid', -1, MAX_ID);
    validateInteger(gid, 'gid', -1, MAX_ID);
    const call = pathCall(type, valid, given(path, uid, gid, options), options);
    call.i0 = uid | 0;
    call.i1 = gid | 0;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function chown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void> {
  return owned(CHOWN, path, uid, gid, options);
}

export function lchown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void> {
  return owned(LCHOWN, path, uid, gid, options);
}

function timed(
  type: CallType<void>,
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options: unknown,
): Promise<void> {
  try {
    const valid = validPath(path);
    const accessed = toUnixTimestamp(atime);
    const modified = toUnixTimestamp(mtime);
    const call = pathCall(type, valid, given(path, atime, mtime, options), options);
    setTimes(call, accessed, modified);
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function utimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void> {
  return timed(UTIMES, path, atime, mtime, options);
}

export function lutimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void> {
  return timed(LUTIMES, path, atime, mtime, options);
}

/** Opens, cuts or extends, and closes, in one trip. A negative length counts as 0. */
export function truncate(path: PathLike, len = 0, options?: ExtraOptions): Promise<void> {
  try {
    const valid = validPath(path);
    validateInteger(len, 'len');
    const call = pathCall(TRUNCATE, valid, given(path, len, options), options);
    call.d0 = Math.max(0, len);
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** `mode`: COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE. */
export function copyFile(
  src: PathLike,
  dest: PathLike,
  mode?: number,
  options?: ExtraOptions,
): Promise<void> {
  try {
    const from = validPath(src, 'src');
    const to = validPath(dest, 'dest');
    const bits = parseNativeMode(mode);
    const call = twoPathCall(COPY_FILE, from, to, given(src, dest, mode, options), options);
    call.i0 = bits;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** No kernel takes such a path; realpath does, name by name as realpath(3). It goes another way than paths do. */
const LONG = 16 * 1024;
const NUL = Buffer.alloc(1);

function resolved(
  type: CallType<string | Buffer>,
  path: PathLike,
  name: string,
  options: unknown,
): Promise<string | Buffer> {
  try {
    const parsed = parseOptions(options);
    const valid = validPath(path, name);
    const call = pathCall(type, valid, given(path, options), parsed);
    if (type === REALPATH && valid.length > LONG)
      call.data = Buffer.concat([Buffer.from(valid as string), NUL]);
    call.extra = parsed.encoding;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What functions that give back a path take: an encoding, alone or among other options. */
export type TextOptions = (ObjectEncodingOptions & CallOptions) | BufferEncoding | null;
export type BytesOptions = 'buffer' | ({ encoding: 'buffer' } & CallOptions);

/** The text of a symbolic link. */
export function readlink(path: PathLike, options?: TextOptions): Promise<string>;
export function readlink(
  path: PathLike,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function readlink(
  path: PathLike,
  options?: (ObjectEncodingOptions & CallOptions) | string | null,
): Promise<string | NonSharedBuffer>;
export function readlink(path: PathLike, options?: unknown): Promise<string | Buffer> {
  return resolved(READLINK, path, 'oldPath', options);
}

/** The absolute path, without links, `..` and `../..`. */
export function realpath(path: PathLike, options?: TextOptions): Promise<string>;
export function realpath(
  path: PathLike,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function realpath(path: PathLike, options?: TextOptions): Promise<string | NonSharedBuffer>;
export function realpath(path: PathLike, options?: unknown): Promise<string | Buffer> {
  return resolved(REALPATH, path, 'path', options);
}
