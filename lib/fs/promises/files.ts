// readFile, writeFile and appendFile with promises, of a path or a FileHandle. A FileHandle carries them out by its own
// methods.
import type { NonSharedBuffer } from 'node:buffer';
import type { Mode, ObjectEncodingOptions, OpenMode, PathLike } from 'node:fs';
import type { FileHandle as NodeFileHandle } from 'node:fs/promises';
import type { Stream } from 'node:stream';
import { composite } from '../../call/composite';
import { nativeError, outOfRange } from '../../node/errors';
import { writesInOneTrip } from '../../node/version';
import { type FileOptions, parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validateBoolean } from '../../validate/values';
import { type Chunks, intoBuffer, isChunks, writeChunks } from '../handle/file';
import { attach } from '../handle/life';
import {
  APPEND_FILE,
  bytesOf,
  destination,
  fillWrite,
  readPathCall,
  type WholeFile,
  WRITE_FILE,
  writePathCall,
} from '../requests/files';
import { given } from '../requests/request';
import { bufferOption } from '../results/read-into';
import { openAndWrite } from './open';

/** Decided by its properties: also a handle that Node's own open() returned carries out whole-file calls by itself. */
function isHandle(file: unknown): file is NodeFileHandle {
  if (typeof file !== 'object' || file === null || !('fd' in file)) return false;
  const { fd, readFile, writeFile } = file as Partial<NodeFileHandle>;
  return typeof fd === 'number' && typeof readFile === 'function' && typeof writeFile === 'function';
}

/** Reads the whole content: a Buffer, or with an encoding a string. */
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
export function readFile(...args: unknown[]): Promise<string | Buffer> {
  try {
    const [file, options] = args;
    const parsed = parseOptions(options);
    const buffer = bufferOption(parsed);
    if (isHandle(file)) return readHandle(file, parsed);
    const content = readPathCall(file, given(args, 2), parsed).start();
    return buffer === undefined ? content : content.then(intoBuffer(buffer, parsed));
  } catch (error) {
    return Promise.reject(error);
  }
}

function readHandle(handle: NodeFileHandle, options: FileOptions): Promise<string | Buffer> {
  // The method's error would be "file closed", but Node's function fails for the number -1.
  if (handle.fd === -1) {
    const { message } = outOfRange('fd', '>= 0 && <= 2147483647', -1);
    throw nativeError(new RangeError(message), 'ERR_OUT_OF_RANGE');
  }
  return handle.readFile(options as { encoding?: BufferEncoding | null } & CallOptions);
}

/** The content for writeFile: in one piece, or an iterable of pieces. */
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

/** Replaces the content of a file. Resolves when all is written; with `flush`, when it is on the disk. */
export function writeFile(
  file: PathLike | NodeFileHandle,
  data: FileData,
  options?: WriteFileOptions,
): Promise<void>;
export function writeFile(...args: unknown[]): Promise<void> {
  return write(WRITE_FILE, 'w', args);
}

/** Writes at the end of a file. If there is no file, creates it. */
export function appendFile(
  path: PathLike | NodeFileHandle,
  data: string | Uint8Array,
  options?: WriteFileOptions,
): Promise<void>;
export function appendFile(...args: unknown[]): Promise<void> {
  return write(APPEND_FILE, 'a', args);
}

const EMPTY = new Uint8Array(0);

function write(types: WholeFile<void>, flag: string, args: unknown[]): Promise<void> {
  try {
    const [file, data, options] = args;
    const parsed = parseOptions(options);
    const flush = parsed.flush ?? false;
    validateBoolean(flush, 'options.flush');
    // Node 26 takes a view of detached memory for empty content.
    const isEmpty = writesInOneTrip && !flush && ArrayBuffer.isView(data) && data.byteLength === 0;
    const bytes = isEmpty ? EMPTY : isChunks(data) ? undefined : bytesOf(data, parsed.encoding);
    if (isHandle(file)) return writeHandle(types, file, data, bytes, parsed);
    const to = destination(file, parsed, flag);
    const shown = given(args, 3);
    if (bytes !== undefined) {
      return fillWrite(writePathCall(types, to, shown, parsed), bytes, flush).start();
    }
    return composite(types.byDescriptor, shown, parsed, to.path, '', (parent) =>
      openAndWrite(parent, to, flush, (handle) =>
        writeChunks(parent, (call) => attach(handle, call), data as Chunks, parsed.encoding),
      ),
    );
  } catch (error) {
    return Promise.reject(error);
  }
}

function writeHandle(
  types: WholeFile<void>,
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
  return types === APPEND_FILE ? handle.appendFile(content, rest) : handle.writeFile(content, rest);
}
