// An entry that a walk has come to.
import type { Stats } from 'node:fs';
import { childPath } from '../plan/child-path';
import {
  DIRENT_BLOCK,
  DIRENT_CHARACTER,
  DIRENT_DIR,
  DIRENT_FIFO,
  DIRENT_FILE,
  DIRENT_LINK,
  DIRENT_SOCKET,
} from '../results/dirent';
import type { WalkBatch } from './batch';

/** An entry of a directory, as walk() gives it. Its methods are those of Node's Dirent. */
export class WalkEntry<Name extends string | Buffer = string> {
  /** The last name of its path. */
  readonly name: Name;
  /** How far below the root: 1 is what lies in the root itself. */
  readonly depth: number;
  readonly #batch: WalkBatch<Name>;
  readonly #index: number;
  #error: Error | undefined = undefined;
  #stats: Stats | undefined = undefined;

  /** @internal */
  constructor(batch: WalkBatch<Name>, index: number) {
    this.name = batch.names[index] as Name;
    this.depth = batch.depth;
    this.#batch = batch;
    this.#index = index;
  }

  /** @internal */
  static failed<Name extends string | Buffer>(entry: WalkEntry<Name>, error: Error): WalkEntry<Name> {
    entry.#error = error;
    return entry;
  }

  /** The directory that it lies in: the root as it was given, and the names below it. */
  get parentPath(): Name {
    return this.#batch.path;
  }

  /** The root as it was given, and the names below it. */
  get path(): Name {
    return childPath(this.#batch.path, this.name) as Name;
  }

  /**
   * What stat() knows of it: of a link itself, or of what it leads to with `followLinks`. Undefined without the option
   * `stats`, and where stat() failed. Made when it is first asked for, from numbers that are there already.
   */
  get stats(): Stats | undefined {
    this.#stats ??= this.#batch.stats(this.#index);
    return this.#stats;
  }

  /**
   * What kept the walk from going on here: a directory that could not be listed, or an entry that stat() failed for.
   * The walk goes on with the others.
   */
  get error(): Error | undefined {
    return this.#error ?? this.#batch.errorOf(this.#index);
  }

  /** A number of `fs.constants.UV_DIRENT_*`. With `followLinks`, that of what a link leads to. */
  get type(): number {
    return this.#batch.types[this.#index] as number;
  }

  /** A regular file. */
  isFile(): boolean {
    return this.type === DIRENT_FILE;
  }
  /** A directory. */
  isDirectory(): boolean {
    return this.type === DIRENT_DIR;
  }
  /** A symbolic link; with `followLinks` one that leads nowhere. */
  isSymbolicLink(): boolean {
    return this.type === DIRENT_LINK;
  }
  /** A FIFO. */
  isFIFO(): boolean {
    return this.type === DIRENT_FIFO;
  }
  /** A socket. */
  isSocket(): boolean {
    return this.type === DIRENT_SOCKET;
  }
  /** A character device. */
  isCharacterDevice(): boolean {
    return this.type === DIRENT_CHARACTER;
  }
  /** A block device. */
  isBlockDevice(): boolean {
    return this.type === DIRENT_BLOCK;
  }
}
