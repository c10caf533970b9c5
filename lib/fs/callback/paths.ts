// Callback functions of paths by their names: look-ups, links, renames, permissions, times.
import type * as fs from 'node:fs';
import type { Call } from '../../call';
import { passNothing, passValue } from '../../call/callbacks';
import type { CallType } from '../../call/type';
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
import * as types from '../promises/paths';
import { pathCall, setTimes, twoPathCall } from '../requests/path-call';
import { define, isOurs, madeOf, NODES_OWN, ours, shown, take, wait } from './define';

type Path = fs.PathLike;
type Done = fs.NoParamCallback;

/** path, mode?, options? */
export const access = define<
  typeof fs.access & {
    (path: Path, options: CallOptions, callback: Done): void;
    (path: Path, mode: number | undefined, options: CallOptions, callback: Done): void;
  }
>('access', (args) => {
  const bare = typeof args[1] === 'function' || (isOurs(args[1]) && typeof args[2] === 'function');
  const { callback, options } = take(args, bare ? 1 : 2);
  const call = pathCall(types.ACCESS, validPath(args[0]), shown(args), options);
  call.i0 = bare ? 0 : parseNativeMode(args[1]);
  wait(callback, passNothing);
  return call;
});

export const copyFile = define<
  typeof fs.copyFile & {
    (src: Path, dest: Path, options: CallOptions, callback: Done): void;
    (src: Path, dest: Path, mode: number | undefined, options: CallOptions, callback: Done): void;
  }
>('copyFile', (args) => {
  const bare = typeof args[2] === 'function' || (isOurs(args[2]) && typeof args[3] === 'function');
  const { callback, options } = take(args, bare ? 2 : 3);
  const from = validPath(args[0], 'src');
  const to = validPath(args[1], 'dest');
  const call = twoPathCall(types.COPY_FILE, from, to, shown(args), options);
  call.i0 = bare ? 0 : parseNativeMode(args[2]);
  wait(callback, passNothing);
  return call;
});

function twoPaths(type: CallType<void>) {
  return (args: unknown[]): Call<void> => {
    const { callback, options } = take(args, 2);
    const call = twoPathCall(type, validPath(args[0]), validPath(args[1]), shown(args), options);
    wait(callback, passNothing);
    return call;
  };
}

type TwoPaths = (from: Path, to: Path, options: CallOptions, callback: Done) => void;
export const rename = define<typeof fs.rename & TwoPaths>('rename', twoPaths(types.RENAME));
export const link = define<typeof fs.link & TwoPaths>('link', twoPaths(types.LINK));

/** The callback is the last argument, whichever that is. */
export const symlink = define<
  typeof fs.symlink & {
    (target: Path, path: Path, options: CallOptions, callback: Done): void;
    (target: Path, path: Path, type: fs.symlink.Type | null, options: CallOptions, callback: Done): void;
  }
>('symlink', (args) => {
  const last = args.length - 1;
  const { callback, options } = take(args, last > 2 && isOurs(args[last - 1]) ? last - 1 : last);
  if (typeof args[2] === 'string' || (symlinkTypeFirst && args[2] !== callback && args[2] !== options)) {
    validateSymlinkType(args[2]);
  }
  const call = twoPathCall(types.SYMLINK, validPath(args[0]), validPath(args[1]), shown(args), options);
  wait(callback, passNothing);
  return call;
});

export const unlink = define<typeof fs.unlink & ((path: Path, options: CallOptions, callback: Done) => void)>(
  'unlink',
  (args) => {
    const { callback, options } = take(args, 1);
    const call = pathCall(types.UNLINK, validPath(args[0]), shown(args), options);
    wait(callback, passNothing);
    return call;
  },
);

export const chmod = define<
  typeof fs.chmod & ((path: Path, mode: fs.Mode, options: CallOptions, callback: Done) => void)
>('chmod', (args) => {
  const { callback, options } = take(args, 2);
  const mode = parseFileMode(args[1], 'mode');
  const call = pathCall(types.CHMOD, validPath(args[0]), shown(args), options);
  call.i1 = mode | 0;
  wait(callback, passNothing);
  return call;
});

const MAX_ID = 2 ** 32 - 1;

const owned = (type: CallType<void>) => (args: unknown[]) => {
  const [path, uid, gid] = args;
  const { callback, options } = take(args, 3);
  validateInteger(uid, 'uid', -1, MAX_ID);
  validateInteger(gid, 'gid', -1, MAX_ID);
  const call = pathCall(type, validPath(path), shown(args), options);
  call.i0 = uid | 0;
  call.i1 = gid | 0;
  wait(callback, passNothing);
  return call;
};

type Own = (path: Path, uid: number, gid: number, options: CallOptions, callback: Done) => void;
export const chown = define<typeof fs.chown & Own>('chown', owned(types.CHOWN));
export const lchown = define<typeof fs.lchown & Own>('lchown', owned(types.LCHOWN));

const timed = (type: CallType<void>) => (args: unknown[]) => {
  const { callback, options } = take(args, 3);
  const atime = toUnixTimestamp(args[1]);
  const mtime = toUnixTimestamp(args[2]);
  const call = pathCall(type, validPath(args[0]), shown(args), options);
  setTimes(call, atime, mtime);
  wait(callback, passNothing);
  return call;
};

type Touch = (
  path: Path,
  atime: fs.TimeLike,
  mtime: fs.TimeLike,
  options: CallOptions,
  callback: Done,
) => void;
export const utimes = define<typeof fs.utimes & Touch>('utimes', timed(types.UTIMES));
export const lutimes = define<typeof fs.lutimes & Touch>('lutimes', timed(types.LUTIMES));

/** An options argument that may be left out, and the callback behind it; `at` is where the options would be. */
export function optional(args: unknown[], at: number): { callback: unknown; given: unknown } {
  const here = args[at];
  if (typeof here === 'function') return { callback: here, given: undefined };
  const callback = args[at + 1];
  if (typeof callback !== 'function') throw NODES_OWN;
  return { callback, given: ours(here) };
}

export const readlink = define<typeof fs.readlink>('readlink', (args) => {
  const { callback, given } = optional(args, 1);
  const options = parseOptions(given);
  const call = pathCall(types.READLINK, validPath(args[0]), shown(args), options);
  call.extra = options.encoding;
  wait(callback as never, passValue);
  return call;
});

const STEPS_OF_TRUNCATE = ['open'];

/** truncate() of a path; Node has the length default to 0. */
export function truncatePath(args: unknown[]): Call<void> {
  const [path, length] = args;
  madeOf(STEPS_OF_TRUNCATE);
  const bare = typeof length === 'function' || (isOurs(length) && typeof args[2] === 'function');
  const { callback, options } = take(args, bare ? 1 : 2);
  const size = bare || length === undefined ? 0 : length;
  validateInteger(size, 'len');
  const call = pathCall(types.TRUNCATE, validPath(path), shown(args), options);
  call.d0 = Math.max(0, size);
  wait(callback, passNothing);
  return call;
}
