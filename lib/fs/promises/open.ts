// open, alone and as the first step of a write in pieces; lchmod, which needs a descriptor.
import { constants, type Mode, type PathLike } from 'node:fs';
import { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { OpKind } from '../../engine/codes';
import { methodNotImplemented } from '../../node/errors';
import { absolute, isRelative, textOf } from '../../node/path-text';
import type { CallOptions } from '../../validate/call-options';
import { FileHandle } from '../handle/file-handle';
import { attach } from '../handle/life';
import { fsync } from '../requests/attributes';
import type { Destination } from '../requests/files';
import { openCall, opening, openRequest } from '../requests/paths';
import { type ExtraOptions, FILE, promised } from '../requests/request';

/** The path is made absolute as of the call: the working directory may be another one when the handle is used. */
const toHandle = (done: Completion, { path, cwd }: Call<FileHandle>): FileHandle =>
  new FileHandle(done.value, isRelative(path) ? absolute(cwd, textOf(path)) : path);

const request = openRequest(opening(FILE, toHandle));

/** Opens a file. An abandoned open closes its descriptor when it returns late. */
export function open(
  path: PathLike,
  flags?: string | number,
  mode?: Mode,
  options?: ExtraOptions,
): Promise<FileHandle>;
export function open(path: PathLike, options: CallOptions): Promise<FileHandle>;
export function open(
  path: PathLike,
  flags: string | number | undefined,
  options: CallOptions,
): Promise<FileHandle>;
export function open(...args: unknown[]): Promise<FileHandle> {
  return promised(request, args);
}

// Parts of a composite: listed while they run, without Top, under the op that the caller asked for.
const OPEN_PART = opening(OpKind.File, toHandle);
const SYNC_PART: CallType<void> = { ...fsync.type, fn: 'sync', kind: OpKind.File };

/** Opens the file as a part of a composite. */
export function openStep(parent: Call<unknown>, { path, flags, mode }: Destination): Promise<FileHandle> {
  const call = openCall(OPEN_PART, path, flags, mode, [path, flags, mode], undefined);
  call.parent = parent;
  return call.start();
}

/**
 * Opens the file, has `writeAll` write it, and closes it. With `flush`, waits until everything is on the disk before
 * closing.
 */
export async function openAndWrite(
  parent: Call<unknown>,
  destination: Destination,
  flush: boolean,
  writeAll: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await openStep(parent, destination);
  return closing(handle, async () => {
    await writeAll(handle);
    if (!flush) return;
    const sync = new Call(SYNC_PART, []);
    sync.parent = parent;
    attach(handle, sync);
    await sync.start();
  });
}

/** Closes the handle whether `run` succeeds or fails. If both fail, throws one AggregateError, as in Node. */
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

/** Works only on macOS, which can open a symbolic link itself; elsewhere rejects with ERR_METHOD_NOT_IMPLEMENTED. */
export async function lchmod(path: PathLike, mode: Mode, options?: ExtraOptions): Promise<void> {
  const { O_SYMLINK, O_WRONLY } = constants;
  if (O_SYMLINK === undefined) throw methodNotImplemented('lchmod()');
  const handle = await open(path, O_WRONLY | O_SYMLINK, undefined, options);
  return closing(handle, () => handle.chmod(mode));
}
