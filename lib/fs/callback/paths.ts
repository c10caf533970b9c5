// Callback functions of paths: look-ups, links, renames, permissions, times.
import type * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { Call } from '../../call';
import { type Pass, passNothing } from '../../call/callbacks';
import { isUnavailable } from '../../call/errors';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import * as attributes from '../requests/attributes';
import * as requests from '../requests/paths';
import { pathCall } from '../requests/request';
import {
  define,
  defineLast,
  defineWithOptions,
  Instead,
  isOurs,
  LEAVE_TO_NODE,
  leaveUnlessOurs,
  shown,
  takeAt,
  takeLast,
} from './define';

type Path = fs.PathLike;

export const access = defineLast<
  typeof fs.access & {
    (path: Path, options: CallOptions, callback: fs.NoParamCallback): void;
    (path: Path, mode: number | undefined, options: CallOptions, callback: fs.NoParamCallback): void;
  }
>('access', requests.access);

export const copyFile = defineLast<
  typeof fs.copyFile & {
    (src: Path, dest: Path, options: CallOptions, callback: fs.NoParamCallback): void;
    (
      src: Path,
      dest: Path,
      mode: number | undefined,
      options: CallOptions,
      callback: fs.NoParamCallback,
    ): void;
  }
>('copyFile', requests.copyFile);

type TwoPaths = (from: Path, to: Path, options: CallOptions, callback: fs.NoParamCallback) => void;
export const rename = defineLast<typeof fs.rename & TwoPaths>('rename', requests.rename);
export const link = defineLast<typeof fs.link & TwoPaths>('link', requests.link);

/** The callback is the last argument, at whatever index. */
export const symlink = define<
  typeof fs.symlink & {
    (target: Path, path: Path, options: CallOptions, callback: fs.NoParamCallback): void;
    (
      target: Path,
      path: Path,
      type: fs.symlink.Type | null,
      options: CallOptions,
      callback: fs.NoParamCallback,
    ): void;
  }
>('symlink', requests.symlink.takes, (args) => {
  const last = args.length - 1;
  const at = last > 2 && isOurs(args[last - 1]) ? last - 1 : last;
  const taken = takeAt(args, at);
  if (taken === undefined) throw LEAVE_TO_NODE;
  const { callback, options } = taken;
  const type = at > 2 ? args[2] : undefined;
  return {
    callback,
    action: requests.symlink.build([args[0], args[1], type], shown(args), options),
    pass: passNothing,
  };
});

export const unlink = defineLast<
  typeof fs.unlink & ((path: Path, options: CallOptions, callback: fs.NoParamCallback) => void)
>('unlink', requests.unlink);

export const chmod = defineLast<
  typeof fs.chmod & ((path: Path, mode: fs.Mode, options: CallOptions, callback: fs.NoParamCallback) => void)
>('chmod', attributes.chmod);

type Own = (path: Path, uid: number, gid: number, options: CallOptions, callback: fs.NoParamCallback) => void;
export const chown = defineLast<typeof fs.chown & Own>('chown', attributes.chown);
export const lchown = defineLast<typeof fs.lchown & Own>('lchown', attributes.lchown);

type Touch = (
  path: Path,
  atime: fs.TimeLike,
  mtime: fs.TimeLike,
  options: CallOptions,
  callback: fs.NoParamCallback,
) => void;
export const utimes = defineLast<typeof fs.utimes & Touch>('utimes', attributes.utimes);
export const lutimes = defineLast<typeof fs.lutimes & Touch>('lutimes', attributes.lutimes);

export const readlink = defineWithOptions<typeof fs.readlink>('readlink', requests.readlink);

const STEPS_OF_EXISTS = ['access'];
const EXISTS = { ...requests.access.type, fn: 'exists' };
const passWhether: Pass = (callback, error) => (callback as unknown as (found: boolean) => void)(!error);

/** An invalid path does not exist: the callback is called at once. */
export const exists = define<
  typeof fs.exists & ((path: Path, options: CallOptions, callback: (exists: boolean) => void) => void)
>('exists', ['path'], (args) => {
  const { callback, options } = takeLast(args, 1, 1);
  leaveUnlessOurs(STEPS_OF_EXISTS);
  let path: string | Uint8Array;
  try {
    path = validPath(args[0]);
  } catch {
    const tell = callback as unknown as (found: boolean) => void;
    return { callback, action: new Instead(() => tell(false)), pass: passWhether };
  }
  return { callback, action: pathCall(EXISTS, path, shown(args), options), pass: passWhether };
});
Object.defineProperty(exists.face, promisify.custom, {
  value: {
    // If the file system is unavailable, nobody knows whether the file exists: the promise rejects instead of resolving
    // to false.
    exists: (path: fs.PathLike, options?: CallOptions): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const { access } = requests;
        const known = (error: unknown): void => (isUnavailable(error) ? reject(error) : resolve(false));
        let call: Call<void>;
        try {
          call = access.build([path], options === undefined ? [path] : [path, options], options);
        } catch {
          resolve(false);
          return;
        }
        call.start().then(() => resolve(true), known);
      }),
  }.exists,
});
