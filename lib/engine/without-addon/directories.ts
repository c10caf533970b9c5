// Open directories of Node by number: Node's Dir has no descriptor, and calls of this package need one. Also makes
// listings in the format of binding/ops/unix/directory.cc.
import { type Dir, Dirent } from 'node:fs';
import { EBADF } from '../../node/errno';
import type { Operation } from './operations';
import type { Result } from './records';

/** The numbers begin above any descriptor that a process may have. */
const FIRST = 2 ** 30;

const open = new Map<number, Dir>();
let next = FIRST;

export const isDirectory = (fd: number): boolean => fd >= FIRST;

export function numberOf(dir: Dir): number {
  const number = next;
  next = next === 2 ** 31 - 1 ? FIRST : next + 1;
  open.set(number, dir);
  return number;
}

/** Returns the Dir, for the caller to close. From here on its number belongs to no directory. */
export function takeDirectory(number: number): Dir {
  const dir = directoryOf(number);
  open.delete(number);
  return dir;
}

export function directoryOf(number: number): Dir {
  const dir = open.get(number);
  if (dir === undefined) throw Object.assign(new Error('closed'), { errno: EBADF });
  return dir;
}

/** Reads up to `most` entries. Returns none at the end. */
export function* readDirectory(
  number: number,
  most: number,
): Generator<Operation, Result, Dirent<Buffer> | null> {
  return listing(yield* entriesOf(directoryOf(number), most));
}

/** `type`: libuv's number; 0: unknown. */
export interface Entry {
  readonly name: Buffer;
  readonly type: number;
}

export function* entriesOf(dir: Dir, most: number): Generator<Operation, Entry[], Dirent<Buffer> | null> {
  const entries: Entry[] = [];
  while (entries.length < Math.max(1, most)) {
    const entry = yield { name: 'read', on: dir, args: [] };
    if (entry === null) break;
    entries.push(entryOf(entry));
  }
  return entries;
}

const TYPED = { encoding: 'buffer', withFileTypes: true };
const NAMES = { encoding: 'buffer' };

/**
 * Lists a directory with types. Node asks for each type that the file system does not say, and takes the error of one
 * entry that is gone for that of the directory: its entries then come without types.
 */
export function* typedListing(path: string | Buffer): Generator<Operation, Entry[], never> {
  try {
    const entries: Dirent<Buffer>[] = yield { name: 'readdir', args: [path, TYPED] };
    return entries.map(entryOf);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'lstat') throw error;
    const names: Buffer[] = yield { name: 'readdir', args: [path, NAMES] };
    return names.map((name) => ({ name, type: 0 }));
  }
}

/** The types in the order of libuv's UV_DIRENT_*, which begins with "unknown". */
export const TYPES = [
  'isFile',
  'isDirectory',
  'isSymbolicLink',
  'isFIFO',
  'isSocket',
  'isCharacterDevice',
  'isBlockDevice',
] as const;

const SLASH = Buffer.from('/');

/**
 * Returns libuv's number for the type of `entry`. If the file system did not say the type, Node asks by an lstat and
 * makes an entry of a class of its own (DirentFromStats). Such an entry counts as unknown, so that the caller makes one
 * of its own class, too.
 */
const typeOf = (entry: Dirent<Buffer>): number =>
  Object.getPrototypeOf(entry) === Dirent.prototype ? TYPES.findIndex((is) => entry[is]()) + 1 : 0;

const entryOf = (entry: Dirent<Buffer>): Entry => ({ name: entry.name, type: typeOf(entry) });

/** Each name ends with a slash. If types are wanted, the type stands before the name. */
export function listing(entries: readonly (Buffer | Entry)[]): Result {
  const parts = entries.flatMap((entry) => {
    if (Buffer.isBuffer(entry)) return [entry, SLASH];
    return [Buffer.from(String(entry.type)), entry.name, SLASH];
  });
  return { value: entries.length, bytes: Buffer.concat(parts) };
}
