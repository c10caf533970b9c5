// The calls of a FileHandle that are not reads and writes of a buffer: whole-file calls, metadata, sync.
import { type BigIntStats, constants, type Stats } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { Call } from '../../call';
import { composite } from '../../call/composite';
import type { CallType } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { callOptions, parseFileMode, parseOptions, toUnixTimestamp } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validateBoolean, validateInteger, validateStringData } from '../../validate/values';
import { setTimes } from '../requests/path-call';
import { decodeFile, type PathEncoding } from '../results/encoding';
import { bufferOption, readInto } from '../results/read-into';
import { bigIntStatsFrom, statsFrom } from '../results/stats';
import { attach, type HandleBase, launch, rejectClosed, settled, withHandle } from './life';

const kind = OpKind.Top | OpKind.File;

function voidType(fn: string, code: number, syscall: string, changes: boolean): CallType<void> {
  return { fn, code, syscall, kind, changes, result: () => undefined, settled };
}

const CHMOD = voidType('chmod', Code.fchmod, 'fchmod', true);
const CHOWN = voidType('chown', Code.fchown, 'fchown', true);
const UTIMES = voidType('utimes', Code.futimes, 'futime', true);
const TRUNCATE = voidType('truncate', Code.ftruncate, 'ftruncate', true);
const SYNC = voidType('sync', Code.fsync, 'fsync', true);
const DATASYNC = voidType('datasync', Code.fdatasync, 'fdatasync', true);
const WRITE_FILE = voidType('writeFile', Code.writeFile, 'write', true);
const APPEND_FILE = voidType('appendFile', Code.writeFile, 'write', true);

const STAT: CallType<Stats | BigIntStats> = {
  fn: 'stat',
  code: Code.fstat,
  syscall: 'fstat',
  kind,
  changes: false,
  result: (done, call) =>
    call.i0 === 0 ? statsFrom(done.numbers(), done.at) : bigIntStatsFrom(done.bigints(), done.at),
  settled,
};

const READ_FILE: CallType<string | Buffer> = {
  fn: 'readFile',
  code: Code.readFile,
  syscall: 'read',
  kind,
  changes: false,
  result: (done, call) => decodeFile(done, call.extra as PathEncoding),
  settled,
};

/** The longest file that readFile takes; a longer one is ERR_FS_FILE_TOO_LARGE. */
const LONGEST_FILE = 2 ** 31 - 1;

