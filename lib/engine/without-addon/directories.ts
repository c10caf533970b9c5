// Node's open directories by number, since its functions have no descriptors for them and the calls of this package have;
// and listings as binding/ops/directory.cc makes them.
import { type Dir, Dirent } from 'node:fs';
import type { Operation } from './operations';
import { EBADF, type Result } from './records';

/** Above any descriptor that a process may have. */
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

/** To be closed: its number is nobody's from here on. */
export function takeDirectory(number: number): Dir {
  const dir = directoryOf(number);
  open.delete(number);
  return dir;
}

function directoryOf(number: number): Dir {
  const dir = open.get(number);
  if (dir === undefined) throw Object.assign(new Error('closed'), { errno: EBADF });
  return dir;
}

/** Up to `most` entries; none at the end. */
export function* readDirectory(
  number: number,
  most: number,
): Generator<Operation, Result, Dirent<Buffer> | null> {
  const dir = directoryOf(number);
  const entries: Dirent<Buffer>[] = [];
  while (entries.length < Math.max(1, most)) {
    const entry = yield { name: 'read', on: dir, args: [] };
    if (entry === null) break;
    entries.push(entry);
  }
  return listing(entries);
}

/** libuv's UV_DIRENT_*, in their order behind "unknown". */
const TYPES = [
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
 * libuv's number for the type of `entry`. It is unknown where the file system did not say it and Node has asked for it by an
 * lstat: such an entry is of a class of Node's own, DirentFromStats, and the caller makes its like.
 */
const typeOf = (entry: Dirent<Buffer>): number =>
  Object.getPrototypeOf(entry) === Dirent.prototype ? TYPES.findIndex((is) => entry[is]()) + 1 : 0;

/** Each name is ended by a slash, and has its type before it where that was asked for. */
export function listing(entries: readonly (Buffer | Dirent<Buffer>)[]): Result {
  const parts = entries.flatMap((entry) => {
    if (Buffer.isBuffer(entry)) return [entry, SLASH];
    return [Buffer.from(String(typeOf(entry))), entry.name, SLASH];
  });
  return { value: entries.length, bytes: Buffer.concat(parts) };
}
