// abort: ends the connection of a file system, and with it all calls that wait there.
import { resolve } from 'node:path';
import type { Command } from '../command';
import { CliError, ExitCode } from '../failure';
import { remoteBeneath } from '../process/beneath';
import { MountList } from '../process/mount-list';
import { encode, escaped, unescaped } from '../screen/bytes';
import { mountsOf, nameOf } from './mounts-of';

/** What the errors of mounts.abort() mean to somebody at a terminal: their own texts name functions of the package. */
const WORDS: Record<string, ((name: string) => string) | undefined> = {
  EPERM: (name) =>
    `Only root may abort '${name}', or the user who mounted it if it is FUSE: run the command with sudo`,
  ENOTSUP: (name) =>
    `Aborting '${name}' frees no calls: only connections of FUSE and NFS can be ended. \`pendingop interrupt <pid> ${name}\` frees those of one process`,
};

/**
 * Ends the mount that the word names: as it is printed, or else as it is. Returns its name. What was printed comes first:
 * whoever mounts something else must not be able to give it a name that is taken for that.
 */
async function end(word: string): Promise<string> {
  for (const name of new Set([unescaped(word), word])) {
    try {
      await mountsOf().abort(encode(name));
      return name;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EINVAL')
        throw new CliError(beneath(code, name) ?? WORDS[code ?? '']?.(escaped(name)) ?? message);
    }
  }
  throw new CliError(
    hintAt(word) ?? `'${word}' is no mount point: \`pendingop mounts --all\` lists the mount points`,
  );
}

/** If a mount has no connection, but lies on one that has: which that is. */
function beneath(code: string | undefined, name: string): string | undefined {
  const mounts = MountList.own();
  const mount = mounts.ofPath(name);
  if (code !== 'ENOTSUP' || mount === undefined) return undefined;
  const remote = remoteBeneath(mount, mounts);
  if (remote === undefined || remote === mount) return undefined;
  const below = escaped(remote.mountPoint);
  return `'${escaped(name)}' (${mount.type}) lies on '${below}' (${remote.type}), for which its calls wait: abort that`;
}

/** What a shell and Node make of bytes that are no UTF-8 names no mount, but tells which ones it may have been. */
function hintAt(word: string): string | undefined {
  if (!word.includes('\ufffd')) return undefined;
  const alike = mountsOf()
    .list()
    .filter(({ mountPoint }) => mountPoint === resolve(word))
    .map(({ path }) => `'${escaped(nameOf(path))}'`);
  return alike.length === 0
    ? undefined
    : `A name with bytes that are no UTF-8 is written as \`mounts\` prints it: ${alike.join(' or ')}`;
}

export const abort: Command = {
  name: 'abort',
  words: '<mount>',
  summary: 'end the connection of a FUSE or NFS mount, and every call that waits there',
  details: `Calls of all processes on the mount end with an error, as \`umount -f\` and /sys/fs/fuse/connections/N/abort do it. A FUSE
file system answers ENOTCONN until it is mounted again. Needs root, or for FUSE the user who mounted it. The mount is named as
\`mounts\` and \`df\` print it: bytes that are no UTF-8, characters that would move the cursor, and backslashes as \\ and three
octal digits. A name that is text may also be given as it is.`,
  options: ['json'],
  least: 1,
  most: 1,
  async run({ words }) {
    const [word = ''] = words;
    const name = await end(word);
    return {
      json: { aborted: name, escaped: escaped(name) },
      text: () => `Aborted ${escaped(name)}: what waited there has ended.`,
      code: ExitCode.fine,
    };
  },
};
