// Directories: made, listed, removed. Recursive listing and removal are composites of their own.
import type { NonSharedBuffer } from 'node:buffer';
import type {
  BufferEncodingOption,
  Dirent,
  MakeDirectoryOptions,
  Mode,
  ObjectEncodingOptions,
  PathLike,
  RmDirOptions,
} from 'node:fs';
import type { CallType } from '../../call/type';
import { Code } from '../../engine/codes';
import { original } from '../../node/original';
import {
  callOptions,
  type FileOptions,
  parseFileMode,
  parseOptions,
  parseRmdirOptions,
  type RemoveOptions,
} from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateBoolean } from '../../validate/values';
import { type Composed, each, promised } from '../plan/plan';
import * as steps from '../plan/steps';
import { DIR, given, pathCall, voidType } from '../requests/path-call';
import { type AnyDirent, DIRENT_UNKNOWN, direntOf, direntTypeOf, entryPath } from '../results/dirent';
import { decodeEntries, decodeNames, decodePath, type PathEncoding } from '../results/encoding';
import { readdirRecursive } from '../trees/readdir-recursive';
import { Removal } from '../trees/rm';
import type { BytesOptions, TextOptions } from './paths';

export const MKDIR: CallType<undefined> = {
  ...voidType('mkdir', Code.mkdir, 'mkdir', DIR, true),
  result: () => undefined,
};
export const RMDIR = voidType('rmdir', Code.rmdir, 'rmdir', DIR, true);

export const MKDIRP: CallType<string | undefined> = {
  ...MKDIR,
  code: Code.mkdirp,
  result: (done) => (done.length === 0 ? undefined : done.text('utf8')),
};

export const MKDTEMP: CallType<string | Buffer> = {
  ...voidType('mkdtemp', Code.mkdtemp, 'mkdtemp', DIR, true),
  result: (done, call) => decodePath(done, call.extra as PathEncoding),
};

/** Entries asked for their types at a time. */
const WIDTH = 32;

const READDIR = { fn: 'readdir', code: Code.readdir, syscall: 'scandir', kind: DIR, changes: false };

export const READ_NAMES: CallType<(string | Buffer)[]> = {
  ...READDIR,
  result: (done, call) => decodeNames(done, call.extra as PathEncoding),
};

/** A listing with types; `unknown` holds, by its index, the name in bytes of what the file system gave no type. */
export interface Entries {
  dirents: AnyDirent[];
  unknown: Map<number, Buffer>;
}

export const READ_ENTRIES: CallType<Entries> = {
  ...READDIR,
  result: (done, call) => {
    const entries: Entries = { dirents: [], unknown: new Map() };
    let complete = true;
    decodeEntries(done, call.extra as PathEncoding, (name, type) => {
      if (type === DIRENT_UNKNOWN) complete = false;
      entries.dirents.push(direntOf(name, type, call.path));
    });
    if (complete) return entries;
    // What was decoded need not lead back to the file: other encodings and invalid UTF-8 lose bytes.
    let index = 0;
    decodeEntries(done, 'buffer', (name, type) => {
      if (type === DIRENT_UNKNOWN) entries.unknown.set(index, name as Buffer);
      index++;
    });
    return entries;
  },
};

