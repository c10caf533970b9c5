// readFile, writeFile and appendFile: a whole file in one call. The file is given by a path, by a descriptor, or by a
// FileHandle, which sets the descriptor of the call when it starts it.
import type { Call } from '../../call';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { setFlags, setLongest, setMode, setWriting } from '../../engine/operands';
import { readsInOneTrip } from '../../node/version';
import { type FileOptions, parseFileMode, parseFlags } from '../../validate/arguments';
import type { Encoding } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateStringData } from '../../validate/values';
import { decodeFile } from '../results/encoding';
import { bufferOption } from '../results/read-into';
import { FILE, type Path, pathCall, voidType } from './request';

/** The two types of one function. For a path, errors of the open name the system call `open`. */
export interface WholeFile<T> {
  readonly byPath: CallType<T>;
  readonly byDescriptor: CallType<T>;
}

const wholeFile = <T>(type: CallType<T>, syscall: string): WholeFile<T> => ({
  byPath: { ...type, syscall: 'open' },
  byDescriptor: { ...type, syscall },
});

/** readFile() with a function of its own that decodes the content. */
export function readingFile(result: CallType<string | Buffer>['result']): WholeFile<string | Buffer> {
  const { byPath, byDescriptor } = wholeFile(
    { fn: 'readFile', code: Code.readFile, syscall: 'read', kind: FILE, changes: false, result },
    'read',
  );
  return { byPath: { ...byPath, inOneTrip: readsInOneTrip }, byDescriptor };
}

/** The same for functions that open, read and close in separate calls in every version of Node. */
export const inSteps = <T>({ byPath, byDescriptor }: WholeFile<T>): WholeFile<T> => ({
  byPath: { ...byPath, inOneTrip: false },
  byDescriptor,
});

export const READ_FILE = readingFile((done, call) => decodeFile(done, call.encoding));
export const WRITE_FILE = wholeFile(voidType('writeFile', Code.writeFile, 'write', FILE, true), 'write');
export const APPEND_FILE = wholeFile(voidType('appendFile', Code.writeFile, 'write', FILE, true), 'write');

/** A larger file is refused with ERR_FS_FILE_TOO_LARGE. */
const LONGEST_FILE = 2 ** 31 - 1;

/** Fills in what every call of readFile has besides its file. */
export function fillRead<T>(call: Call<T>, options: FileOptions): Call<T> {
  setLongest(call, LONGEST_FILE);
  // A buffer of the caller's gets the bytes undecoded.
  if (bufferOption(options) === undefined) call.encoding = options.encoding;
  return call;
}

export function readPathCall(
  file: unknown,
  shown: readonly unknown[],
  options: FileOptions,
  { byPath } = READ_FILE,
): Call<string | Buffer> {
  const path = validPath(file);
  const flags = parseFlags(options.flag || 'r');
  const call = pathCall(byPath, path, shown, options);
  setFlags(call, flags);
  return fillRead(call, options);
}

/** The file that writeFile() writes, and how it opens it. */
export interface Destination {
  path: Path;
  flags: number;
  mode: number;
}

export function destination(file: unknown, options: FileOptions, flag: string): Destination {
  const path = validPath(file);
  const flags = parseFlags(options.flag || flag);
  return { path, flags, mode: parseFileMode(options.mode, 'mode', 0o666) };
}

/** Fills in what every call of writeFile has besides its file. */
export function fillWrite(
  call: Call<void>,
  bytes: Uint8Array,
  flush = false,
  evenNothing = false,
): Call<void> {
  call.data = bytes;
  setWriting(call, flush, evenNothing);
  return call;
}

export function writePathCall(
  { byPath }: WholeFile<void>,
  { path, flags, mode }: Destination,
  shown: readonly unknown[],
  options: FileOptions,
): Call<void> {
  const call = pathCall(byPath, path, shown, options);
  setFlags(call, flags);
  setMode(call, mode);
  return call;
}

/** Returns the content as bytes. */
export function bytesOf(data: unknown, encoding: Encoding): Uint8Array {
  // A view of detached memory has no bytes either, but `new Uint8Array()` below throws for it.
  if (data instanceof Uint8Array && data.byteLength > 0) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  validateStringData(data, 'data');
  // 'buffer' is no encoding of a string: Buffer.from throws, as in Node.
  return Buffer.from(data, (encoding || 'utf8') as BufferEncoding);
}
