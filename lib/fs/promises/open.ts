// open, alone and as the first step of what writes piece by piece; lchmod, which needs a descriptor.
import { constants, type Mode, type PathLike } from 'node:fs';
import { resolve } from 'node:path';
import { Call } from '../../call';
import type { CallType } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { methodNotImplemented } from '../../node/errors';
import { parseFileMode, parseFlags } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { FileHandle } from '../handle/file-handle';
import { attach } from '../handle/life';
import { type ExtraOptions, FILE, given, pathCall, voidType } from '../requests/path-call';

const OPEN: CallType<FileHandle> = {
  fn: 'open',
  code: Code.open,
  syscall: 'open',
  kind: FILE,
  changes: false,
  result: (done, call) => new FileHandle(done.value, call.extra as string),
};

const OPEN_TO_CHANGE: CallType<FileHandle> = { ...OPEN, changes: true };

/** Creating and truncating reach the disk with the open itself. */
const openType = (flags: number): CallType<FileHandle> =>
  (flags & (constants.O_CREAT | constants.O_TRUNC)) === 0 ? OPEN : OPEN_TO_CHANGE;

/** Absolute as of now: the working directory may be another when the call is done. */
function absolute(path: string | Uint8Array): string {
  const text = typeof path === 'string' ? path : Buffer.from(path).toString();
  return text.charCodeAt(0) === 47 ? text : resolve(text);
}

/** Opens a file. An open that is abandoned closes its descriptor when it comes late. */
export function open(
  path: PathLike,
  flags?: string | number,
  mode?: Mode,
  options?: ExtraOptions,
): Promise<FileHandle> {
  try {
    const valid = validPath(path);
    const bits = parseFlags(flags);
    const permissions = parseFileMode(mode, 'mode', 0o666);
    const call = pathCall(openType(bits), valid, given(path, flags, mode, options), options);
    call.i0 = bits;
    call.i1 = permissions | 0;
    call.extra = absolute(valid);
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

// Steps of a composite: listed while they run, without Top, under the caller's own op.
const OPEN_STEP: CallType<FileHandle> = { ...OPEN_TO_CHANGE, kind: OpKind.File };
const OPEN_READ_STEP: CallType<FileHandle> = { ...OPEN, kind: OpKind.File };
const SYNC_STEP: CallType<void> = voidType('sync', Code.fsync, 'fsync', OpKind.File, true);

/** The open of a composite. */
export function openStep(
  parent: Call<unknown>,
  path: string | Uint8Array,
  flags: number,
  mode: number,
): Promise<FileHandle> {
  const call = new Call(openType(flags) === OPEN ? OPEN_READ_STEP : OPEN_STEP, [path, flags, mode]);
  call.parent = parent;
  call.path = path;
  call.i0 = flags;
  call.i1 = mode;
  call.extra = absolute(path);
  return call.start();
}

export async function openAndWrite(
  parent: Call<unknown>,
  path: string | Uint8Array,
  flags: number,
  mode: number,
  flush: boolean,
  writeAll: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await openStep(parent, path, flags, mode);
  return closing(handle, async () => {
    await writeAll(handle);
    if (!flush) return;
    const sync = new Call(SYNC_STEP, []);
    sync.parent = parent;
    attach(handle, sync);
    await sync.start();
  });
}

/** Closes the handle whatever becomes of `run`; what fails in both comes as one AggregateError, as in Node. */
async function closing<T>(handle: FileHandle, run: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await run();
  } catch (failure) {
    await handle.close().catch((second: NodeJS.ErrnoException) => {
      const both = new AggregateError([second, failure], (failure as Error).message);
      throw Object.assign(both, { code: second.code });
    });
    throw failure;
  }
  await handle.close();
  return result;
}

/** Only where the platform can open a link itself (macOS); elsewhere ERR_METHOD_NOT_IMPLEMENTED. */
export async function lchmod(path: PathLike, mode: Mode, options?: ExtraOptions): Promise<void> {
  const { O_SYMLINK, O_WRONLY } = constants;
  if (O_SYMLINK === undefined) throw methodNotImplemented('lchmod()');
  const handle = await open(path, O_WRONLY | O_SYMLINK, undefined, options);
  return closing(handle, () => handle.chmod(mode));
}
