// Directories: made, removed, and listed in one call.
import type { Call } from '../../call';
import type { CallType, Completion } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { setLooksWhenFull, setMode, setTyped } from '../../engine/operands';
import { keepsPrefix, looksWhenFull } from '../../node/version';
import { withoutPrefix } from '../../node/windows';
import { type FileOptions, parseFileMode } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { validateBoolean } from '../../validate/values';
import { type AnyDirent, DIRENT_UNKNOWN, direntOf } from '../results/dirent';
import { decodeEntries, decodeNames, decodePath } from '../results/encoding';
import { DIR, decoded, onPath, type Path, pathCall, type Request, voidType } from './request';

const MKDIR: CallType<string | undefined> = {
  ...voidType('mkdir', Code.mkdir, 'mkdir', DIR, true),
  result: () => undefined,
};
/** Of the first directory made, as Node gives it. */
const shown = (path: string): string => (keepsPrefix ? path : withoutPrefix(path));
const MKDIRP: CallType<string | undefined> = {
  ...MKDIR,
  code: Code.mkdirp,
  result: (done) => (done.length === 0 ? undefined : shown(done.text('utf8'))),
};

/** With `recursive`, the result is the first directory that had to be made. */
export const mkdir: Request<string | undefined> = {
  type: MKDIR,
  takes: ['path'],
  build([path], shown, options) {
    const bare = typeof options === 'number' || typeof options === 'string';
    const { recursive = false, mode = 0o777 } = (bare ? { mode: options } : options || {}) as FileOptions;
    const valid = validPath(path);
    validateBoolean(recursive, 'options.recursive');
    const permissions = parseFileMode(mode, 'mode', 0o777);
    const call = pathCall(recursive ? MKDIRP : MKDIR, valid, shown, options);
    setMode(call, permissions);
    if (recursive) setLooksWhenFull(call, looksWhenFull);
    return call;
  },
};

let warnedOfTemplate = false;

function warnOfTemplate(prefix: Path): void {
  if (warnedOfTemplate || (typeof prefix === 'string' ? !prefix.endsWith('X') : prefix.at(-1) !== 0x58))
    return;
  warnedOfTemplate = true;
  process.emitWarning(
    'mkdtemp() templates ending with X are not portable. For details see: https://nodejs.org/api/fs.html',
  );
}

const MKDTEMP: CallType<string | Buffer> = {
  ...voidType('mkdtemp', Code.mkdtemp, 'mkdtemp', DIR, true),
  result: (done, call) => decodePath(done, call.encoding),
};

const mkdtempBy = (type: CallType<string | Buffer>): Request<string | Buffer> =>
  decoded({ type, takes: ['prefix'], fill: (call) => warnOfTemplate(call.path) });

/** Makes a directory with a unique name: the prefix and six characters. */
export const mkdtemp = mkdtempBy(MKDTEMP);

/** The errors of Node's mkdtempSync() name the template, not the characters that were tried. */
export const mkdtempSync = mkdtempBy({ ...MKDTEMP, pathInErrors: (prefix) => `${prefix}XXXXXX` });

/** Removes an empty directory. With `recursive`, trees/rm.ts removes it. */
export const rmdir = onPath({ type: voidType('rmdir', Code.rmdir, 'rmdir', DIR, true), takes: ['path'] });

export const READDIR = { fn: 'readdir', code: Code.readdir, syscall: 'scandir', kind: DIR, changes: false };

const READ_NAMES: CallType<(string | Buffer)[]> = {
  ...READDIR,
  result: (done, call) => decodeNames(done, call.encoding),
};

/**
 * For a listing with types: the names, as bytes, of entries for which the file system gave no type, by index. A decoded
 * name need not lead back to the file: other encodings than UTF-8, and invalid UTF-8, lose bytes.
 */
const untyped = new WeakMap<AnyDirent[], Map<number, Buffer>>();

/** Returns undefined for most file systems: they give all types. */
export const untypedOf = (entries: AnyDirent[]): ReadonlyMap<number, Buffer> | undefined =>
  untyped.get(entries);

function toEntries(done: Completion, call: Call<AnyDirent[]>): AnyDirent[] {
  const entries: AnyDirent[] = [];
  let complete = true;
  decodeEntries(done, call.encoding, (name, type) => {
    if (type === DIRENT_UNKNOWN) complete = false;
    entries.push(direntOf(name, type, call.path));
  });
  if (complete) return entries;
  const names = new Map<number, Buffer>();
  let index = 0;
  decodeEntries(done, 'buffer', (name, type) => {
    if (type === DIRENT_UNKNOWN) names.set(index, name as Buffer);
    index++;
  });
  untyped.set(entries, names);
  return entries;
}

export const READ_ENTRIES: CallType<AnyDirent[]> = { ...READDIR, result: toEntries };

/** Lists the names in one directory. */
export function namesCall(
  path: Path,
  options: FileOptions,
  shown: readonly unknown[],
): Call<(string | Buffer)[]> {
  const call = pathCall(READ_NAMES, path, shown, options);
  call.encoding = options.encoding;
  return call;
}

/** Lists the entries of one directory with their types, except those that untypedOf() returns. */
export function entriesCall(path: Path, options: FileOptions, shown: readonly unknown[]): Call<AnyDirent[]> {
  const call = pathCall(READ_ENTRIES, path, shown, options);
  setTyped(call);
  call.encoding = options.encoding;
  return call;
}

/** An entry of a directory: its name in the encoding asked for, and its type, one of UV_DIRENT_*. */
export interface Entry {
  name: string | Buffer;
  type: number;
}

/** Returns the entries in the order of the completion. */
export function entriesIn(done: Completion, call: Call<Entry[]>): Entry[] {
  const list: Entry[] = [];
  decodeEntries(done, call.encoding, (name, type) => list.push({ name, type }));
  return list;
}

/** Reads the next entries of an open directory. */
export const READ_OPEN: CallType<Entry[]> = {
  ...READDIR,
  fn: 'read',
  syscall: 'readdir',
  code: Code.dirread,
  result: entriesIn,
};

export function openingDirectory<T>(kind: number, result: CallType<T>['result']): CallType<T> {
  return { fn: 'opendir', code: Code.opendir, syscall: 'opendir', kind, changes: false, result };
}

/** Closes the descriptor of an open directory. */
export const CLOSEDIR: CallType<void> = {
  ...voidType('close', Code.close, 'closedir', DIR, false),
  closes: true,
};

/** Returns the type for a part of a composite: without OpKind.Top. */
export const part = <T>(type: CallType<T>): CallType<T> => ({ ...type, kind: type.kind & ~OpKind.Top });
