// The places of control sockets. binding/control/unix/place.cc makes them by the same rules.
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { idsInside } from '../process/ids';
import { ownerOf } from '../process/read';

/** Returns whether a folder is that user's, and closed to others: one of somebody else could hold any answer. */
function isSafe(folder: string, uid: number): boolean {
  try {
    const { uid: owner, mode } = lstatSync(folder);
    return owner === uid && (mode & 0o077) === 0;
  } catch {
    return false;
  }
}

/** Returns the folders in which a process of that user may have put its socket. */
function socketFolders(uid: number): string[] {
  const folders = [`/run/user/${uid}/pendingop`, `/tmp/pendingop-${uid}`];
  const { XDG_RUNTIME_DIR } = process.env;
  if (XDG_RUNTIME_DIR?.startsWith('/')) folders.unshift(join(XDG_RUNTIME_DIR, 'pendingop'));
  return [...new Set(folders)].filter((folder) => isSafe(folder, uid));
}

/** Returns the number of a process's pid namespace; undefined: it may not be read. */
function namespaceOf(process: number | 'self'): string | undefined {
  try {
    return /\[(\d+)\]/.exec(readlinkSync(`/proc/${process}/ns/pid`))?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Returns the name of the socket that a process has if it has one. Processes of several pid namespaces may share the
 * folder, so the name has the process's id in its own namespace, and the number of that.
 */
function socketName(pid: number): string | undefined {
  const ids = idsInside(pid);
  if (ids === undefined) return undefined;
  // A process with one id is in the namespace of /proc itself, which needs no right to tell of.
  const isOurs = ids.length === 1 && idsInside('self')?.length === 1;
  const space = namespaceOf(isOurs ? 'self' : pid);
  return space === undefined ? undefined : `${ids.at(-1)}.${space}.sock`;
}

/** Returns the path of a process's socket; undefined: it has none that can be found. */
export function socketOf(pid: number): string | undefined {
  const uid = ownerOf(pid);
  const name = uid === undefined ? undefined : socketName(pid);
  if (uid === undefined || name === undefined) return undefined;
  return socketFolders(uid)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Returns the paths of all sockets of a user. Their processes may have ended. */
export function socketsOf(uid: number): string[] {
  return socketFolders(uid).flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => /^\d+\.x?[\da-f]+\.sock$/.test(name))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}
