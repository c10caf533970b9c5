// Functions of paths with promises: look-ups, links, renames, permissions, times. lib/fs/requests says how each is
// done.
import type { NonSharedBuffer } from 'node:buffer';
import type { BufferEncodingOption, Mode, ObjectEncodingOptions, PathLike, TimeLike } from 'node:fs';
import type { CallOptions } from '../../validate/call-options';
import * as attributes from '../requests/attributes';
import * as paths from '../requests/paths';
import { type ExtraOptions, promised } from '../requests/request';

/** Resolves if the access asked for (F_OK, R_OK, W_OK, X_OK) is allowed. */
export function access(path: PathLike, mode?: number, options?: ExtraOptions): Promise<void>;
export function access(path: PathLike, options: CallOptions): Promise<void>;
export function access(...args: unknown[]): Promise<void> {
  return promised(paths.access, args);
}

/** Moves a file to another path. An existing file there is replaced. */
export function rename(oldPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void>;
export function rename(...args: unknown[]): Promise<void> {
  return promised(paths.rename, args);
}

/** Makes a hard link: one more name of a file. */
export function link(existingPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void>;
export function link(...args: unknown[]): Promise<void> {
  return promised(paths.link, args);
}

/** Makes a symbolic link. Only Windows uses `type`, but it is checked everywhere. */
export function symlink(
  target: PathLike,
  path: PathLike,
  type?: string | null,
  options?: ExtraOptions,
): Promise<void>;
export function symlink(...args: unknown[]): Promise<void> {
  return promised(paths.symlink, args);
}

/** Removes a name of a file, and with the last name the file. */
export function unlink(path: PathLike, options?: ExtraOptions): Promise<void>;
export function unlink(...args: unknown[]): Promise<void> {
  return promised(paths.unlink, args);
}

/** Sets the permissions. */
export function chmod(path: PathLike, mode: Mode, options?: ExtraOptions): Promise<void>;
export function chmod(...args: unknown[]): Promise<void> {
  return promised(attributes.chmod, args);
}

/** Sets the owner and the group. Symbolic links are followed. */
export function chown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void>;
export function chown(...args: unknown[]): Promise<void> {
  return promised(attributes.chown, args);
}

/** Sets the owner and the group. A symbolic link is not followed. */
export function lchown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void>;
export function lchown(...args: unknown[]): Promise<void> {
  return promised(attributes.lchown, args);
}

/** Sets the times of the last access and the last change. Symbolic links are followed. */
export function utimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void>;
export function utimes(...args: unknown[]): Promise<void> {
  return promised(attributes.utimes, args);
}

/** Sets the times of the last access and the last change. A symbolic link is not followed. */
export function lutimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void>;
export function lutimes(...args: unknown[]): Promise<void> {
  return promised(attributes.lutimes, args);
}

/** Cuts the file to `len` bytes (default: 0), or extends it with zeros. A negative length means 0. */
export function truncate(path: PathLike, len?: number, options?: ExtraOptions): Promise<void>;
export function truncate(...args: unknown[]): Promise<void> {
  return promised(paths.truncate, args);
}

/** Copies one file. `mode`: COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE. */
export function copyFile(src: PathLike, dest: PathLike, mode?: number, options?: ExtraOptions): Promise<void>;
export function copyFile(...args: unknown[]): Promise<void> {
  return promised(paths.copyFile, args);
}

/** The options of functions that return a path: an encoding, alone or among other options. */
export type TextOptions = (ObjectEncodingOptions & CallOptions) | BufferEncoding | null;
export type BytesOptions = 'buffer' | ({ encoding: 'buffer' } & CallOptions);

/** Returns the target of a symbolic link. */
export function readlink(path: PathLike, options?: TextOptions): Promise<string>;
export function readlink(
  path: PathLike,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function readlink(
  path: PathLike,
  options?: (ObjectEncodingOptions & CallOptions) | string | null,
): Promise<string | NonSharedBuffer>;
export function readlink(...args: unknown[]): Promise<string | Buffer> {
  return promised(paths.readlink, args);
}

/** Returns the absolute path, without symbolic links, `.` and `..`. */
export function realpath(path: PathLike, options?: TextOptions): Promise<string>;
export function realpath(
  path: PathLike,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function realpath(path: PathLike, options?: TextOptions): Promise<string | NonSharedBuffer>;
export function realpath(...args: unknown[]): Promise<string | Buffer> {
  return promised(paths.realpath, args);
}
