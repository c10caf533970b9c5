// readdir with `recursive`: directories are listed many at a time, the result is put together in Node's order. That of
// the promises is a stack's: a directory's own entries, then the contents of its last subdirectory, and so on backwards;
// that of callbacks and synchronous calls is a queue's, one level after the other.
//
// As in Node, names follow symbolic links to directories, and entries with types follow them in some versions, but for
// the promises; Buffers as names fail where Node has to join them with a path.
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

/** A directory that was, or could not be, listed. */
interface Listed {
  path: steps.Path;
  /** Of the entries, without the root's path; '' for the root itself. */
  prefix: string;
  entries: steps.Entry[];
  /** By the entry's index. */
  children: Map<number, Listed>;
  /** What kept it, or its entry of that index, from being read; thrown where Node would have come upon it. */
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
        // join() refuses bytes; Node calls it for every name, or for every directory when the types are enough.
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
    // Gone since the parent was listed, or no directory any more: as if it had been found to be none.
    if (child.failure === undefined || !this.#wasNone(child.failure.error)) listed.children.set(index, child);
  }

  /** Node looks at each name before it lists it, and takes for none what it cannot look at. */
  #wasNone(error: unknown): boolean {
    return isGone(error) || (!this.#typed && (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG');
  }

  /** False where decoding may have changed the name: what Node finds under the new one decides. */
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

  /** For file systems whose listings carry no types. */
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
  // An interrupt ends the whole walk; any other failure has to wait for its turn.
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

/** Calls `visit` for every entry in Node's order; throws the failure that Node would have met first. */
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
      // The promises list a directory as they come upon it, the others when it is its turn.
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

/** Names relative to the root. Names from other encodings than UTF-8 may hold anything: Node's way for those. */
function names(root: Listed, path: steps.Path, manner: Manner): string[] {
  const all: string[] = [];
  visitAll(root, manner, (listed, { name }) => {
    if (typeof name !== 'string' || typeof path !== 'string') return;
    const plain = !name.includes('/') && name !== '.' && name !== '..';
    all.push(plain ? listed.prefix + name : relative(path, join(listed.path as string, name)));
  });
  return all;
}
