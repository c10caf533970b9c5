// rm: a file, or a directory with all that is in it, many calls at a time.
//
// Outcome and errors are those of Node's rimraf: what is already gone counts as removed; a failure does not keep the
// rest of the tree from being removed, and the first failure is the one reported. Only an interrupt stops the rest.
import type { PathLike, RmOptions } from 'node:fs';
import { sep } from 'node:path';
import type { CallType } from '../../call/type';
import { Code, OpKind } from '../../engine/codes';
import { pathIsDirectory } from '../../node/system-error';
import { parseRmOptions, type RemoveOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { type Body, type Composed, each, pause, promised } from '../plan/plan';
import * as steps from '../plan/steps';
import { given } from '../requests/path-call';
import { DIRENT_DIR, DIRENT_FILE, DIRENT_UNKNOWN } from '../results/dirent';

const RM: CallType<void> = {
  fn: 'rm',
  code: Code.rmdir,
  syscall: 'rm',
  kind: OpKind.Top | OpKind.Path,
  changes: true,
  result: () => undefined,
};

/** Entries of one directory worked on at a time. */
const WIDTH = 32;

export function rm(path: PathLike, options?: RmOptions & CallOptions): Promise<void> {
  try {
    return promised(removal(path, options));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Throws what is wrong with the arguments. */
export function removal(path: unknown, options: unknown): Composed<void> {
  const valid = validPath(path);
  const parsed = parseRmOptions(options);
  return {
    type: RM,
    args: given(path, options),
    options: parsed,
    path: valid,
    body: (parent) => new Removal(parent, parsed).top(valid),
  };
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const RETRIED = new Set<unknown>(['EBUSY', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM']);
const NOT_EMPTY = new Set<unknown>(['ENOTEMPTY', 'EEXIST', 'EPERM']);

export class Removal {
  readonly #parent: steps.Parent;
  readonly #options: RemoveOptions;

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
      throw error;
    }
    if (isDirectory && !this.#options.recursive) {
      throw pathIsDirectory(path);
    }
    yield* this.#remove(path, isDirectory ? DIRENT_DIR : DIRENT_FILE);
  }

  *#remove(path: steps.Path, type: number): Body<void> {
    let known = type;
    for (let retries = 0; ; ) {
      try {
        return yield* this.#try(path, known);
      } catch (error) {
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

  *#try(path: steps.Path, type: number): Body<void> {
    if (type === DIRENT_DIR || (type === DIRENT_UNKNOWN && (yield* this.#isDirectory(path)))) {
      return yield* this.#removeDirectory(path, undefined);
    }
    try {
      yield* steps.unlink(this.#parent, path);
    } catch (error) {
      const code = codeOf(error);
      // Systems differ in what unlink says of a directory.
      if (code === 'EISDIR' || code === 'EPERM') yield* this.#removeDirectory(path, error);
      else throw error;
    }
  }

  /** What cannot be looked at is left to unlink to complain about. */
  *#isDirectory(path: steps.Path): Body<boolean> {
    try {
      return steps.isDirectory(yield* steps.lstat(this.#parent, path));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw error;
      return false;
    }
  }

  *#removeDirectory(path: steps.Path, original: unknown): Body<void> {
    try {
      yield* steps.rmdir(this.#parent, path);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOTDIR') {
        if (original !== undefined) throw original;
        return;
      }
      if (!NOT_EMPTY.has(code)) throw error;
      const entries = yield* steps.readdirExact(this.#parent, path);
      yield* each(entries, WIDTH, ({ name, type }) => this.#remove(childPath(path, name), type));
      yield* steps.rmdir(this.#parent, path);
    }
  }
}

/** Text as long as both parts are: bytes that are no UTF-8 would not survive. */
function childPath(path: steps.Path, name: string | Buffer): steps.Path {
  if (typeof path === 'string' && typeof name === 'string') return `${path}${sep}${name}`;
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  return Buffer.concat([Buffer.from(path as string), Buffer.from(sep), bytes]);
}
