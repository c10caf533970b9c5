// Functions with promises that make, list and remove directories, and those that work on whole trees.
import type { NonSharedBuffer } from 'node:buffer';
import type {
  BufferEncodingOption,
  CopyOptions,
  Dirent,
  MakeDirectoryOptions,
  Mode,
  ObjectEncodingOptions,
  PathLike,
  RmDirOptions,
  RmOptions,
} from 'node:fs';
import { Call } from '../../call';
import type { CallOptions } from '../../validate/call-options';
import type { Dir } from '../dir/dir';
import { type OpenDirOptions, opendirRequest } from '../dir/request';
import { andThen, carriedOut } from '../plan/plan';
import * as directories from '../requests/directories';
import { given, promised } from '../requests/request';
import { copying } from '../trees/cp';
import { readdirOf } from '../trees/readdir';
import { STACK } from '../trees/readdir-recursive';
import { removal, treeOfRmdir } from '../trees/rm';
import type { BytesOptions, TextOptions } from './paths';

/** With `recursive`, resolves to the first directory that had to be made. */
export function mkdir(
  path: PathLike,
  options: MakeDirectoryOptions & CallOptions & { recursive: true },
): Promise<string | undefined>;
export function mkdir(
  path: PathLike,
  options?: Mode | (MakeDirectoryOptions & CallOptions & { recursive?: false | undefined }) | null,
): Promise<void>;
export function mkdir(
  path: PathLike,
  options?: Mode | (MakeDirectoryOptions & CallOptions) | null,
): Promise<string | undefined>;
export function mkdir(...args: unknown[]): Promise<unknown> {
  return promised(directories.mkdir, args);
}

/** Makes a directory with a unique name: the prefix and six characters. */
export function mkdtemp(prefix: string, options?: TextOptions): Promise<string>;
export function mkdtemp(
  prefix: string,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function mkdtemp(prefix: string, options?: TextOptions): Promise<string | NonSharedBuffer>;
export function mkdtemp(...args: unknown[]): Promise<string | Buffer> {
  return promised(directories.mkdtemp, args);
}

/** Opens a directory. `signal` and `timeout` hold for opening it; reads take their own. */
export function opendir(path: PathLike, options?: OpenDirOptions | BufferEncoding): Promise<Dir>;
export function opendir(...args: unknown[]): Promise<Dir> {
  return promised(opendirRequest, args);
}

type List = CallOptions & { recursive?: boolean | undefined };

/** Lists the names in a directory; with `withFileTypes`, the entries. */
export function readdir(
  path: PathLike,
  options?: (ObjectEncodingOptions & List & { withFileTypes?: false | undefined }) | BufferEncoding | null,
): Promise<string[]>;
export function readdir(
  path: PathLike,
  options: (List & { encoding: 'buffer'; withFileTypes?: false | undefined }) | 'buffer',
): Promise<NonSharedBuffer[]>;
export function readdir(
  path: PathLike,
  options?: (ObjectEncodingOptions & List & { withFileTypes?: false | undefined }) | BufferEncoding | null,
): Promise<string[] | NonSharedBuffer[]>;
export function readdir(
  path: PathLike,
  options: ObjectEncodingOptions & List & { withFileTypes: true },
): Promise<Dirent[]>;
export function readdir(
  path: PathLike,
  options: List & { encoding: 'buffer'; withFileTypes: true },
): Promise<Dirent<NonSharedBuffer>[]>;
export function readdir(...args: unknown[]): Promise<unknown> {
  try {
    const [path, options] = args;
    const { action, rest } = readdirOf(path, options, given(args, 2), STACK);
    if (!(action instanceof Call)) return carriedOut(action);
    return (rest === undefined ? action : andThen(action, rest)).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Removes an empty directory. `recursive` is deprecated, as in Node: use rm(). */
export function rmdir(path: PathLike, options?: RmDirOptions & CallOptions): Promise<void>;
export function rmdir(...args: unknown[]): Promise<void> {
  try {
    const [path, options] = args;
    const tree = treeOfRmdir(path, options, given(args, 2));
    return tree === undefined ? promised(directories.rmdir, args) : carriedOut(tree);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Removes a file; with `recursive`, a directory with everything in it. */
export function rm(path: PathLike, options?: RmOptions & CallOptions): Promise<void>;
export function rm(...args: unknown[]): Promise<void> {
  try {
    const [path, options] = args;
    return carriedOut(removal(path, options, given(args, 2)));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Copies a file; with `recursive`, a directory with everything in it. */
export function cp(
  source: PathLike,
  destination: PathLike,
  options?: CopyOptions & CallOptions,
): Promise<void>;
export function cp(...args: unknown[]): Promise<void> {
  try {
    const [source, destination, options] = args;
    return carriedOut(copying(source, destination, options, given(args, 3)));
  } catch (error) {
    return Promise.reject(error);
  }
}