export function stat(handle: HandleBase, args: readonly unknown[]): Promise<Stats | BigIntStats> {
  if (handle.fd === -1) return rejectClosed('fstat');
  try {
    const options = args[0];
    const call = new Call(STAT, args, callOptions(options));
    // null fails here, with the TypeError that Node lets through.
    if (options !== undefined && (options as { bigint?: unknown }).bigint === true) call.i0 = 1;
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function readFile(handle: HandleBase, args: readonly unknown[]): Promise<string | Buffer> {
  if (handle.fd === -1) return rejectClosed('readFile');
  try {
    const options = parseOptions(args[0]);
    const buffer = bufferOption(options);
    // Names no decoder: Node finds out before it reads.
    if (options.encoding === 'buffer') new StringDecoder(options.encoding as BufferEncoding);
    const call = new Call(READ_FILE, args, options);
    call.i0 = constants.O_RDONLY;
    call.d0 = LONGEST_FILE;
    if (buffer !== undefined) {
      return launch(handle, call).then((content) => readInto(buffer, content as Buffer, options.encoding));
    }
    call.extra = options.encoding;
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

type Chunks = Iterable<unknown> | AsyncIterable<unknown>;

/** What writeFile takes piece by piece. */
export function isChunks(data: unknown): data is Chunks {
  if (data === null || data === undefined || typeof data === 'string' || ArrayBuffer.isView(data))
    return false;
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = data as AsyncIterable<unknown> &
    Iterable<unknown>;
  return typeof async === 'function' || typeof sync === 'function';
}

const CHUNK: CallType<number> = {
  fn: 'write',
  code: Code.write,
  syscall: 'write',
  kind: OpKind.File,
  changes: true,
  result: (done) => done.value,
};

const LONGEST_CHUNK = 512 * 1024;

/**
 * Writes every piece at the descriptor's position, one after the other. `prepare` gives each write its descriptor.
 * A child of an interrupted parent rejects at its start, which ends the loop and with it the caller's iterator.
 */
export async function writeChunks(
  parent: Call<unknown>,
  prepare: (call: Call<number>) => void,
  data: Chunks,
  encoding: PathEncoding,
): Promise<void> {
  for await (const piece of data) {
    if (ArrayBuffer.isView(piece) && piece.byteLength === 0) continue;
    const bytes = ArrayBuffer.isView(piece)
      ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
      : Buffer.from(piece as string, (encoding || 'utf8') as BufferEncoding);
    for (let done = 0; done < bytes.byteLength; ) {
      const chunk = bytes.subarray(done, done + LONGEST_CHUNK);
      const call = new Call(CHUNK, [chunk]);
      call.parent = parent;
      call.data = chunk;
      call.d0 = -1;
      prepare(call);
      done += await call.start();
    }
  }
}

/** writeFile() and appendFile(): the same thing on a descriptor. */
export function writeFile(handle: HandleBase, append: boolean, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed('writeFile');
  try {
    const data = args[0];
    const options = parseOptions(args[1]);
    const type = append ? APPEND_FILE : WRITE_FILE;
    validateBoolean(options.flush ?? false, 'options.flush');
    if (isChunks(data)) return writeFileChunks(handle, append, args, options, data, options.encoding);
    let bytes: Uint8Array;
    if (ArrayBuffer.isView(data)) {
      // A view whose memory is gone has no bytes either, and is refused by what is made of it.
      const plain = data instanceof Uint8Array && data.byteLength > 0;
      bytes = plain ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    } else {
      validateStringData(data, 'data');
      // 'buffer' fails here, as in Node.
      bytes = Buffer.from(data, (options.encoding || 'utf8') as BufferEncoding);
    }
    const call = new Call(type, args, options);
    call.data = bytes;
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

// Composites release the handle by themselves, not by `settled`.
const WRITE_CHUNKS: CallType<void> = { ...WRITE_FILE, kind: OpKind.Top | OpKind.File, settled: undefined };
const APPEND_CHUNKS: CallType<void> = { ...WRITE_CHUNKS, fn: 'appendFile' };

function writeFileChunks(
  handle: HandleBase,
  append: boolean,
  args: readonly unknown[],
  options: CallOptions,
  data: Chunks,
  encoding: PathEncoding,
): Promise<void> {
  const type = append ? APPEND_CHUNKS : WRITE_CHUNKS;
  return withHandle(handle, () =>
    composite(type, args, options, '', '', (parent) => {
      attach(handle, parent);
      return writeChunks(parent, (call) => attach(handle, call), data, encoding);
    }),
  );
}

export function chmod(handle: HandleBase, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed('fchmod');
  try {
    const call = new Call(CHMOD, args, callOptions(args[1]));
    call.i1 = parseFileMode(args[0], 'mode') | 0;
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

const MAX_ID = 2 ** 32 - 1;

export function chown(handle: HandleBase, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed('fchown');
  try {
    const uid = args[0];
    const gid = args[1];
    validateInteger(uid, 'uid', -1, MAX_ID);
    validateInteger(gid, 'gid', -1, MAX_ID);
    const call = new Call(CHOWN, args, callOptions(args[2]));
    call.i0 = uid | 0;
    call.i1 = gid | 0;
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function utimes(handle: HandleBase, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed('futimes');
  try {
    const call = new Call(UTIMES, args, callOptions(args[2]));
    setTimes(call, toUnixTimestamp(args[0], 'atime'), toUnixTimestamp(args[1], 'mtime'));
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function truncate(handle: HandleBase, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed('ftruncate');
  try {
    const length = args[0] === undefined ? 0 : args[0];
    validateInteger(length, 'len');
    const call = new Call(TRUNCATE, args, callOptions(args[1]));
    call.d0 = Math.max(0, length);
    return launch(handle, call);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function sync(handle: HandleBase, dataOnly: boolean, args: readonly unknown[]): Promise<void> {
  if (handle.fd === -1) return rejectClosed(dataOnly ? 'fdatasync' : 'fsync');
  try {
    return launch(handle, new Call(dataOnly ? DATASYNC : SYNC, args, callOptions(args[0])));
  } catch (error) {
    return Promise.reject(error);
  }
}
