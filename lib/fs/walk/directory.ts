// The directories that a walk goes into: which of a batch they are, how each is found again, and which of them lead back to
// one above themselves.
import { constants } from 'node:os';
import { systemError } from '../../node/errno-error';
import { textOf } from '../../node/path-text';
import { childPath } from '../plan/child-path';
import type { Path } from '../requests/request';
import { DIRENT_DIR } from '../results/dirent';
import type { WalkBatch } from './batch';
import type { WalkEntry } from './entry';

/** A directory that is to be listed. */
export interface Directory<Name extends string | Buffer> {
  /** By which it is found. */
  readonly path: Path;
  /** By which it is told of. */
  readonly shown: Name;
  /** Of its entries. */
  readonly depth: number;
  /** Its own entry; undefined for the root. */
  readonly entry: (() => WalkEntry<Name>) | undefined;
  /** Which file it is; undefined: not known before somebody asks. Like `above`, only where links are followed. */
  identity: string | undefined;
  /** The directory that it was found in. */
  readonly above: Directory<Name> | undefined;
}

export function rootDirectory<Name extends string | Buffer>(path: Path, asBytes: boolean): Directory<Name> {
  const shown = asBytes ? Buffer.from(path as string) : textOf(path);
  return { path, shown: shown as Name, depth: 1, entry: undefined, identity: undefined, above: undefined };
}

/**
 * Returns the directories of the batch that the walk goes into, by their index there. `goesInto`: what the caller says;
 * undefined ends the search.
 */
export function directoriesIn<Name extends string | Buffer>(
  batch: WalkBatch<Name>,
  above: Directory<Name>,
  followLinks: boolean,
  goesInto: (at: number) => boolean | undefined,
): Map<number, Directory<Name>> {
  const found = new Map<number, Directory<Name>>();
  for (let at = batch.types.indexOf(DIRENT_DIR); at !== -1; at = batch.types.indexOf(DIRENT_DIR, at + 1)) {
    const index = at;
    const answer = goesInto(index);
    if (answer === undefined) break;
    if (!answer) continue;
    found.set(index, {
      path: childPath(above.path, batch.exactName(index)),
      shown: childPath(above.shown, batch.names[index] as Name) as Name,
      depth: above.depth + 1,
      entry: () => batch.entry(index),
      identity: followLinks ? batch.identity(index) : undefined,
      above: followLinks ? above : undefined,
    });
  }
  return found;
}

/** Whether the directory is one of those above it. One whose identity is not known yet is none. */
export function isLoop<Name extends string | Buffer>({ identity, above }: Directory<Name>): boolean {
  if (identity === undefined) return false;
  for (let one = above; one !== undefined; one = one.above) {
    if (one.identity === identity) return true;
  }
  return false;
}

export const tooManyLinks = (path: Path): Error =>
  systemError(-constants.errno.ELOOP, 'scandir', textOf(path));
