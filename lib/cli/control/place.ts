// The places of control sockets. binding/control/unix/place.cc makes them by the same rules.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the folders in which a process of that user may have put its socket. */
export function socketFolders(uid: number, env: NodeJS.ProcessEnv = process.env): string[] {
  const folders = [`/run/user/${uid}/pendingop`, `/tmp/pendingop-${uid}`];
  const { XDG_RUNTIME_DIR } = env;
  if (XDG_RUNTIME_DIR?.startsWith('/')) folders.unshift(join(XDG_RUNTIME_DIR, 'pendingop'));
  return [...new Set(folders)];
}

/** Returns the processes of a user that have a socket file. The process may have ended. */
export function socketsOf(uid: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const folder of socketFolders(uid)) {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      continue;
    }
    for (const name of names) {
      const pid = /^(\d+)\.sock$/.exec(name)?.[1];
      if (pid !== undefined && !found.has(Number(pid))) found.set(Number(pid), join(folder, name));
    }
  }
  return found;
}
