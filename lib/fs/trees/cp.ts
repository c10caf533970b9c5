// cp: one thing after the other in Node's order, so that filter, errors and what is on the disk after one are Node's.
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

const CP = voidType('cp', Code.copyFile, 'cp', PATH, true);

const { S_IFMT, S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } = constants;
const OWNER_WRITES = 0o200;
/** Entries read at a time, as many as opendir gives. */
const BATCH = 32;

/** Throws what is wrong with the arguments. */
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
  // Paths as bytes come as far as the first thing that needs text, which refuses them as in Node.
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

  constructor(parent: steps.Parent, options: ParsedCopyOptions) {
    this.#parent = parent;
    this.#options = options;
  }

  *top(src: string, dest: string): Body<void> {
    const sides = yield* checkPaths(this.#parent, src, dest, this.#options);
    if (sides === undefined) return;
    yield* checkParents(this.#parent, src, sides.src, dest);
    const into = dirname(dest);
    try {
      yield* steps.stat(this.#parent, into);
    } catch (error) {
      if (!isNoEntry(error)) throw error;
      yield* steps.mkdirp(this.#parent, into);
    }
    yield* this.#any(sides, src, dest);
  }

  #any(sides: Sides, src: string, dest: string): Body<void> {
    switch (sides.src.mode & S_IFMT) {
      case S_IFREG:
      case S_IFCHR:
      case S_IFBLK:
        return this.#file(sides, src, dest);
      case S_IFLNK:
        return this.#link(sides, src, dest);
      case S_IFSOCK:
        throw socketError(dest);
      case S_IFIFO:
        throw fifoError(dest);
    }
    if (!steps.isDirectory(sides.src)) throw unknownError(dest);
    if (!this.#options.recursive) throw isDirectoryError(src);
    return this.#directory(sides, src, dest);
  }

  *#directory(sides: Sides, src: string, dest: string): Body<void> {
    const { dereference, errorOnExist, filter, force, preserveTimestamps } = this.#options;
    if (sides.dest === undefined && !filter && !dereference && !isRestricted && cpCopiesNatively())
      return yield* new NativeCopy(this.#parent, this.#options).top(src, dest);
    if (sides.dest === undefined) yield* steps.mkdir(this.#parent, dest);
    else if (errorOnExist && !force && cpRefusesDirectories()) throw existsError(dest);
    for (const { name } of yield* steps.listUnsorted(this.#parent, src, 'utf8', BATCH)) {
      const from = join(src, name as string);
      const to = join(dest, name as string);
      const next = yield* checkPaths(this.#parent, from, to, this.#options);
      if (next !== undefined) yield* this.#any(next, from, to);
    }
    if (preserveTimestamps && cpKeepsDirectoryTimes()) yield* this.#keepTimes(src, dest);
    if (sides.dest === undefined) yield* steps.chmod(this.#parent, dest, sides.src.mode);
  }

  *#file(sides: Sides, src: string, dest: string): Body<void> {
    const parent = this.#parent;
    const { errorOnExist, force, mode, preserveTimestamps } = this.#options;
    if (sides.dest !== undefined) {
      if (!force) {
        if (errorOnExist) throw existsError(dest);
        return;
      }
      yield* steps.unlink(parent, dest);
    }
    yield* steps.copyFile(parent, src, dest, mode);
    if (preserveTimestamps) {
      if ((sides.src.mode & OWNER_WRITES) === 0)
        yield* steps.chmod(parent, dest, sides.src.mode | OWNER_WRITES);
      yield* this.#keepTimes(src, dest);
    }
    yield* steps.chmod(parent, dest, sides.src.mode);
  }

  /** Looked up once more: reading the source has moved its access time. */
  *#keepTimes(src: string, dest: string): Body<void> {
    const { atime, mtime } = yield* steps.stat(this.#parent, src);
    yield* steps.utimes(this.#parent, dest, atime / 1000, mtime / 1000);
  }

  *#link(sides: Sides, src: string, dest: string): Body<void> {
    const parent = this.#parent;
    let target = yield* steps.readlink(parent, src);
    if (!this.#options.verbatimSymlinks && !isAbsolute(target)) target = resolve(dirname(src), target);
    if (sides.dest === undefined) return yield* steps.symlink(parent, target, dest);
    let replaced: string;
    try {
      replaced = yield* steps.readlink(parent, dest);
    } catch (error) {
      // No link: symlink() says that something else is there.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINVAL' || code === 'UNKNOWN') return yield* steps.symlink(parent, target, dest);
      throw error;
    }
    if (!isAbsolute(replaced)) replaced = resolve(dirname(dest), replaced);
    const intoItself = isSubdirectory(target, replaced);
    if (intoItself && !cpAllowsFileLinks()) throw linkIntoItself(target, replaced, dest);
    const toDirectory = steps.isDirectory(yield* steps.stat(parent, src));
    if (intoItself && toDirectory) throw linkIntoItself(target, replaced, dest);
    // Removing `dest` must not remove what the source's link leads to.
    if (toDirectory && isSubdirectory(replaced, target)) {
      throw linkToSubdirectory(replaced, target, dest);
    }
    yield* steps.unlink(parent, dest);
    yield* steps.symlink(parent, target, dest);
  }
}
