// rm: removes a file, or a directory with everything in it, many calls at a time.
//
// Outcome and errors are those of Node's rimraf. What is already gone counts as removed. After a failure the rest of
// the tree is still removed, and the first failure is reported. Only an interrupt stops the rest.
//
// Each step works on a name in a directory that is held open (folder.ts), and no step follows a link, so a directory of
// the tree that another program replaces by a link meanwhile is not followed out of the tree.
import type { rmdirSync } from 'node:fs';
import { Code } from '../../engine/codes';
import { argValue } from '../../node/errors';
import { original } from '../../node/original';
import { pathIsDirectory } from '../../node/system-error';
import { refusesRecursiveRmdir } from '../../node/version';
import { treePath } from '../../node/windows';
import { parseRmdirOptions, parseRmOptions, type RemoveOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { childPath } from '../plan/child-path';
import { Place } from '../plan/place';
import { type Body, type Composed, each, pause } from '../plan/plan';
import * as steps from '../plan/steps';
import { rmdir } from '../requests/directories';
import { PATH, voidType } from '../requests/request';
import { DIRENT_DIR, DIRENT_FILE, DIRENT_UNKNOWN } from '../results/dirent';
import { Folder, noteLingering, WIDTH } from './folder';

const RM = voidType('rm', Code.rmdir, 'rm', PATH, true);

/** Checks the arguments, and throws for invalid ones. */
export function removal(path: unknown, options: unknown, shown: readonly unknown[]): Composed<void> {
  const valid = validPath(path);
  const parsed = parseRmOptions(options);
  return {
    type: RM,
    args: shown,
    options: parsed,
    path: valid,
    body: (parent) => new Removal(parent, parsed).top(treePath(valid)),
  };
}

let warnedOfRecursion = false;

/** Has Node give its warning DEP0147, which it gives once whoever asks: before it refuses an option out of range. */
function warnOfRecursion(): void {
  if (warnedOfRecursion) return;
  warnedOfRecursion = true;
  try {
    (original.rmdirSync as typeof rmdirSync)('', { recursive: true, retryDelay: -1 });
  } catch {
    // ERR_OUT_OF_RANGE
  }
}

/** rmdir() with its deprecated option `recursive`. Returns undefined without the option: then one call is enough. */
export function treeOfRmdir(
  path: unknown,
  given: unknown,
  shown: readonly unknown[],
): Composed<void> | undefined {
  const valid = validPath(path);
  // Node 26 refuses the option, whatever its value.
  const wanted = (given as { recursive?: unknown } | null | undefined)?.recursive;
  if (refusesRecursiveRmdir && wanted !== undefined)
    throw argValue('options.recursive', wanted, 'is no longer supported');
  const options = parseRmdirOptions(given);
  if (!options.recursive) return undefined;
  warnOfRecursion();
  return {
    type: rmdir.type,
    args: shown,
    options,
    path: valid,
    *body(parent) {
      // rmdir() fails for anything that is no directory.
      if (steps.isDirectory(yield* steps.stat(parent, valid)))
        yield* new Removal(parent, options).top(treePath(valid));
      else yield* steps.rmdir(parent, valid);
    },
  };
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const RETRIED = new Set<unknown>(['EBUSY', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM']);
const NOT_EMPTY = new Set<unknown>(['ENOTEMPTY', 'EEXIST', 'EPERM']);

export class Removal {
  readonly #parent: steps.Parent;
  readonly #options: RemoveOptions;
  readonly #lingering: Promise<void>[] = [];

  constructor(parent: steps.Parent, options: RemoveOptions) {
    this.#parent = parent;
    this.#options = options;
  }

  *top(path: steps.Path): Body<void> {
    let isDirectory: boolean;
    try {
      isDirectory = steps.isDirectory(yield* steps.lstat(this.#parent, path));
    } catch (error) {
      if (this.#options.force && codeOf(error) === 'ENOENT') return;
      if (this.#options.unlinksUnseen !== true) throw error;
      isDirectory = false;
    }
    if (isDirectory && !this.#options.recursive) {
      throw pathIsDirectory(path);
    }
    yield* this.#remove(new Place(path, false), isDirectory ? DIRENT_DIR : DIRENT_FILE);
  }

  *#remove(place: Place, type: number): Body<void> {
    let known = type;
    for (let retries = 0; ; ) {
      try {
        return yield* this.#try(place, known);
      } catch (error) {
        noteLingering(error, this.#lingering);
        const code = codeOf(error);
        if (RETRIED.has(code) && retries < this.#options.maxRetries) {
          retries++;
          yield* pause(retries * this.#options.retryDelay);
          known = DIRENT_UNKNOWN;
        } else if (code === 'ENOENT') {
          return;
        } else {
          throw error;
        }
      }
    }
  }

  *#try(place: Place, type: number): Body<void> {
    if (type === DIRENT_DIR || (type === DIRENT_UNKNOWN && (yield* this.#isDirectory(place)))) {
      return yield* this.#removeDirectory(place, undefined);
    }
    try {
      yield* steps.unlink(this.#parent, place);
    } catch (error) {
      const code = codeOf(error);
      // Systems differ in the error of unlink for a directory.
      if (code === 'EISDIR' || code === 'EPERM') yield* this.#removeDirectory(place, error);
      else throw error;
    }
  }

  /** If the status cannot be read, unlink reports why. */
  *#isDirectory(place: Place): Body<boolean> {
    try {
      return steps.isDirectory(yield* steps.lstat(this.#parent, place));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw error;
      return false;
    }
  }

  *#removeDirectory(place: Place, original: unknown): Body<void> {
    try {
      yield* steps.rmdir(this.#parent, place);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOTDIR') {
        if (original !== undefined) throw original;
        // It is no directory any more, or its listing has told a wrong type; or it is a link with a slash behind it,
        // which Node leaves as it is.
        try {
          yield* steps.unlink(this.#parent, place);
        } catch (second) {
          if (codeOf(second) !== 'ENOTDIR') throw second;
        }
        return;
      }
      if (!NOT_EMPTY.has(code)) throw error;
      yield* this.#empty(place);
      yield* steps.rmdir(this.#parent, place);
    }
  }

  *#empty(place: Place): Body<void> {
    const [folder, entries] = yield* Folder.listed(this.#parent, place);
    try {
      yield* each(entries, WIDTH, ({ name, type }) =>
        this.#remove(folder.child(childPath(place.path, name), false), type),
      );
    } finally {
      // Closed before it is removed: some file systems keep a directory that is open, and so the one that it is in.
      yield* folder.close(this.#lingering);
    }
  }
}
