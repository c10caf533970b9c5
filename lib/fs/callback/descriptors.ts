// Callback functions of descriptors by their number, and open and close, which give them and take them.
import * as fs from 'node:fs';
import { Call } from '../../call';
import { type Pass, passNothing, passValue } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { close as closeOfNode, original } from '../../node/original';
import { truncatesDescriptors } from '../../node/version';
import { parseFileMode, parseFlags, toUnixTimestamp } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateInteger } from '../../validate/values';
import { isNodes } from '../handle/closing';
import { FILE, pathCall, setTimes, voidType } from '../requests/path-call';
import { define, descriptor, isOurs, shown, take, wait } from './define';
import { truncatePath } from './paths';

const OPEN: CallType<number> = {
  fn: 'open',
  code: Code.open,
  syscall: 'open',
  kind: FILE,
  changes: false,
  result: (done) => done.value,
};
const OPEN_TO_CHANGE: CallType<number> = { ...OPEN, changes: true };
const CHANGING = fs.constants.O_CREAT | fs.constants.O_TRUNC;

/** Where the callback belongs: everything before it may be left out, from the end on. */
function openCallbackAt(args: unknown[]): number {
  if (args.length < 3) return 1;
  const behind = isOurs(args[1]) && typeof args[2] === 'function' ? 1 : 2;
  if (behind === 1 || typeof args[2] === 'function') return behind;
  return isOurs(args[2]) && typeof args[3] === 'function' ? 2 : 3;
}

type Opened = (error: NodeJS.ErrnoException | null, fd: number) => void;

export const open = define<
  typeof fs.open & {
    (path: fs.PathLike, options: CallOptions, callback: Opened): void;
    (path: fs.PathLike, flags: fs.OpenMode | undefined, options: CallOptions, callback: Opened): void;
    (
      path: fs.PathLike,
      flags: fs.OpenMode | undefined,
      mode: fs.Mode | undefined | null,
      options: CallOptions,
      callback: Opened,
    ): void;
  }
>('open', (args) => {
  const at = openCallbackAt(args);
  const { callback, options } = take(args, at);
  const flags = at > 1 ? parseFlags(args[1]) : fs.constants.O_RDONLY;
  const mode = at > 2 ? parseFileMode(args[2], 'mode', 0o666) : 0o666;
  const type = (flags & CHANGING) === 0 ? OPEN : OPEN_TO_CHANGE;
  const call = pathCall(type, validPath(args[0]), shown(args), options);
  call.i0 = flags;
  call.i1 = mode | 0;
  wait(callback, passValue);
  return call;
});

export const CLOSE = voidType('close', Code.close, 'close', FILE, false);

function throwAny(error: unknown): void {
  if (error !== null) throw error;
}

/** Never interrupted: `signal` and `timeout` free the caller, and the descriptor is closed all the same. */
export const close = define<
  typeof fs.close & ((fd: number, options: CallOptions, callback: fs.NoParamCallback) => void)
>('close', (args) => {
  const fd = descriptor(args[0]);
  if (args[1] === undefined) args = [fd, throwAny];
  const { callback, options } = take(args, 1);
  if (isNodes(fd)) {
    closeOfNode(fd, callback);
    return undefined;
  }
  const call = new Call(CLOSE, [fd], options);
  call.fd = fd;
  wait(callback, passNothing);
  return call;
});

function onDescriptor(
  type: CallType<void>,
  args: unknown[],
  at: number,
  pass: Pass = passNothing,
): Call<void> {
  const { callback, options } = take(args, at);
  const fd = descriptor(args[0]);
  const call = new Call(type, shown(args), options);
  call.fd = fd;
  wait(callback, pass);
  return call;
}

type Done = fs.NoParamCallback;
type Sync = (fd: number, options: CallOptions, callback: Done) => void;

const FSYNC = voidType('fsync', Code.fsync, 'fsync', FILE, true);
const FDATASYNC = voidType('fdatasync', Code.fdatasync, 'fdatasync', FILE, true);
export const fsync = define<typeof fs.fsync & Sync>('fsync', (args) => onDescriptor(FSYNC, args, 1));
export const fdatasync = define<typeof fs.fdatasync & Sync>('fdatasync', (args) =>
  onDescriptor(FDATASYNC, args, 1),
);

const FCHMOD = voidType('fchmod', Code.fchmod, 'fchmod', FILE, true);
export const fchmod = define<
  typeof fs.fchmod & ((fd: number, mode: fs.Mode, options: CallOptions, callback: Done) => void)
>('fchmod', (args) => {
  const mode = parseFileMode(args[1], 'mode');
  const call = onDescriptor(FCHMOD, args, 2);
  call.i1 = mode | 0;
  return call;
});

const MAX_ID = 2 ** 32 - 1;
const FCHOWN = voidType('fchown', Code.fchown, 'fchown', FILE, true);
export const fchown = define<
  typeof fs.fchown & ((fd: number, uid: number, gid: number, options: CallOptions, callback: Done) => void)
>('fchown', (args) => {
  const [, uid, gid] = args;
  validateInteger(uid, 'uid', -1, MAX_ID);
  validateInteger(gid, 'gid', -1, MAX_ID);
  const call = onDescriptor(FCHOWN, args, 3);
  call.i0 = uid | 0;
  call.i1 = gid | 0;
  return call;
});

const FUTIMES = voidType('futimes', Code.futimes, 'futime', FILE, true);
export const futimes = define<
  typeof fs.futimes &
    ((fd: number, atime: fs.TimeLike, mtime: fs.TimeLike, options: CallOptions, callback: Done) => void)
>('futimes', (args) => {
  const atime = toUnixTimestamp(args[1], 'atime');
  const mtime = toUnixTimestamp(args[2], 'mtime');
  const call = onDescriptor(FUTIMES, args, 3);
  setTimes(call, atime, mtime);
  return call;
});

const FTRUNCATE = voidType('ftruncate', Code.ftruncate, 'ftruncate', FILE, true);

function truncateDescriptor(args: unknown[]): Call<void> {
  const length = args[1];
  const bare = typeof length === 'function' || (isOurs(length) && typeof args[2] === 'function');
  const size = bare || length === undefined ? 0 : length;
  validateInteger(size, 'len');
  const call = onDescriptor(FTRUNCATE, args, bare ? 1 : 2);
  call.d0 = Math.max(0, size);
  return call;
}

type FTruncate = (fd: number, len: number | undefined, options: CallOptions, callback: Done) => void;
export const ftruncate = define<typeof fs.ftruncate & FTruncate>('ftruncate', truncateDescriptor);

/** Node itself warns, once for all: told a length that is none, it goes no further. */
function warnOfDescriptor(): void {
  try {
    (original.truncate as (fd: number, length: string) => void)(0, '');
  } catch {
    // It was to throw.
  }
}

type Truncate = (path: fs.PathLike, len: number | undefined, options: CallOptions, callback: Done) => void;
/** Of a path, or, where Node has not given that up, of a descriptor. */
export const truncate = define<typeof fs.truncate & Truncate>('truncate', (args) => {
  if (typeof args[0] !== 'number' || !truncatesDescriptors) return truncatePath(args);
  warnOfDescriptor();
  return truncateDescriptor(args);
});
