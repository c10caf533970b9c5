// Functions with promises of paths: look-ups, links, renames, permissions, times. Their requests say what they do.
import type { NonSharedBuffer } from 'node:buffer';
import type { BufferEncodingOption, Mode, ObjectEncodingOptions, PathLike, TimeLike } from 'node:fs';
import type { CallOptions } from '../../validate/call-options';
import * as attributes from '../requests/attributes';
import * as paths from '../requests/paths';
import { type ExtraOptions, promised } from '../requests/request';

/** Resolves where the access asked for (F_OK, R_OK, W_OK, X_OK) is allowed. */
export function access(path: PathLike, mode?: number, options?: ExtraOptions): Promise<void>;
export function access(path: PathLike, options: CallOptions): Promise<void>;
export function access(...args: unknown[]): Promise<void> {
  return promised(paths.access, args);
}

/** Moves a file to another path; what is there is replaced. */
export function rename(oldPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void>;
export function rename(...args: unknown[]): Promise<void> {
  return promised(paths.rename, args);
}

/** Makes a hard link: one more name of a file. */
export function link(existingPath: PathLike, newPath: PathLike, options?: ExtraOptions): Promise<void>;
export function link(...args: unknown[]): Promise<void> {
  return promised(paths.link, args);
}

/** Makes a symbolic link. `type` matters on Windows only, and is checked everywhere. */
export function symlink(
  target: PathLike,
  path: PathLike,
  type?: string | null,
  options?: ExtraOptions,
): Promise<void>;
export function symlink(...args: unknown[]): Promise<void> {
  return promised(paths.symlink, args);
}

/** Removes a name of a file, and with the last one the file. */
export function unlink(path: PathLike, options?: ExtraOptions): Promise<void>;
export function unlink(...args: unknown[]): Promise<void> {
  return promised(paths.unlink, args);
}

/** Sets the permissions. */
export function chmod(path: PathLike, mode: Mode, options?: ExtraOptions): Promise<void>;
export function chmod(...args: unknown[]): Promise<void> {
  return promised(attributes.chmod, args);
}

/** Sets the owner and the group; links are followed. */
export function chown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void>;
export function chown(...args: unknown[]): Promise<void> {
  return promised(attributes.chown, args);
}

/** Sets the owner and the group of the path itself, should it be a link. */
export function lchown(path: PathLike, uid: number, gid: number, options?: ExtraOptions): Promise<void>;
export function lchown(...args: unknown[]): Promise<void> {
  return promised(attributes.lchown, args);
}

/** Sets the times of the last access and the last change; links are followed. */
export function utimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void>;
export function utimes(...args: unknown[]): Promise<void> {
  return promised(attributes.utimes, args);
}

/** Sets those times of the path itself, should it be a link. */
export function lutimes(
  path: PathLike,
  atime: TimeLike,
  mtime: TimeLike,
  options?: ExtraOptions,
): Promise<void>;
export function lutimes(...args: unknown[]): Promise<void> {
  return promised(attributes.lutimes, args);
}

/** Cuts the file to `len` bytes (default: 0), or extends it with zeros. A negative length counts as 0. */
export function truncate(path: PathLike, len?: number, options?: ExtraOptions): Promise<void>;
export function truncate(...args: unknown[]): Promise<void> {
  return promised(paths.truncate, args);
}

/** Copies one file. `mode`: COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE. */
export function copyFile(src: PathLike, dest: PathLike, mode?: number, options?: ExtraOptions): Promise<void>;
export function copyFile(...args: unknown[]): Promise<void> {
  return promised(paths.copyFile, args);
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
export function readlink(...args: unknown[]): Promise<string | Buffer> {
  return promised(paths.readlink, args);
}

/** The absolute path, without links, `..` and `../..`. */
export function realpath(path: PathLike, options?: TextOptions): Promise<string>;
export function realpath(
  path: PathLike,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function realpath(path: PathLike, options?: TextOptions): Promise<string | NonSharedBuffer>;
export function realpath(...args: unknown[]): Promise<string | Buffer> {
  return promised(paths.realpath, args);
}
