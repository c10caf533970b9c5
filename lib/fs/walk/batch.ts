// What a walk has found in one directory, or in a part of a large one: names and types, and the numbers of stat(). A column,
// or a Stats, is made of these when somebody asks for it.
import type { Stats } from 'node:fs';
import { STAT_FIELDS } from '../../engine/codes';
import { systemError } from '../../node/errno-error';
import { textOf } from '../../node/path-text';
import { childPath } from '../plan/child-path';
import { leanStatsFrom } from '../results/stats';
import { WalkEntry } from './entry';
import type { Scanned } from './scan';

/** The columns, in the order that native code has them. */
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
 * A number that stat() gives of each entry. A time is two: whole seconds since 1970, and the nanoseconds beyond them. So
 * columns have times exactly, where the `mtimeMs` of a Stats is rounded.
 */
export type WalkColumn = (typeof COLUMNS)[number];

const MODE = COLUMNS.indexOf('mode');
const INO = COLUMNS.indexOf('ino');
const SIZE = COLUMNS.indexOf('size');

const REPLACEMENT = '\ufffd';

/** The entries of one directory, or a part of them, as walk().batches() gives them. */
export class WalkBatch<Name extends string | Buffer = string> {
  /** The directory: the root as it was given, and the names below it. */
  readonly path: Name;
  /** Of the entries: 1 is what lies in the root itself. */
  readonly depth: number;
  /** How many entries there are. */
  readonly length: number;
  /** The last name of each entry. */
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
   * The numbers of all entries that stat() gives under that name: of links themselves, or of what they lead to with
   * `followLinks`. Undefined without `stats`. An entry of which stat() failed has 0 for its `mode`.
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

  /** The Stats of one entry. Undefined without `stats`, and where stat() failed. */
  stats(index: number): Stats | undefined {
    const rows = this.#rows;
    if (rows === undefined || !this.#shows || !(index < this.length)) return undefined;
    if (rows[index * STAT_FIELDS + MODE] === 0) return undefined;
    return leanStatsFrom(rows, index * STAT_FIELDS);
  }

  /** Why stat() failed for one entry. */
  errorOf(index: number): Error | undefined {
    const rows = this.#rows;
    if (rows === undefined || rows[index * STAT_FIELDS + MODE] !== 0) return undefined;
    const errno = rows[index * STAT_FIELDS + SIZE] as number;
    return systemError(errno, this.#follows ? 'stat' : 'lstat', textOf(this.#pathOf(index)));
  }

  /** The entry as an object. */
  entry(index: number): WalkEntry<Name> {
    return new WalkEntry<Name>(this, index);
  }

  #pathOf(index: number): string | Buffer {
    return childPath(this.path, this.names[index] as Name);
  }

  /** @internal The name with which an entry is found again. */
  exactName(index: number): string | Buffer {
    return this.#exact?.get(index) ?? (this.names[index] as Name);
  }

  /** @internal Which file it is, as text; undefined if its inode number is one that a double does not tell from others. */
  identity(index: number): string | undefined {
    const rows = this.#rows as Float64Array;
    const dev = rows[index * STAT_FIELDS] as number;
    const ino = rows[index * STAT_FIELDS + INO] as number;
    return ino <= Number.MAX_SAFE_INTEGER ? `${dev}:${ino}` : undefined;
  }
}

/** What a walk is told of entries. */
export interface Manner {
  readonly stats: boolean;
  readonly followLinks: boolean;
  readonly asBytes: boolean;
}

/** Whether scans give the numbers of stat(): those that follow links tell by them which directory one is. */
export const hasNumbers = ({ stats, followLinks }: Manner): boolean => stats || followLinks;

/** Each name is ended by a slash. Those that are no UTF-8 come as bytes as well, by their index. */
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