export function mkdir(
  path: PathLike,
  options: MakeDirectoryOptions & CallOptions & { recursive: true },
): Promise<string | undefined>;
export function mkdir(
  path: PathLike,
  options?: Mode | (MakeDirectoryOptions & CallOptions & { recursive?: false | undefined }) | null,
): Promise<void>;
export function mkdir(
  path: PathLike,
  options?: Mode | (MakeDirectoryOptions & CallOptions) | null,
): Promise<string | undefined>;
/** With `recursive`, resolves to the first directory that had to be made. */
export function mkdir(path: PathLike, options?: unknown): Promise<unknown> {
  try {
    const bare = typeof options === 'number' || typeof options === 'string';
    const { recursive = false, mode = 0o777 } = (bare ? { mode: options } : options || {}) as FileOptions;
    const valid = validPath(path);
    validateBoolean(recursive, 'options.recursive');
    const permissions = parseFileMode(mode, 'mode', 0o777) | 0;
    const type: CallType<string | undefined> = recursive ? MKDIRP : MKDIR;
    const call = pathCall(type, valid, given(path, options), options);
    call.i1 = permissions;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

let warnedOfTemplate = false;

export function warnOfTemplate(prefix: string | Uint8Array): void {
  if (warnedOfTemplate || (typeof prefix === 'string' ? !prefix.endsWith('X') : prefix.at(-1) !== 0x58))
    return;
  warnedOfTemplate = true;
  process.emitWarning(
    'mkdtemp() templates ending with X are not portable. For details see: https://nodejs.org/api/fs.html',
  );
}

export function mkdtemp(prefix: string, options?: TextOptions): Promise<string>;
export function mkdtemp(
  prefix: string,
  options: BytesOptions | BufferEncodingOption,
): Promise<NonSharedBuffer>;
export function mkdtemp(prefix: string, options?: TextOptions): Promise<string | NonSharedBuffer>;
/** Makes a directory of a name that nobody else has: the prefix and six characters. */
export function mkdtemp(prefix: PathLike, options?: unknown): Promise<string | Buffer> {
  try {
    const parsed = parseOptions(options);
    const valid = validPath(prefix, 'prefix');
    warnOfTemplate(valid);
    const call = pathCall(MKDTEMP, valid, given(prefix, options), parsed);
    call.extra = parsed.encoding;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

type Listing = CallOptions & { recursive?: boolean | undefined };

export function readdir(
  path: PathLike,
  options?: (ObjectEncodingOptions & Listing & { withFileTypes?: false | undefined }) | BufferEncoding | null,
): Promise<string[]>;
export function readdir(
  path: PathLike,
  options: (Listing & { encoding: 'buffer'; withFileTypes?: false | undefined }) | 'buffer',
): Promise<NonSharedBuffer[]>;
export function readdir(
  path: PathLike,
  options?: (ObjectEncodingOptions & Listing & { withFileTypes?: false | undefined }) | BufferEncoding | null,
): Promise<string[] | NonSharedBuffer[]>;
export function readdir(
  path: PathLike,
  options: ObjectEncodingOptions & Listing & { withFileTypes: true },
): Promise<Dirent[]>;
export function readdir(
  path: PathLike,
  options: Listing & { encoding: 'buffer'; withFileTypes: true },
): Promise<Dirent<NonSharedBuffer>[]>;
/** The names in a directory, or with `withFileTypes` its entries. */
export function readdir(path: PathLike, options?: unknown): Promise<(string | Buffer | AnyDirent)[]> {
  try {
    const parsed = parseOptions(options);
    const valid = validPath(path);
    if (parsed.recursive) return readdirRecursive(valid, parsed);
    const args = given(path, options);
    if (parsed.withFileTypes) return readEntries(valid, args, parsed);
    const call = pathCall(READ_NAMES, valid, args, parsed);
    call.extra = parsed.encoding;
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

function readEntries(
  path: string | Uint8Array,
  args: readonly unknown[],
  options: FileOptions,
): Promise<AnyDirent[]> {
  const { encoding, signal, timeout } = options;
  const call = pathCall(READ_ENTRIES, path, args, options);
  call.i0 = 1;
  call.extra = encoding;
  return call.start().then((entries) => {
    return entries.unknown.size === 0
      ? entries.dirents
      : promised(completing(path, entries, { signal, timeout }));
  });
}

/** What asks for the types that the file system did not give. */
export function completing(
  path: string | Uint8Array,
  { dirents, unknown }: Entries,
  options: CallOptions,
): Composed<AnyDirent[]> {
  return {
    type: { ...READDIR, result: () => [] },
    args: [path],
    options,
    path,
    *body(parent) {
      yield* each([...unknown], WIDTH, function* ([index, bytes]) {
        const facts = yield* steps.lstat(parent, entryPath(path, bytes));
        const { name } = dirents[index] as AnyDirent;
        dirents[index] = direntOf(name, direntTypeOf(facts), path);
      });
      return dirents;
    },
  };
}

/** Node itself warns, once for all: given options that are none, it goes no further. */
export function warnOfRecursion(): void {
  const node = original.rmdir as (path: string, options: object, callback: () => void) => void;
  try {
    node('/', { recursive: true, maxRetries: '' }, () => undefined);
  } catch {
    // It was to throw.
  }
}

/** Removes an empty directory. `recursive` is deprecated, as in Node: use rm(). */
export function rmdir(path: PathLike, options?: RmDirOptions & CallOptions): Promise<void> {
  try {
    const valid = validPath(path);
    const parsed = parseRmdirOptions(options);
    if (parsed.recursive) {
      warnOfRecursion();
      return promised(removeTree(valid, parsed));
    }
    return pathCall(RMDIR, valid, given(path, options), callOptions(options)).start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What is no directory is left to rmdir to complain about. */
export function removeTree(path: string | Uint8Array, options: RemoveOptions): Composed<void> {
  return {
    type: RMDIR,
    args: [path, options],
    options,
    path,
    *body(parent) {
      if (steps.isDirectory(yield* steps.stat(parent, path))) yield* new Removal(parent, options).top(path);
      else yield* steps.rmdir(parent, path);
    },
  };
}
