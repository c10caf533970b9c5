// cp of a directory to a place where nothing is, as Node 26 has it, which does it in native code: paths in bytes and as
// they were given, each entry by its type alone, devices refused, and errors that name one path.
import { constants } from 'node:fs';
import { posix } from 'node:path';
import { InterruptError } from '../../call/errors';
import { libraryError, systemError } from '../../node/errno-error';
import { byteText, textOf, workingDirectory } from '../../util/path-text';
import type { ParsedCopyOptions } from '../../validate/arguments';
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
import { below } from './readdir-native';

const { COPYFILE_EXCL } = constants;
/** Entries read at a time. */
const BATCH = 256;
const PERMISSIONS = 0o7777;

/** An error of C++'s std::filesystem, which Node words otherwise than those of its own calls. */
function* orLibraryError<T>(body: Body<T>, path: Buffer): Body<T> {
  try {
    return yield* body;
  } catch (error) {
    throw libraryErrorOf(error, path);
  }
}

function libraryErrorOf(error: unknown, path: Buffer): unknown {
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

  *top(src: string, dest: string): Body<void> {
    const [from, to] = [Buffer.from(src), Buffer.from(dest)];
    yield* steps.mkdir(this.#parent, to);
    yield* this.#contents(from, to);
  }

  *#contents(src: Buffer, dest: Buffer): Body<void> {
    const list = steps.listUnsorted(this.#parent, src, 'buffer', BATCH);
    for (const { name, type } of yield* orLibraryError(list, src)) {
      const from = below(src, name as Buffer);
      const to = below(dest, name as Buffer);
      yield* this.#entry(
        type === DIRENT_UNKNOWN ? yield* this.#typeOf(from, dest) : type,
        from,
        to,
        src,
        dest,
      );
    }
    const { mode, atimeSeconds, mtimeSeconds } = yield* orLibraryError(steps.stat(this.#parent, src), dest);
    yield* orLibraryError(steps.chmod(this.#parent, dest, mode & PERMISSIONS), dest);
    if (this.#options.preserveTimestamps) yield* steps.utimes(this.#parent, dest, atimeSeconds, mtimeSeconds);
  }

  *#typeOf(path: Buffer, dest: Buffer): Body<number> {
    return direntTypeOf(yield* orLibraryError(steps.lstat(this.#parent, path), dest));
  }

  *#entry(type: number, from: Buffer, to: Buffer, src: Buffer, dest: Buffer): Body<void> {
    switch (type) {
      case DIRENT_LINK:
        return yield* orLibraryError(this.#link(from, to, src), dest);
      case DIRENT_DIR:
        return yield* this.#directory(from, to);
      case DIRENT_FILE:
        return yield* this.#file(from, to);
      case DIRENT_SOCKET:
        throw socketError(textOf(to));
      case DIRENT_FIFO:
        throw fifoError(textOf(to));
    }
    throw unknownError(textOf(to));
  }

  *#directory(from: Buffer, to: Buffer): Body<void> {
    try {
      yield* steps.mkdir(this.#parent, to);
    } catch (error) {
      // To a file system to which `A` and `a` are one.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!steps.isDirectory(yield* steps.stat(this.#parent, to))) throw libraryErrorOf(error, to);
    }
    yield* this.#contents(from, to);
  }

  *#file(from: Buffer, to: Buffer): Body<void> {
    const { errorOnExist, force, mode, preserveTimestamps } = this.#options;
    try {
      // Nothing is there, but on a file system to which `A` and `a` are one.
      yield* steps.copyFile(this.#parent, from, to, force ? mode & ~COPYFILE_EXCL : mode | COPYFILE_EXCL);
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (error instanceof InterruptError || errno === undefined) throw error;
      if (code !== 'EEXIST' || force) throw systemError(errno, 'copyfile', textOf(to));
      if (errorOnExist) throw existsError(textOf(to));
      return;
    }
    // Once more: reading the source has moved its access time.
    const facts = yield* orLibraryError(steps.stat(this.#parent, from), to);
    if (preserveTimestamps) yield* steps.utimes(this.#parent, to, facts.atimeSeconds, facts.mtimeSeconds);
    yield* orLibraryError(steps.chmod(this.#parent, to, facts.mode & PERMISSIONS), to);
  }

  *#link(from: Buffer, to: Buffer, src: Buffer): Body<void> {
    const target = yield* steps.readlinkBytes(this.#parent, from);
    yield* steps.symlink(
      this.#parent,
      this.#options.verbatimSymlinks ? target : absoluteTarget(src, target),
      to,
    );
  }
}

/** By the text alone; the bytes as characters, so that none is lost. */
function absoluteTarget(directory: Buffer, target: Buffer): Buffer {
  const text = byteText(target);
  if (posix.isAbsolute(text)) return target;
  const from = posix.resolve(byteText(workingDirectory()), byteText(directory));
  const whole = posix.normalize(`${from}/${text}`);
  // C++ ends with a slash what was a directory by its name.
  const isDirectory = /(^|\/)\.\.?$/.test(text) && !whole.endsWith('/');
  return Buffer.from(isDirectory ? `${whole}/` : whole, 'latin1');
}
