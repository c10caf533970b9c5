// The calls that take a whole file in one trip: readFile, writeFile, appendFile.
import type { NonSharedBuffer } from 'node:buffer';
import type { Mode, ObjectEncodingOptions, OpenMode, PathLike } from 'node:fs';
import type { FileHandle as NodeFileHandle } from 'node:fs/promises';
import type { Stream } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { composite } from '../../call/composite';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { nativeError, outOfRange } from '../../node/errors';
import { type FileOptions, parseFileMode, parseFlags, parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateBoolean, validateStringData } from '../../validate/values';
import { isChunks, writeChunks } from '../handle/file';
import { attach } from '../handle/life';
import { FILE, given, pathCall, voidType } from '../requests/path-call';
import { decodeFile, type PathEncoding } from '../results/encoding';
import { bufferOption, readInto } from '../results/read-into';
import { openAndWrite } from './open';

const READ_FILE: CallType<string | Buffer> = {
  fn: 'readFile',
  code: Code.readFile,
  syscall: 'open',
  kind: FILE,
  changes: false,
  result: (done, call) => decodeFile(done, call.extra as PathEncoding),
};

export const WRITE_FILE = voidType('writeFile', Code.writeFile, 'open', FILE, true);
export const APPEND_FILE = voidType('appendFile', Code.writeFile, 'open', FILE, true);

/** The longest file that readFile takes; a longer one is ERR_FS_FILE_TOO_LARGE. */
export const LONGEST_FILE = 2 ** 31 - 1;

/** By its looks: a handle that Node's own open() gave does its whole-file calls by itself, as ours does. */
function isHandle(file: unknown): file is NodeFileHandle {
  if (typeof file !== 'object' || file === null || !('fd' in file)) return false;
  const { fd, readFile, writeFile } = file as Partial<NodeFileHandle>;
  return typeof fd === 'number' && typeof readFile === 'function' && typeof writeFile === 'function';
}

export function readFile(
  path: PathLike | NodeFileHandle,
  options?: ({ encoding?: null | undefined; flag?: OpenMode | undefined } & CallOptions) | null,
): Promise<NonSharedBuffer>;
export function readFile(
  path: PathLike | NodeFileHandle,
  options: ({ encoding: BufferEncoding; flag?: OpenMode | undefined } & CallOptions) | BufferEncoding,
): Promise<string>;
export function readFile(
  path: PathLike | NodeFileHandle,
  options?: (ObjectEncodingOptions & { flag?: OpenMode | undefined } & CallOptions) | BufferEncoding | null,
): Promise<string | NonSharedBuffer>;
/** The whole content: a Buffer, or a string where an encoding is given. */
export function readFile(path: PathLike | NodeFileHandle, options?: unknown): Promise<string | Buffer> {
  try {
    const parsed = parseOptions(options);
    const buffer = bufferOption(parsed);
    if (isHandle(path)) return readHandle(path, parsed);
    const valid = validPath(path);
    const bits = parseFlags(parsed.flag || 'r');
    const call = pathCall(READ_FILE, valid, given(path, options), parsed);
    call.i0 = bits;
    call.d0 = LONGEST_FILE;
    if (buffer !== undefined) {
      return call.start().then((content) => {
        // As decodeFile() has it.
        if (parsed.encoding === 'buffer') new StringDecoder(parsed.encoding as BufferEncoding);
        return readInto(buffer, content as Buffer, parsed.encoding);
      });
    }
    call.extra = parsed.encoding;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

function readHandle(handle: NodeFileHandle, options: FileOptions): Promise<string | Buffer> {
  // The method says "file closed"; the function of Node stumbles over the number.
  if (handle.fd === -1) {
    const { message } = outOfRange('fd', '>= 0 && <= 2147483647', -1);
    throw nativeError(new RangeError(message), 'ERR_OUT_OF_RANGE');
  }
  return handle.readFile(options as { encoding?: BufferEncoding | null } & CallOptions);
}

/** What writeFile takes: at once, or piece by piece. */
export type FileData =
  | string
  | NodeJS.ArrayBufferView
  | Iterable<string | NodeJS.ArrayBufferView>
  | AsyncIterable<string | NodeJS.ArrayBufferView>
  | Stream;

export type WriteFileOptions =
  | (ObjectEncodingOptions & {
      mode?: Mode | undefined;
      flag?: OpenMode | undefined;
      flush?: boolean | undefined;
    } & CallOptions)
  | BufferEncoding
  | null;

/** Replaces the file's content; resolves when all is written (with `flush`, on the disk). */
export function writeFile(
  file: PathLike | NodeFileHandle,
  data: FileData,
  options?: WriteFileOptions,
): Promise<void> {
  return write(WRITE_FILE, 'w', file, data, options);
}

export function appendFile(
  path: PathLike | NodeFileHandle,
  data: string | Uint8Array,
  options?: WriteFileOptions,
): Promise<void> {
  return write(APPEND_FILE, 'a', path, data, options);
}

function write(
  type: CallType<void>,
  flag: string,
  file: unknown,
  data: unknown,
  options: unknown,
): Promise<void> {
  try {
    const parsed = parseOptions(options);
    const flush = parsed.flush ?? false;
    validateBoolean(flush, 'options.flush');
    const chunks = isChunks(data) ? data : undefined;
    const bytes = chunks === undefined ? bytesOf(data, parsed.encoding) : undefined;
    if (isHandle(file)) return writeHandle(type, file, data, bytes, parsed);
    const path = validPath(file);
    const bits = parseFlags(parsed.flag || flag);
    const mode = parseFileMode(parsed.mode, 'mode', 0o666) | 0;
    const args = given(file, data, options);
    if (chunks !== undefined) {
      return composite({ ...type, syscall: 'write' }, args, parsed, path, '', (parent) =>
        openAndWrite(parent, path, bits, mode, flush, (handle) =>
          writeChunks(parent, (call) => attach(handle, call), chunks, parsed.encoding),
        ),
      );
    }
    const call = pathCall(type, path, args, parsed);
    call.i0 = bits;
    call.i1 = mode;
    call.i2 = flush ? 1 : 0;
    call.data = bytes;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

export function bytesOf(data: unknown, encoding: PathEncoding): Uint8Array {
  // A view whose memory is gone has no bytes either, and is refused by what is made of it.
  if (data instanceof Uint8Array && data.byteLength > 0) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  validateStringData(data, 'data');
  // 'buffer' is no encoding of a string: Buffer.from says so, as in Node.
  return Buffer.from(data, (encoding || 'utf8') as BufferEncoding);
}

function writeHandle(
  type: CallType<void>,
  handle: NodeFileHandle,
  data: unknown,
  bytes: Uint8Array | undefined,
  options: FileOptions,
): Promise<void> {
  if (handle.fd === -1) {
    if (bytes?.byteLength === 0) return Promise.resolve();
    const error = new Error('EBADF: bad file descriptor, write');
    return Promise.reject(Object.assign(error, { errno: -9, code: 'EBADF', syscall: 'write' }));
  }
  const rest = options as ObjectEncodingOptions & CallOptions;
  const content = (bytes ?? data) as Uint8Array;
  return type === APPEND_FILE ? handle.appendFile(content, rest) : handle.writeFile(content, rest);
}
