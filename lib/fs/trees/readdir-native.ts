// readdir with `recursive` as Node 26 does it in native code: one level after the other, with paths and names as bytes,
// decoded at the end. Names and entries both follow links to directories. The promise and the callback form do the
// same.
import { join } from 'node:path';
import { InterruptError } from '../../call/errors';
import type { FileOptions } from '../../validate/arguments';
import type { Encoding } from '../../validate/call-options';
import { childBytes } from '../plan/child-path';
import { type Body, each } from '../plan/plan';
import * as steps from '../plan/steps';
import {
  type AnyDirent,
  DIRENT_DIR,
  DIRENT_LINK,
  DIRENT_UNKNOWN,
  direntOf,
  direntTypeOf,
} from '../results/dirent';

/** The number of directories that are listed at a time, and of entries whose status is read at a time. */
const WIDTH = 32;
interface Entry {
  name: Buffer;
  type: number;
  /** The directory below the root that the entry is; undefined: it is no directory. */
  directory: Directory | undefined;
}

interface Directory {
  path: Buffer;
  /** The path below the root; '' is the root itself. */
  relative: Buffer;
  entries: Entry[];
  failure: unknown;
}

const directory = (path: Buffer, relative: Buffer): Directory => ({
  path,
  relative,
  entries: [],
  failure: undefined,
});

export function* listNatively(
  parent: steps.Parent,
  path: steps.Path,
  options: FileOptions,
): Body<(string | Buffer | AnyDirent)[]> {
  const all: Directory[] = [];
  let level = [directory(Buffer.from(path as string), Buffer.alloc(0))];
  while (level.length > 0) {
    yield* each(level, WIDTH, (one) => list(parent, one));
    const next: Directory[] = [];
    for (const one of level) {
      if (one.failure !== undefined) {
        if (all.length > 0 && isGone(one.failure)) continue;
        throw one.failure;
      }
      all.push(one);
      for (const { directory: child } of one.entries) if (child !== undefined) next.push(child);
    }
    level = next;
  }
  return options.withFileTypes ? dirents(all, path, options.encoding) : names(all, options.encoding);
}

/** Returns whether the directory was removed, or replaced, after its parent was listed. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function* list(parent: steps.Parent, one: Directory): Body<void> {
  try {
    const entries = yield* steps.readdir(parent, one.path, 'buffer');
    for (const { name, type } of entries)
      one.entries.push({ name: name as Buffer, type, directory: undefined });
  } catch (error) {
    if (error instanceof InterruptError) throw error;
    one.failure = error;
    return;
  }
  yield* each(one.entries, WIDTH, (entry) => lookAt(parent, one, entry));
}

function* lookAt(parent: steps.Parent, one: Directory, entry: Entry): Body<void> {
  const path = childBytes(one.path, entry.name);
  let isDirectory = entry.type === DIRENT_DIR;
  if (entry.type === DIRENT_LINK || entry.type === DIRENT_UNKNOWN) {
    try {
      if (entry.type === DIRENT_UNKNOWN) entry.type = direntTypeOf(yield* steps.lstat(parent, path));
      isDirectory = steps.isDirectory(yield* steps.stat(parent, path));
    } catch (error) {
      if (error instanceof InterruptError) throw error;
      isDirectory = false;
    }
  }
  if (isDirectory) entry.directory = directory(path, childBytes(one.relative, entry.name));
}

const decoded = (bytes: Buffer, encoding: Encoding): string | Buffer =>
  encoding === 'buffer' ? bytes : bytes.toString((encoding || 'utf8') as BufferEncoding);

function names(all: readonly Directory[], encoding: Encoding): (string | Buffer)[] {
  return all.flatMap((one) =>
    one.entries.map(({ name }) => decoded(childBytes(one.relative, name), encoding)),
  );
}

function dirents(all: readonly Directory[], root: steps.Path, encoding: Encoding): AnyDirent[] {
  return all.flatMap((one, index) => {
    const parentPath = index === 0 ? root : joined(root, decoded(one.relative, encoding));
    return one.entries.map(({ name, type }) => direntOf(decoded(name, encoding), type, parentPath));
  });
}

function joined(root: steps.Path, relative: string | Buffer): steps.Path {
  if (typeof root === 'string' && typeof relative === 'string') return join(root, relative);
  return childBytes(Buffer.from(root as string), Buffer.from(relative as string));
}
