// An entry that a walk yields.
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

/** An entry of a directory, as walk() yields it. Its methods are those of Node's Dirent. */
export class WalkEntry<Name extends string | Buffer = string> {
  /** The name in its directory, without the path. */
  readonly name: Name;
  /** The number of levels below the root: 1 for an entry of the root itself. */
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

  /** The path of its directory. It begins with the root as walk() was given it. */
  get parentPath(): Name {
    return this.#batch.path;
  }

  /** `parentPath` and `name` together. */
  get path(): Name {
    return childPath(this.#batch.path, this.name) as Name;
  }

  /**
   * The result of stat(): for a link, with `followLinks` that of its target, otherwise its own. Undefined without the
   * option `stats`, and if stat() failed. The object is made when it is first read, and no call is made for it.
   */
  get stats(): Stats | undefined {
    this.#stats ??= this.#batch.stats(this.#index);
    return this.#stats;
  }

  /**
   * Why the directory could not be listed, or why stat() failed for the entry; otherwise undefined. The walk goes on
   * after such an error.
   */
  get error(): Error | undefined {
    return this.#error ?? this.#batch.errorOf(this.#index);
  }

  /** The type, a number of `fs.constants.UV_DIRENT_*`. For a link, with `followLinks` that of its target. */
  get type(): number {
    return this.#batch.types[this.#index] as number;
  }

  /** Returns whether it is a regular file. */
  isFile(): boolean {
    return this.type === DIRENT_FILE;
  }
  /** Returns whether it is a directory. */
  isDirectory(): boolean {
    return this.type === DIRENT_DIR;
  }
  /** Returns whether it is a symbolic link; with `followLinks`, whether it is one that leads nowhere. */
  isSymbolicLink(): boolean {
    return this.type === DIRENT_LINK;
  }
  /** Returns whether it is a FIFO. */
  isFIFO(): boolean {
    return this.type === DIRENT_FIFO;
  }
  /** Returns whether it is a socket. */
  isSocket(): boolean {
    return this.type === DIRENT_SOCKET;
  }
  /** Returns whether it is a character device. */
  isCharacterDevice(): boolean {
    return this.type === DIRENT_CHARACTER;
  }
  /** Returns whether it is a block device. */
  isBlockDevice(): boolean {
    return this.type === DIRENT_BLOCK;
  }
}
