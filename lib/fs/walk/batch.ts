// A batch has the names, the types and the numbers of stat() of one directory's entries, or of a part of them if there are
// many. Columns and Stats are made from these when the program asks for them.
import type { Stats } from 'node:fs';
import { STAT_FIELDS } from '../../engine/codes';
import { systemError } from '../../node/errno-error';
import { textOf } from '../../node/path-text';
import { childPath } from '../plan/child-path';
import { leanStatsFrom } from '../results/stats';
import { WalkEntry } from './entry';
import type { Scanned } from './scan';

/** The columns, in the order of the fields in native code. */
const COLUMNS = [
  'dev',
  'mode',
  'nlink',
  'uid',
  'gid',
  'rdev',
  'blksize',
  'ino',
  'size',
  'blocks',
  'atimeSeconds',
  'atimeNanoseconds',
  'mtimeSeconds',
  'mtimeNanoseconds',
  'ctimeSeconds',
  'ctimeNanoseconds',
  'birthtimeSeconds',
  'birthtimeNanoseconds',
] as const;

/**
 * The name of a column: one of the numbers of stat(). A time has two columns, whole seconds since 1970 and the nanoseconds
 * beyond them. So times are exact in columns, while the `mtimeMs` of a Stats is rounded.
 */
export type WalkColumn = (typeof COLUMNS)[number];

const MODE = COLUMNS.indexOf('mode');
const INO = COLUMNS.indexOf('ino');
const SIZE = COLUMNS.indexOf('size');

const REPLACEMENT = '\ufffd';

/** The entries of one directory, or a part of them, as `walk().batches()` yields them. Entries are named by their index. */
export class WalkBatch<Name extends string | Buffer = string> {
  /** The path of the directory. It begins with the root as walk() was given it. */
  readonly path: Name;
  /** The number of levels below the root on which the entries lie: 1 for those of the root itself. */
  readonly depth: number;
  /** The number of entries. */
  readonly length: number;
  /** The name of each entry, without the path. */
  readonly names: readonly Name[];
  /** The type of each entry: a number of `fs.constants.UV_DIRENT_*`. */
  readonly types: Uint8Array;
  /** Why the directory, or the rest of it, could not be listed. The batch then has no entries. */
  readonly error: Error | undefined;

  /** The numbers of each entry, side by side. A walk that follows links has them without `stats`, too. */
  readonly #rows: Float64Array | undefined;
  /** The names that are no UTF-8, as bytes, by their index. */
  readonly #exact: ReadonlyMap<number, Buffer> | undefined;
  readonly #follows: boolean;
  /** Whether the caller has asked for `stats`. */
  readonly #shows: boolean;

  /** @internal */
  constructor(path: Name, depth: number, scanned: Scanned | Error, manner: Manner) {
    this.path = path;
    this.depth = depth;
    this.#follows = manner.followLinks;
    this.#shows = manner.stats;
    const numbers = hasNumbers(manner);
    if (scanned instanceof Error || scanned.bytes === undefined || scanned.count === 0) {
      this.length = 0;
      this.names = [];
      this.types = new Uint8Array(0);
      this.error = scanned instanceof Error ? scanned : undefined;
      if (numbers) this.#rows = new Float64Array(0);
      return;
    }
    const { bytes, count } = scanned;
    const typesAt = numbers ? count * STAT_FIELDS * Float64Array.BYTES_PER_ELEMENT : 0;
    if (numbers) this.#rows = new Float64Array(bytes.buffer, bytes.byteOffset, count * STAT_FIELDS);
    this.length = count;
    this.types = new Uint8Array(bytes.buffer, bytes.byteOffset + typesAt, count);
    const [names, exact] = namesIn(bytes.subarray(typesAt + count), manner.asBytes);
    this.names = names as unknown as readonly Name[];
    this.#exact = exact;
  }

  /**
   * Returns one number of stat() for each entry, in their order. The numbers of a link are those of its target with
   * `followLinks`, otherwise its own. An entry for which stat() failed has 0 as its `mode`. Undefined without the option
   * `stats`.
   *
   * @param name - which number; sizes are in bytes, times in seconds and nanoseconds
   */
  column(name: WalkColumn): Float64Array | undefined {
    const rows = this.#rows;
    const field = COLUMNS.indexOf(name);
    if (rows === undefined || !this.#shows || field < 0) return undefined;
    const column = new Float64Array(this.length);
    for (let index = 0, at = field; index < column.length; index++, at += STAT_FIELDS)
      column[index] = rows[at] as number;
    return column;
  }

  /** Returns the Stats of one entry. Undefined without the option `stats`, and if stat() failed. */
  stats(index: number): Stats | undefined {
    const rows = this.#rows;
    if (rows === undefined || !this.#shows || !(index < this.length)) return undefined;
    if (rows[index * STAT_FIELDS + MODE] === 0) return undefined;
    return leanStatsFrom(rows, index * STAT_FIELDS);
  }

  /** Returns why stat() failed for one entry; undefined: it did not. */
  errorOf(index: number): Error | undefined {
    const rows = this.#rows;
    if (rows === undefined || rows[index * STAT_FIELDS + MODE] !== 0) return undefined;
    const errno = rows[index * STAT_FIELDS + SIZE] as number;
    return systemError(errno, this.#follows ? 'stat' : 'lstat', textOf(this.#pathOf(index)));
  }

  /** Returns one entry as an object. */
  entry(index: number): WalkEntry<Name> {
    return new WalkEntry<Name>(this, index);
  }

  #pathOf(index: number): string | Buffer {
    return childPath(this.path, this.names[index] as Name);
  }

  /** @internal Returns the name by which the system finds the entry again: bytes, if it is no UTF-8. */
  exactName(index: number): string | Buffer {
    return this.#exact?.get(index) ?? (this.names[index] as Name);
  }

  /** @internal Returns device and inode number as text; undefined if a double cannot hold the inode number exactly. */
  identity(index: number): string | undefined {
    const rows = this.#rows as Float64Array;
    const dev = rows[index * STAT_FIELDS] as number;
    const ino = rows[index * STAT_FIELDS + INO] as number;
    return ino <= Number.MAX_SAFE_INTEGER ? `${dev}:${ino}` : undefined;
  }
}

/** What a walk asks for of each entry. */
export interface Manner {
  readonly stats: boolean;
  readonly followLinks: boolean;
  readonly asBytes: boolean;
}

/** Returns whether scans call stat(). Scans that follow links recognise directories by its numbers. */
export const hasNumbers = ({ stats, followLinks }: Manner): boolean => stats || followLinks;

/** Splits names that end with a slash each. `exact` has the bytes of those that are no UTF-8, by their index. */
function namesIn(
  bytes: Buffer,
  asBytes: boolean,
): [names: (string | Buffer)[], exact: ReadonlyMap<number, Buffer> | undefined] {
  if (asBytes) return [split(bytes), undefined];
  const text = bytes.toString();
  const names = text.split('/');
  names.pop();
  if (!text.includes(REPLACEMENT)) return [names, undefined];
  const exact = new Map<number, Buffer>();
  split(bytes).forEach((name, index) => {
    if (names[index]?.includes(REPLACEMENT)) exact.set(index, name);
  });
  return [names, exact];
}

function split(bytes: Buffer): Buffer[] {
  const names: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf('/'); end !== -1; end = bytes.indexOf('/', start)) {
    names.push(Buffer.from(bytes.subarray(start, end)));
    start = end + 1;
  }
  return names;
}
