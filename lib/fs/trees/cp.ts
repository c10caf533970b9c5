// cp: one step after the other in Node's order, so that the calls of the filter, the errors, and what is on the disk
// after an error are Node's.
//
// Each step works on a name in a directory that is held open (folder.ts), on both sides. Without `dereference` no step
// follows a link, so a directory or a file that another program replaces by a link meanwhile is not followed out of the
// tree.
import { constants } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isRestricted } from '../../call/permission';
import { Code } from '../../engine/codes';
import {
  cpAllowsFileLinks,
  cpCopiesNatively,
  cpKeepsDirectoryTimes,
  cpRefusesDirectories,
} from '../../node/version';
import { type ParsedCopyOptions, parseCpOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { Place } from '../plan/place';
import type { Body, Composed } from '../plan/plan';
import * as steps from '../plan/steps';
import { PATH, voidType } from '../requests/request';
import {
  checkParents,
  checkPaths,
  existsError,
  fifoError,
  isDirectoryError,
  isNoEntry,
  isSubdirectory,
  linkIntoItself,
  linkToSubdirectory,
  type Sides,
  socketError,
  unknownError,
} from './cp-checks';
import { NativeCopy } from './cp-native';
import { Folder, noteLingering } from './folder';

const CP = voidType('cp', Code.copyFile, 'cp', PATH, true);

const { S_IFMT, S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } = constants;
const OWNER_WRITES = 0o200;
/** The number of entries that are read at a time, as by Node's Dir. */
const BATCH = 32;

/** Checks the arguments, and throws for invalid ones. */
export function copying(
  source: unknown,
  destination: unknown,
  options: unknown,
  shown: readonly unknown[],
): Composed<void> {
  const parsed = parseCpOptions(options);
  const src = validPath(source, 'src');
  const dest = validPath(destination, 'dest');
  if (parsed.preserveTimestamps && process.arch === 'ia32') {
    process.emitWarning(
      'Using the preserveTimestamps option in 32-bit node is not recommended',
      'TimestampPrecisionWarning',
    );
  }
  // Paths as bytes get as far as the first step that needs text. It refuses them, as in Node.
  return {
    type: CP,
    args: shown,
    options: parsed,
    path: src,
    dest,
    body: (parent) => new Copy(parent, parsed).top(src as string, dest as string),
  };
}

class Copy {
  readonly #parent: steps.Parent;
  readonly #options: ParsedCopyOptions;
  /** Whether links are followed, on both sides: with `dereference`, as in Node. */
  readonly #follows: boolean;

  constructor(parent: steps.Parent, options: ParsedCopyOptions) {
    this.#parent = parent;
    this.#options = options;
    this.#follows = Boolean(options.dereference);
  }

  *top(src: string, dest: string): Body<void> {
    const source = new Place(src, this.#follows);
    const target = new Place(dest, this.#follows);
    const sides = yield* checkPaths(this.#parent, source, target, this.#options);
    if (sides === undefined) return;
    yield* checkParents(this.#parent, src, sides.src, dest);
    const into = dirname(dest);
    try {
      yield* steps.stat(this.#parent, into);
    } catch (error) {
      if (!isNoEntry(error)) throw error;
      yield* steps.mkdirp(this.#parent, into);
    }
    yield* this.#any(sides, source, target);
  }

  #any(sides: Sides, source: Place, target: Place): Body<void> {
    const [src, dest] = [source.path as string, target.path as string];
    switch (sides.src.mode & S_IFMT) {
      case S_IFREG:
      case S_IFCHR:
      case S_IFBLK:
        return this.#file(sides, source, target);
      case S_IFLNK:
        return this.#link(sides, source, target);
      case S_IFSOCK:
        throw socketError(dest);
      case S_IFIFO:
        throw fifoError(dest);
    }
    if (!steps.isDirectory(sides.src)) throw unknownError(dest);
    if (!this.#options.recursive) throw isDirectoryError(src);
    return this.#directory(sides, source, target);
  }

  *#directory(sides: Sides, source: Place, target: Place): Body<void> {
    const { errorOnExist, filter, force, preserveTimestamps } = this.#options;
    if (sides.dest === undefined && !filter && !this.#follows && !isRestricted && cpCopiesNatively())
      return yield* new NativeCopy(this.#parent, this.#options).top(source, target);
    if (sides.dest === undefined) yield* steps.mkdir(this.#parent, target);
    else if (errorOnExist && !force && cpRefusesDirectories()) throw existsError(target.path as string);
    const [from, entries] = yield* Folder.listedUnsorted(this.#parent, source, BATCH);
    const lingering: Promise<void>[] = [];
    try {
      if (entries.length > 0) yield* this.#entries(entries, from, target, lingering);
    } finally {
      yield* from.close(lingering);
    }
    if (preserveTimestamps && cpKeepsDirectoryTimes()) yield* this.#keepTimes(source, target);
    if (sides.dest === undefined) yield* steps.chmod(this.#parent, target, sides.src.mode);
  }

  *#entries(
    entries: readonly steps.Entry[],
    from: Folder,
    target: Place,
    lingering: Promise<void>[],
  ): Body<void> {
    const to = yield* Folder.entered(this.#parent, target);
    try {
      for (const { name } of entries) {
        const source = from.child(join(from.place.path as string, name as string), this.#follows);
        const copy = to.child(join(target.path as string, name as string), this.#follows);
        const next = yield* checkPaths(this.#parent, source, copy, this.#options);
        if (next !== undefined) yield* this.#any(next, source, copy);
      }
    } catch (error) {
      noteLingering(error, lingering);
      throw error;
    } finally {
      yield* to.close(lingering);
    }
  }

  *#file(sides: Sides, source: Place, target: Place): Body<void> {
    const parent = this.#parent;
    const { errorOnExist, force, mode, preserveTimestamps } = this.#options;
    if (sides.dest !== undefined) {
      if (!force) {
        if (errorOnExist) throw existsError(target.path as string);
        return;
      }
      yield* steps.unlink(parent, target);
    }
    yield* steps.copyFile(parent, source, target, mode);
    if (preserveTimestamps) {
      if ((sides.src.mode & OWNER_WRITES) === 0)
        yield* steps.chmod(parent, target, sides.src.mode | OWNER_WRITES);
      yield* this.#keepTimes(source, target);
    }
    yield* steps.chmod(parent, target, sides.src.mode);
  }

  /** The status is read again: reading the source has changed its access time. */
  *#keepTimes(source: Place, target: Place): Body<void> {
    const parent = this.#parent;
    const { atime, mtime } = yield* this.#follows ? steps.stat(parent, source) : steps.lstat(parent, source);
    yield* steps.utimes(parent, target, atime / 1000, mtime / 1000);
  }

  *#link(sides: Sides, source: Place, target: Place): Body<void> {
    const parent = this.#parent;
    const [src, dest] = [source.path as string, target.path as string];
    let text = yield* steps.readlink(parent, source);
    if (!this.#options.verbatimSymlinks && !isAbsolute(text)) text = resolve(dirname(src), text);
    if (sides.dest === undefined) return yield* steps.symlink(parent, text, target);
    let replaced: string;
    try {
      replaced = yield* steps.readlink(parent, target);
    } catch (error) {
      // The destination is no link. symlink() fails with EEXIST.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINVAL' || code === 'UNKNOWN') return yield* steps.symlink(parent, text, target);
      throw error;
    }
    if (!isAbsolute(replaced)) replaced = resolve(dirname(dest), replaced);
    const intoItself = isSubdirectory(text, replaced);
    if (intoItself && !cpAllowsFileLinks()) throw linkIntoItself(text, replaced, dest);
    const toDirectory = steps.isDirectory(yield* steps.stat(parent, source));
    if (intoItself && toDirectory) throw linkIntoItself(text, replaced, dest);
    // Removing `dest` must not remove what the source's link leads to.
    if (toDirectory && isSubdirectory(replaced, text)) {
      throw linkToSubdirectory(replaced, text, dest);
    }
    yield* steps.unlink(parent, target);
    yield* steps.symlink(parent, text, target);
  }
}
