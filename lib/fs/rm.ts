// rm: a file, or a directory with all that is in it, many calls at a time.
//
// Outcome and errors are those of Node's rimraf: what is already gone counts as removed; a failure does not keep the
// rest of the tree from being removed, and the first failure is the one reported. Only an interrupt stops the rest.
import type { PathLike, RmOptions } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallOptions, CallType } from '../call-type';
import { Code, OpKind } from '../codes';
import { composite } from '../composite';
import { parseRmOptions, type RemoveOptions, validPath } from './arguments';
import { DIRENT_DIR, DIRENT_FILE, DIRENT_UNKNOWN } from './dirent';
import { forEach, Gate } from './parallel';
import { given } from './path-call';
import * as steps from './steps';
import { pathIsDirectory } from './system-error';

const RM: CallType<void> = {
  fn: 'rm',
  code: Code.rmdir,
  syscall: 'rm',
  kind: OpKind.Top | OpKind.Path,
  changes: true,
  result: () => undefined,
};

/** Calls in flight for one rm, and entries of one directory worked on at a time. */
const IN_FLIGHT = 64;
const WIDTH = 32;

export function rm(path: PathLike, options?: RmOptions & CallOptions): Promise<void> {
  try {
    const valid = validPath(path);
    const parsed = parseRmOptions(options);
    return composite(RM, given(path, options), parsed, valid, '', (parent) =>
      new Removal(parent, parsed).top(valid),
    );
  } catch (error) {
    return Promise.reject(error);
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const RETRIED = new Set<unknown>(['EBUSY', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM']);
const NOT_EMPTY = new Set<unknown>(['ENOTEMPTY', 'EEXIST', 'EPERM']);

class Removal {
  readonly #parent: steps.Parent;
  readonly #options: RemoveOptions;
  readonly #gate = new Gate(IN_FLIGHT);

  constructor(parent: steps.Parent, options: RemoveOptions) {
    this.#parent = parent;
    this.#options = options;
  }

  async top(path: steps.Path): Promise<void> {
    let isDirectory: boolean;
    try {
      isDirectory = steps.isDirectory(await steps.lstat(this.#parent, path));
    } catch (error) {
      if (this.#options.force && codeOf(error) === 'ENOENT') return;
      throw error;
    }
    if (isDirectory && !this.#options.recursive) {
      throw pathIsDirectory(path);
    }
    await this.#remove(path, isDirectory ? DIRENT_DIR : DIRENT_FILE);
  }

  async #remove(path: steps.Path, type: number): Promise<void> {
    let known = type;
    for (let retries = 0; ; ) {
      try {
        return await this.#try(path, known);
      } catch (error) {
        const code = codeOf(error);
        if (RETRIED.has(code) && retries < this.#options.maxRetries) {
          retries++;
          // Cut short by an interrupt; the call after it is refused then.
          const pause = delay(retries * this.#options.retryDelay, undefined, { signal: this.#parent.pauses });
          await pause.catch(() => undefined);
          known = DIRENT_UNKNOWN;
        } else if (code === 'ENOENT') {
          return;
        } else {
          throw error;
        }
      }
    }
  }

  async #try(path: steps.Path, type: number): Promise<void> {
    if (type === DIRENT_DIR || (type === DIRENT_UNKNOWN && (await this.#isDirectory(path)))) {
      return this.#removeDirectory(path, undefined);
    }
    try {
      await this.#gate.run(() => steps.unlink(this.#parent, path));
    } catch (error) {
      const code = codeOf(error);
      // Systems differ in what unlink says of a directory.
      if (code === 'EISDIR' || code === 'EPERM') await this.#removeDirectory(path, error);
      else throw error;
    }
  }

  /** What cannot be looked at is left to unlink to complain about. */
  async #isDirectory(path: steps.Path): Promise<boolean> {
    try {
      return steps.isDirectory(await this.#gate.run(() => steps.lstat(this.#parent, path)));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw error;
      return false;
    }
  }

  async #removeDirectory(path: steps.Path, original: unknown): Promise<void> {
    const remove = (): Promise<void> => this.#gate.run(() => steps.rmdir(this.#parent, path));
    try {
      await remove();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOTDIR') {
        if (original !== undefined) throw original;
        return;
      }
      if (!NOT_EMPTY.has(code)) throw error;
      const entries = await this.#gate.run(() => steps.readdirExact(this.#parent, path));
      await forEach(entries, WIDTH, ({ name, type }) => this.#remove(childPath(path, name), type));
      await remove();
    }
  }
}

/** Text as long as both parts are: bytes that are no UTF-8 would not survive. */
function childPath(path: steps.Path, name: string | Buffer): steps.Path {
  if (typeof path === 'string' && typeof name === 'string') return `${path}${sep}${name}`;
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  return Buffer.concat([Buffer.from(path as string), Buffer.from(sep), bytes]);
}
