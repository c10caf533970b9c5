// readdir with `recursive`: many directories are listed at a time, and the result is put together in Node's order. The
// promise form uses a stack: a directory's own entries, then the contents of its last subdirectory, and so on
// backwards. The callback and synchronous forms use a queue: one level after the other.
//
// As in Node, names follow symbolic links to directories; entries with types follow them in some versions, except in
// the promise form. Names as Buffers fail if Node has to join them with a path.
import { join, relative, sep } from 'node:path';
import { InterruptError } from '../../call/errors';
import type { CallType } from '../../call/type';
import { listsNatively, typedListingFollowsLinks } from '../../node/version';
import type { FileOptions } from '../../validate/arguments';
import type { Encoding } from '../../validate/call-options';
import { type Body, type Composed, each } from '../plan/plan';
import * as steps from '../plan/steps';
import { READDIR } from '../requests/directories';
import {
  type AnyDirent,
  DIRENT_DIR,
  DIRENT_LINK,
  DIRENT_UNKNOWN,
  direntOf,
  direntTypeOf,
  entryPath,
} from '../results/dirent';
import { isGone, listNatively } from './readdir-native';

type Result = string | Buffer | AnyDirent;

const READ_TREE: CallType<Result[]> = { ...READDIR, result: () => [] };

const WIDTH = 32;

/** A directory that was listed, or could not be. */
interface Listed {
  path: steps.Path;
  /** The prefix of the entries, without the root's path; '' for the root itself. */
  prefix: string;
  entries: steps.Entry[];
  /** The subdirectories, by the index of their entry. */
  children: Map<number, Listed>;
  /**
   * Why the directory (index -1), or its entry of that index, could not be read. Thrown when Node would have reached
   * it.
   */
  failure?: { index: number; error: unknown };
}

/** How Node goes through a tree. */
export interface Manner {
  levelByLevel: boolean;
  typedFollowLinks(): boolean;
}

export const STACK: Manner = { levelByLevel: false, typedFollowLinks: () => false };
export const QUEUE: Manner = { levelByLevel: true, typedFollowLinks: typedListingFollowsLinks };

export function listing(
  path: steps.Path,
  options: FileOptions,
  args: readonly unknown[],
  manner: Manner,
): Composed<Result[]> {
  return {
    type: READ_TREE,
    args,
    options,
    path,
    *body(parent) {
      if (listsNatively) return yield* listNatively(parent, path, options);
      const typed = Boolean(options.withFileTypes);
      const walk = new Walk(parent, options.encoding, typed, !typed || manner.typedFollowLinks());
      const root = yield* walk.list(path, '');
      return typed ? dirents(root, manner) : names(root, path, manner);
    },
  };
}

const isUtf8 = (encoding: Encoding): boolean => !encoding || /^utf-?8$/i.test(encoding);

class Walk {
  readonly #parent: steps.Parent;
  readonly #encoding: Encoding;
  readonly #typed: boolean;
  readonly #followsLinks: boolean;

  constructor(parent: steps.Parent, encoding: Encoding, typed: boolean, followsLinks: boolean) {
    this.#parent = parent;
    this.#encoding = encoding;
    this.#typed = typed;
    this.#followsLinks = followsLinks;
  }

