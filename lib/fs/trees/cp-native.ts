// cp of a directory to a new place, as Node 26 does it in native code: with paths as bytes and as they were given, each
// entry judged by its type alone, devices refused, and errors that name one path.
import { constants } from 'node:fs';
import { posix } from 'node:path';
import { InterruptError } from '../../call/errors';
import { libraryError, systemError } from '../../node/errno-error';
import { byteText, textOf, workingDirectory } from '../../node/path-text';
import type { ParsedCopyOptions } from '../../validate/arguments';
import { childBytes } from '../plan/child-path';
import { Place } from '../plan/place';
import type { Body } from '../plan/plan';
import * as steps from '../plan/steps';
import {
  DIRENT_DIR,
  DIRENT_FIFO,
  DIRENT_FILE,
  DIRENT_LINK,
  DIRENT_SOCKET,
  DIRENT_UNKNOWN,
  direntTypeOf,
} from '../results/dirent';
import { existsError, fifoError, socketError, unknownError } from './cp-checks';
import { Folder, inRuns, noting } from './folder';

const { COPYFILE_EXCL } = constants;
/** The number of entries that are read at a time. */
const BATCH = 256;
const PERMISSIONS = 0o7777;

const bytesOf = ({ path }: Place): Buffer => Buffer.from(path as string);

/** Turns errors of a step into those of C++'s std::filesystem, whose text differs from that of Node's own calls. */
function* orLibraryError<T>(body: Body<T>, place: Place): Body<T> {
  try {
    return yield* body;
  } catch (error) {
    throw libraryErrorOf(error, place);
  }
}

function libraryErrorOf(error: unknown, { path }: Place): unknown {
  const { errno } = error as NodeJS.ErrnoException;
  if (error instanceof InterruptError || errno === undefined) return error;
  return libraryError(errno, 'cp', textOf(path));
}

export class NativeCopy {
  readonly #parent: steps.Parent;
  readonly #options: ParsedCopyOptions;

  constructor(parent: steps.Parent, options: ParsedCopyOptions) {
    this.#parent = parent;
    this.#options = options;
  }

  *top(source: Place, target: Place): Body<void> {
    const [from, to] = [source, target].map((place) => new Place(bytesOf(place), false)) as [Place, Place];
    yield* steps.mkdir(this.#parent, to);
    yield* this.#contents(from, to);
  }

  *#contents(source: Place, target: Place): Body<void> {
    const parent = this.#parent;
    const listing = Folder.listedUnsorted(parent, source, BATCH, 'buffer');
    const [from, entries] = yield* orLibraryError(listing, source);
    const lingering: Promise<void>[] = [];
    try {
      if (entries.length > 0) yield* this.#entries(entries, from, target, lingering);
    } finally {
      yield* from.close(lingering);
    }
    const { mode, atimeSeconds, mtimeSeconds } = yield* orLibraryError(steps.lstat(parent, source), target);
    yield* orLibraryError(steps.chmod(parent, target, mode & PERMISSIONS), target);
    if (this.#options.preserveTimestamps) yield* steps.utimes(parent, target, atimeSeconds, mtimeSeconds);
  }

  *#entries(
    entries: readonly steps.Entry[],
    from: Folder,
    target: Place,
    lingering: Promise<void>[],
  ): Body<void> {
    const to = yield* Folder.entered(this.#parent, target);
    try {
      yield* inRuns(
        entries,
        ({ type }) => type === DIRENT_FILE,
        (entry) => noting(lingering, this.#entry(entry, from, to)),
      );
    } finally {
      yield* to.close(lingering);
    }
  }

  *#typeOf(source: Place, target: Place): Body<number> {
    return direntTypeOf(yield* orLibraryError(steps.lstat(this.#parent, source), target));
  }

  *#entry({ name, type }: steps.Entry, from: Folder, to: Folder): Body<void> {
    const into = to.place;
    const source = from.child(childBytes(bytesOf(from.place), name as Buffer), false);
    const copy = to.child(childBytes(bytesOf(into), name as Buffer), false);
    switch (type === DIRENT_UNKNOWN ? yield* this.#typeOf(source, into) : type) {
      case DIRENT_LINK:
        return yield* orLibraryError(this.#link(source, copy, from.place), into);
      case DIRENT_DIR:
        return yield* this.#directory(source, copy);
      case DIRENT_FILE:
        return yield* this.#file(source, copy);
      case DIRENT_SOCKET:
        throw socketError(textOf(copy.path));
      case DIRENT_FIFO:
        throw fifoError(textOf(copy.path));
    }
    throw unknownError(textOf(copy.path));
  }

  *#directory(source: Place, copy: Place): Body<void> {
    try {
      yield* steps.mkdir(this.#parent, copy);
    } catch (error) {
      // On a file system that ignores case, another entry of the source may have made the same directory.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!steps.isDirectory(yield* steps.lstat(this.#parent, copy))) throw libraryErrorOf(error, copy);
    }
    yield* this.#contents(source, copy);
  }

  *#file(source: Place, copy: Place): Body<void> {
    const parent = this.#parent;
    const { errorOnExist, force, mode, preserveTimestamps } = this.#options;
    try {
      // The copy can exist only on a file system that ignores case.
      yield* steps.copyFile(parent, source, copy, force ? mode & ~COPYFILE_EXCL : mode | COPYFILE_EXCL);
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (error instanceof InterruptError || errno === undefined) throw error;
      if (code !== 'EEXIST' || force) throw systemError(errno, 'copyfile', textOf(copy.path));
      if (errorOnExist) throw existsError(textOf(copy.path));
      return;
    }
    // The status is read again: reading the source has changed its access time.
    const facts = yield* orLibraryError(steps.lstat(parent, source), copy);
    if (preserveTimestamps) yield* steps.utimes(parent, copy, facts.atimeSeconds, facts.mtimeSeconds);
    yield* orLibraryError(steps.chmod(parent, copy, facts.mode & PERMISSIONS), copy);
  }

  *#link(source: Place, copy: Place, above: Place): Body<void> {
    const text = yield* steps.readlinkBytes(this.#parent, source);
    const { verbatimSymlinks } = this.#options;
    yield* steps.symlink(this.#parent, verbatimSymlinks ? text : absoluteTarget(bytesOf(above), text), copy);
  }
}

/** Resolves by the text alone. Each byte is one character, so that none is lost. */
function absoluteTarget(directory: Buffer, target: Buffer): Buffer {
  const text = byteText(target);
  if (posix.isAbsolute(text)) return target;
  const from = posix.resolve(byteText(workingDirectory()), byteText(directory));
  const whole = posix.normalize(`${from}/${text}`);
  // As in C++'s library, the path of what is a directory by its name ends with a slash.
  const isDirectory = /(^|\/)\.\.?$/.test(text) && !whole.endsWith('/');
  return Buffer.from(isDirectory ? `${whole}/` : whole, 'latin1');
}
