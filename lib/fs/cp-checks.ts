// What cp refuses, with Node's errors, and the looks at both sides that tell.
import { constants as os } from 'node:os';
import { dirname, parse, resolve, sep } from 'node:path';
import type { ParsedCopyOptions } from './arguments';
import * as steps from './steps';
import { SystemError } from './system-error';

const { EEXIST, EINVAL, EISDIR, ENOTDIR } = os.errno;

const KINDS = {
  EISDIR: { errno: EISDIR },
  ENOTDIR: { errno: ENOTDIR },
  EINVAL: { errno: EINVAL },
  EEXIST: { errno: EEXIST },
} as const;

/** The class that Node's errors of this kind say they are made by. */
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

/** A link that would be replaced by one into its own target, at `dest`. */
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

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const areIdentical = (one: steps.Facts, other: steps.Facts): boolean =>
  other.ino !== 0n && other.dev !== 0n && other.ino === one.ino && other.dev === one.dev;

const parts = (path: string): string[] => resolve(path).split(sep).filter(Boolean);

/** By the text of the paths alone. */
export function isSubdirectory(src: string, dest: string): boolean {
  const under = parts(dest);
  return parts(src).every((part, index) => under[index] === part);
}

/** undefined where the filter says no. */
export async function checkPaths(
  parent: steps.Parent,
  src: string,
  dest: string,
  options: ParsedCopyOptions,
): Promise<Sides | undefined> {
  if (options.filter && !(await options.filter(src, dest))) return undefined;
  const look = options.dereference ? steps.stat : steps.lstat;
  const [from, to] = await Promise.all([
    look(parent, src),
    look(parent, dest).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
  ]);
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

/** Looks for the source among the parents of the destination, by inode: links do not hide it. */
export async function checkParents(
  parent: steps.Parent,
  src: string,
  facts: steps.Facts,
  dest: string,
): Promise<void> {
  const stop = resolve(dirname(src));
  let child = dest;
  for (;;) {
    const up = resolve(dirname(child));
    if (up === stop || up === parse(up).root) return;
    let found: steps.Facts;
    try {
      found = await steps.stat(parent, up);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    if (areIdentical(facts, found)) throw intoItself(src, child);
    child = up;
  }
}
