// cp: the files of a directory that follow on each other are copied at a time. All else is one step after the other in
// Node's order, and so is all of it with a filter. So the calls of the filter and the errors are Node's, and after an
// error the disk is as Node leaves it, unless the error is one of copying a file: then some of the files behind it
// may have been copied.
//
// Each step works on a name in a directory that is held open (folder.ts), on both sides. Without `dereference` no step
// follows a link, so a directory or a file that another program replaces by a link meanwhile is not followed out of the
// tree.
import { constants } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { InterruptError } from '../../call/errors';
import { isRestricted } from '../../call/permission';
import { Code } from '../../engine/codes';
import {
  cpAllowsFileLinks,
  cpCopiesNatively,
  cpKeepsDirectoryTimes,
  cpRefusesDirectories,
} from '../../node/version';
import { treePath } from '../../node/windows';
import { type ParsedCopyOptions, parseCpOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { Place } from '../plan/place';
import { type Body, type Composed, eachUntilFailure } from '../plan/plan';
import * as steps from '../plan/steps';
import { PATH, voidType } from '../requests/request';
import { DIRENT_FILE } from '../results/dirent';
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
import { Folder, inRuns, noting, WIDTH } from './folder';

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
    body: (parent) => new Copy(parent, parsed).top(treePath(src) as string, treePath(dest) as string),
  };
}

/** The entries from there on that are files, as far as they go together. */
function filesFrom(entries: readonly steps.Entry[], at: number): readonly steps.Entry[] {
  let end = at;
  while (end - at < WIDTH && entries[end]?.type === DIRENT_FILE) end++;
  return entries.slice(at, end);
}

/** What a step copies: the two files, if there is a second one, and where they are. */
type Checked = [sides: Sides, source: Place, copy: Place];

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
    // With `dereference`, links at the destination may lead to where other files are copied. A directory may be copied to
    // where the entries behind it come from.
    const oneByOne = Boolean(this.#options.filter) || this.#follows;
    try {
      for (let at = 0; at < entries.length; ) {
        const files = oneByOne ? [] : filesFrom(entries, at);
        if (files.length > 0) yield* this.#files(files, from, to, lingering);
        else yield* noting(lingering, this.#entry(from, to, (entries[at] as steps.Entry).name as string));
        at += Math.max(1, files.length);
      }
    } finally {
      yield* to.close(lingering);
    }
  }

  *#entry(from: Folder, to: Folder, name: string): Body<void> {
    const checked = yield* this.#check(from, to, name);
    if (checked !== undefined) yield* this.#any(...checked);
  }

  /** Undefined: the filter has refused the entry. */
  *#check(from: Folder, to: Folder, name: string): Body<Checked | undefined> {
    const source = from.child(join(from.place.path as string, name), this.#follows);
    const copy = to.child(join(to.place.path as string, name), this.#follows);
    const sides = yield* checkPaths(this.#parent, source, copy, this.#options);
    return sides && [sides, source, copy];
  }

  /** Checks the files at a time, which changes nothing. Then copies those before the first that the check refused. */
  *#files(entries: readonly steps.Entry[], from: Folder, to: Folder, lingering: Promise<void>[]): Body<void> {
    const checked: (Checked | undefined)[] = [];
    const indexes = [...entries.keys()];
    let refused: { readonly error: unknown } | undefined;
    const check = this.#check.bind(this);
    try {
      yield* eachUntilFailure(indexes, WIDTH, function* (index) {
        checked[index] = yield* noting(
          lingering,
          check(from, to, (entries[index] as steps.Entry).name as string),
        );
      });
    } catch (error) {
      if (error instanceof InterruptError) throw error;
      refused = { error };
    }
    const first = indexes.findIndex((index) => checked[index] === undefined);
    const known = (first === -1 ? checked : checked.slice(0, first)) as Checked[];
    yield* inRuns(
      known,
      ([{ src }]) => (src.mode & S_IFMT) === S_IFREG,
      (one) => noting(lingering, this.#any(...one)),
    );
    if (refused !== undefined) throw refused.error;
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
