// The checks of cp on both sides of a copy, and Node's errors for what it refuses.
import { constants as os } from 'node:os';
import { dirname, parse, resolve, sep } from 'node:path';
import { NodeTypeError } from '../../node/errors';
import { SystemError } from '../../node/system-error';
import type { ParsedCopyOptions } from '../../validate/arguments';
import type { Place } from '../plan/place';
import { type Body, each } from '../plan/plan';
import * as steps from '../plan/steps';

const { EEXIST, EINVAL, EISDIR, ENOTDIR } = os.errno;

const KINDS = {
  EISDIR: { errno: EISDIR },
  ENOTDIR: { errno: ENOTDIR },
  EINVAL: { errno: EINVAL },
  EEXIST: { errno: EEXIST },
} as const;

/** The class name that Node's errors of this kind show. */
class NodeError extends SystemError {}

function refusal(
  code: string,
  prefix: string,
  message: string,
  path: string,
  kind: keyof typeof KINDS,
): SystemError {
  return new NodeError(code, prefix, {
    message,
    path,
    syscall: 'cp',
    errno: KINDS[kind].errno,
    code: kind,
  });
}

const invalid = (message: string, path: string): SystemError =>
  refusal('ERR_FS_CP_EINVAL', 'Invalid src or dest', message, path, 'EINVAL');

const intoItself = (src: string, dest: string, path = dest): SystemError =>
  invalid(`cannot copy ${src} to a subdirectory of self ${dest}`, path);

export const isDirectoryError = (src: string): SystemError =>
  refusal('ERR_FS_EISDIR', 'Path is a directory', `${src} is a directory (not copied)`, src, 'EISDIR');

export const existsError = (dest: string): SystemError =>
  refusal('ERR_FS_CP_EEXIST', 'Target already exists', `${dest} already exists`, dest, 'EEXIST');

export const socketError = (dest: string): SystemError =>
  refusal(
    'ERR_FS_CP_SOCKET',
    'Cannot copy a socket file',
    `cannot copy a socket file: ${dest}`,
    dest,
    'EINVAL',
  );

export const fifoError = (dest: string): SystemError =>
  refusal(
    'ERR_FS_CP_FIFO_PIPE',
    'Cannot copy a FIFO pipe',
    `cannot copy a FIFO pipe: ${dest}`,
    dest,
    'EINVAL',
  );

export const unknownError = (dest: string): SystemError =>
  refusal(
    'ERR_FS_CP_UNKNOWN',
    'Cannot copy an unknown file type',
    `cannot copy an unknown file type: ${dest}`,
    dest,
    'EINVAL',
  );

/** A link at `dest` would be replaced by one that leads into its own target. */
export const linkIntoItself = (src: string, target: string, dest: string): SystemError =>
  intoItself(src, target, dest);

export const linkToSubdirectory = (target: string, src: string, dest: string): SystemError =>
  refusal(
    'ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY',
    'Cannot overwrite symlink in subdirectory of self',
    `cannot overwrite ${target} with ${src}`,
    dest,
    'EINVAL',
  );

/** Both sides of one copy. */
export interface Sides {
  src: steps.Facts;
  dest: steps.Facts | undefined;
}

export const isNoEntry = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const areIdentical = (one: steps.Facts, other: steps.Facts): boolean =>
  other.ino !== 0n && other.dev !== 0n && other.ino === one.ino && other.dev === one.dev;

const parts = (path: string): string[] => resolve(path).split(sep).filter(Boolean);

/** Decides by the text of the paths alone. */
export function isSubdirectory(src: string, dest: string): boolean {
  const under = parts(dest);
  return parts(src).every((part, index) => under[index] === part);
}

/** Waits for what a filter returns. */
function* allowed(said: unknown): Body<unknown> {
  return yield { said, refuse: refusePromise };
}

const refusePromise = (): Error =>
  new NodeTypeError(
    'ERR_INVALID_RETURN_VALUE',
    'Expected boolean to be returned from the "filter" function but got an instance of Promise.',
  );

/** Returns undefined if the filter excludes the file. */
export function* checkPaths(
  parent: steps.Parent,
  source: Place,
  target: Place,
  options: ParsedCopyOptions,
): Body<Sides | undefined> {
  const [src, dest] = [source.path as string, target.path as string];
  if (options.filter && !(yield* allowed(options.filter(src, dest)))) return undefined;
  const look = options.dereference ? steps.stat : steps.lstat;
  const found: (steps.Facts | undefined)[] = [];
  // Looks at both at once.
  yield* each(src === dest ? [source] : [source, target], 2, function* (place) {
    try {
      found[place === source ? 0 : 1] = yield* look(parent, place);
    } catch (error) {
      if (place === source || !isNoEntry(error)) throw error;
    }
  });
  const from = found[0] as steps.Facts;
  const to = src === dest ? from : found[1];
  const isDirectory = steps.isDirectory(from);
  if (to !== undefined) {
    if (areIdentical(from, to)) throw invalid('src and dest cannot be the same', dest);
    if (isDirectory && !steps.isDirectory(to)) {
      throw refusal(
        'ERR_FS_CP_DIR_TO_NON_DIR',
        'Cannot overwrite non-directory with directory',
        `cannot overwrite non-directory ${dest} with directory ${src}`,
        dest,
        'EISDIR',
      );
    }
    if (!isDirectory && steps.isDirectory(to)) {
      throw refusal(
        'ERR_FS_CP_NON_DIR_TO_DIR',
        'Cannot overwrite directory with non-directory',
        `cannot overwrite directory ${dest} with non-directory ${src}`,
        dest,
        'ENOTDIR',
      );
    }
  }
  if (isDirectory && isSubdirectory(src, dest)) throw intoItself(src, dest);
  return { src: from, dest: to };
}

/**
 * Looks for the source among the parents of the destination, by inode, so that links do not hide it. Node stops at a
 * parent that is missing: it makes that parent inside the source then, and copies the source into itself without an end.
 */
export function* checkParents(
  parent: steps.Parent,
  src: string,
  facts: steps.Facts,
  dest: string,
): Body<void> {
  const stop = resolve(dirname(src));
  let child = dest;
  for (;;) {
    const up = resolve(dirname(child));
    if (up === stop || up === parse(up).root) return;
    try {
      if (areIdentical(facts, yield* steps.stat(parent, up))) throw intoItself(src, child);
    } catch (error) {
      if (!isNoEntry(error)) throw error;
    }
    child = up;
  }
}