  *list(path: steps.Path, prefix: string): Body<Listed> {
    const listed: Listed = { path, prefix, entries: [], children: new Map() };
    try {
      listed.entries = yield* steps.readdir(this.#parent, path, this.#encoding);
      if (this.#typed) yield* this.#completeTypes(listed);
    } catch (error) {
      fail(listed, -1, error);
    }
    const { entries } = listed;
    const candidates: number[] = [];
    for (let index = 0; index < entries.length; index++) {
      const { name, type } = entries[index] as steps.Entry;
      if (typeof name !== 'string' || typeof path !== 'string') {
        // join() throws for bytes. Node calls it for every name; if types are enough, only for every directory.
        if (this.#followsLinks || type === DIRENT_DIR) return failJoin(listed, index);
      } else if (type === DIRENT_DIR || (this.#followsLinks && this.#mayLead(name, type))) {
        candidates.push(index);
      }
    }
    if (candidates.length > 0) yield* each(candidates, WIDTH, (index) => this.#descend(listed, index));
    return listed;
  }

  *#descend(listed: Listed, index: number): Body<void> {
    const { name, type } = listed.entries[index] as { name: string; type: number };
    const path = join(listed.path as string, name);
    if (!(type === DIRENT_DIR && this.#isExact(name)) && !(yield* this.#leadsToDirectory(path))) return;
    const child = yield* this.list(path, `${listed.prefix}${name}${sep}`);
    // If the directory was removed after its parent was listed, or is none any more, the entry counts as no directory.
    if (child.failure === undefined || !this.#wasNone(child.failure.error)) listed.children.set(index, child);
  }

  /** Node looks at each name before listing it. If it cannot look at a name, the name counts as no directory. */
  #wasNone(error: unknown): boolean {
    return isGone(error) || (!this.#typed && (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG');
  }

  /** Returns false if decoding may have changed the name. Then what Node finds under the changed name decides. */
  #isExact(name: string): boolean {
    return this.#typed || (isUtf8(this.#encoding) && !name.includes('\ufffd'));
  }

  #mayLead(name: string, type: number): boolean {
    return type === DIRENT_LINK || type === DIRENT_UNKNOWN || !this.#isExact(name);
  }

  *#leadsToDirectory(path: string): Body<boolean> {
    try {
      return steps.isDirectory(yield* steps.stat(this.#parent, path));
    } catch (error) {
      if (error instanceof InterruptError) throw error;
      return false;
    }
  }

  /** Asks for the types that the file system did not give. */
  *#completeTypes({ path, entries }: Listed): Body<void> {
    const unknown = entries.filter((entry) => entry.type === DIRENT_UNKNOWN);
    const parent = this.#parent;
    const encoding = this.#encoding;
    yield* each(unknown, WIDTH, function* (entry) {
      const file = entryPath(path, entry.name, encoding);
      entry.type = direntTypeOf(yield* steps.lstat(parent, file));
    });
  }
}

function fail(listed: Listed, index: number, error: unknown): Listed {
  // An interrupt ends the whole walk. Any other failure is thrown when its turn comes.
  if (error instanceof InterruptError) throw error;
  listed.failure = { index, error };
  return listed;
}

function failJoin(listed: Listed, index: number): Listed {
  try {
    join(listed.path as string, (listed.entries[index] as { name: string }).name);
  } catch (error) {
    return fail(listed, index, error);
  }
  return listed;
}

/** Calls `visit` for every entry in Node's order. Throws the failure that Node would have met first. */
function visitAll(
  root: Listed,
  { levelByLevel }: Manner,
  visit: (listed: Listed, entry: steps.Entry) => void,
): void {
  const waiting = [root];
  let first = 0;
  const next = (): Listed | undefined => (levelByLevel ? waiting[first++] : waiting.pop());
  for (let listed = next(); listed !== undefined; listed = next()) {
    const { entries, children, failure } = listed;
    if (failure?.index === -1) throw failure.error;
    for (let index = 0; index < entries.length; index++) {
      visit(listed, entries[index] as steps.Entry);
      if (failure?.index === index) throw failure.error;
      const child = children.get(index);
      if (child === undefined) continue;
      // The promise form lists a directory when it finds it; the others list it when its turn comes.
      if (!levelByLevel && child.failure?.index === -1) throw child.failure.error;
      waiting.push(child);
    }
  }
}

function dirents(root: Listed, manner: Manner): AnyDirent[] {
  const all: AnyDirent[] = [];
  visitAll(root, manner, (listed, { name, type }) => all.push(direntOf(name, type, listed.path)));
  return all;
}

/**
 * Returns the names relative to the root. A name decoded in another encoding than UTF-8 may hold slashes or be '..':
 * Node's way to join and relate paths decides what becomes of it.
 */
function names(root: Listed, path: steps.Path, manner: Manner): string[] {
  const all: string[] = [];
  visitAll(root, manner, (listed, { name }) => {
    if (typeof name !== 'string' || typeof path !== 'string') return;
    const plain = !name.includes('/') && name !== '.' && name !== '..';
    all.push(plain ? listed.prefix + name : relative(path, join(listed.path as string, name)));
  });
  return all;
}
