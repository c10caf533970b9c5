// Callback functions of descriptors; open and close, which make and take them; truncate.
import type * as fs from 'node:fs';
import { passNothing, passValue } from '../../call/callbacks';
import { close as closeOfNode } from '../../node/original';
import { truncatesDescriptors } from '../../node/version';
import type { CallOptions } from '../../validate/call-options';
import { isNodes } from '../handle/closing';
import * as attributes from '../requests/attributes';
import * as paths from '../requests/paths';
import { FILE } from '../requests/request';
import {
  define,
  defineLast,
  descriptor,
  Instead,
  isOurs,
  LEAVE_TO_NODE,
  leaveUnlessOurs,
  prepare,
  takeAt,
  takeLast,
} from './define';

type Opened = (error: NodeJS.ErrnoException | null, fd: number) => void;

/** Returns the index of open()'s callback. Arguments before it may be left out, from the last one on. */
function openCallbackAt(args: unknown[]): number {
  if (args.length < 3) return 1;
  const behind = isOurs(args[1]) && typeof args[2] === 'function' ? 1 : 2;
  if (behind === 1 || typeof args[2] === 'function') return behind;
  return isOurs(args[2]) && typeof args[3] === 'function' ? 2 : 3;
}

const OPEN = paths.openRequest(paths.opening(FILE, (done) => done.value));

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
>('open', OPEN.takes, (args) => {
  const taken = takeAt(args, openCallbackAt(args));
  if (taken === undefined) throw LEAVE_TO_NODE;
  return prepare(OPEN, args, taken, passValue);
});

function throwAny(error: unknown): void {
  if (error !== null) throw error;
}

/** A close is never interrupted: `signal` and `timeout` free the caller, and the descriptor is closed all the same. */
export const close = define<
  typeof fs.close & ((fd: number, options: CallOptions, callback: fs.NoParamCallback) => void)
>('close', attributes.close.takes, (given) => {
  const fd = descriptor(given[0]);
  const args = given[1] === undefined ? [fd, throwAny] : given;
  const taken = takeLast(args, 1, 1);
  const { callback } = taken;
  if (isNodes(fd))
    return { callback, action: new Instead(() => closeOfNode(fd, callback)), pass: passNothing };
  return prepare(attributes.close, args, taken, passNothing);
});

type Sync = (fd: number, options: CallOptions, callback: fs.NoParamCallback) => void;
export const fsync = defineLast<typeof fs.fsync & Sync>('fsync', attributes.fsync);
export const fdatasync = defineLast<typeof fs.fdatasync & Sync>('fdatasync', attributes.fdatasync);

export const fchmod = defineLast<
  typeof fs.fchmod & ((fd: number, mode: fs.Mode, options: CallOptions, callback: fs.NoParamCallback) => void)
>('fchmod', attributes.fchmod);

export const fchown = defineLast<
  typeof fs.fchown &
    ((fd: number, uid: number, gid: number, options: CallOptions, callback: fs.NoParamCallback) => void)
>('fchown', attributes.fchown);

export const futimes = defineLast<
  typeof fs.futimes &
    ((
      fd: number,
      atime: fs.TimeLike,
      mtime: fs.TimeLike,
      options: CallOptions,
      callback: fs.NoParamCallback,
    ) => void)
>('futimes', attributes.futimes);

type FTruncate = (
  fd: number,
  len: number | undefined,
  options: CallOptions,
  callback: fs.NoParamCallback,
) => void;
export const ftruncate = defineLast<typeof fs.ftruncate & FTruncate>('ftruncate', paths.ftruncate);

let warned = false;

function warnOfDescriptor(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'Using fs.truncate with a file descriptor is deprecated. Please use ' +
      'fs.ftruncate with a file descriptor instead.',
    'DeprecationWarning',
    'DEP0081',
  );
}

const STEPS_OF_TRUNCATE = ['open'];

type Truncate = (
  path: fs.PathLike,
  len: number | undefined,
  options: CallOptions,
  callback: fs.NoParamCallback,
) => void;
/** truncate() of a path. Where Node still takes a descriptor, so does this. */
export const truncate = define<typeof fs.truncate & Truncate>('truncate', paths.truncate.takes, (args) => {
  if (typeof args[0] !== 'number' || !truncatesDescriptors) {
    leaveUnlessOurs(STEPS_OF_TRUNCATE);
    return prepare(paths.truncate, args, takeLast(args, 1, 2), passNothing);
  }
  const prepared = prepare(paths.ftruncate, args, takeLast(args, 1, 2), passNothing);
  warnOfDescriptor();
  return prepared;
});
