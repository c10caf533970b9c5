// mounts.abort(): ends what waits for a file system, by whatever means its kind has.
import { constants, type PathLike } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type NativeMount, requireAddon } from '../engine/addon';
import { Code } from '../engine/codes';
import { mountTable } from '../engine/mount-table';
import { writeFile } from '../fs/promises/files';
import { PATH, pathCall, voidType } from '../fs/requests/request';
import { listUnder } from '../table';
import { absolute, textOf, workingDirectory } from '../util/path-text';
import { validPath } from '../validate/path';

const UMOUNT = voidType('abort', Code.umount, 'umount2', PATH, true);

/** A read may need it twice; what comes after so many does not come of it. */
const ATTEMPTS = 20;
const PAUSE = 50;

function refused(code: string, message: string, mount: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(message, cause === undefined ? undefined : { cause }) as NodeJS.ErrnoException;
  error.code = code;
  error.syscall = 'umount2';
  error.path = mount;
  return error;
}

/** As `umount -f` does. Returns whether it is still mounted. */
async function force({ id, point }: NativeMount): Promise<boolean> {
  // A mount that nothing uses is gone at once, but NFS 4 then takes leave of its server, and waits for the answer.
  const gone = new AbortController();
  const watch = setInterval(() => {
    if (!mountTable().entries.some((entry) => entry.id === id)) gone.abort();
  }, PAUSE);
  try {
    await pathCall(UMOUNT, point, [point], { signal: gone.signal }).start();
    return false;
  } catch (error) {
    if (gone.signal.aborted) return false;
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EBUSY': // still in use, but what waited has ended
        return true;
      case 'EPERM':
      case 'EACCES':
        throw refused(
          'EPERM',
          `EPERM: cannot abort '${point}': that takes the right to unmount it (root); interruptUnder() frees the calls of this process`,
          point,
          error,
        );
      case 'EINVAL':
        throw refused(
          'EINVAL',
          `EINVAL: cannot abort '${point}': it is not a mount point; mounts.list() has those there are`,
          point,
          error,
        );
      default:
        throw error;
    }
  } finally {
    clearInterval(watch);
  }
}

/** `minor` is the connection's number. Its mounting user may write there, too. */
async function abortFuse(entry: NativeMount): Promise<void> {
  const { minor, point } = entry;
  try {
    await writeFile(`/sys/fs/fuse/connections/${minor}/abort`, '1', { flag: constants.O_WRONLY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Nothing there: it is not mounted. (A user who may not look into another's folder hears EACCES.)
    if (code === 'ENOENT') await force(entry);
    else if (code === 'EACCES' || code === 'EPERM') {
      const message = `EPERM: cannot abort '${point}': only root and the user who mounted it may; interruptUnder() frees the calls of this process`;
      throw refused('EPERM', message, point, error);
    } else throw error;
  }
}

/**
 * The NFS client's own switch, Linux 6.5 and later (fs/nfs/sysfs.c): every request of the superblock fails from then on, those
 * too that `umount -f` leaves. Where it is not there, or may not be written, `umount -f` is all. Mounts of one export share
 * a superblock, as bind mounts do: those that nobody spoke of are not to be dead for good. Nor on NFS 3: it does not end a
 * lock that is waited for, and afterwards locks on other mounts of the same server hang (seen with 6.12).
 */
async function shutDown({ id, major, minor }: NativeMount): Promise<void> {
  const isOther = (one: NativeMount): boolean => one.id !== id && one.major === major && one.minor === minor;
  if (mountTable().entries.some(isOther)) return;
  try {
    await writeFile(`/sys/fs/nfs/${major}:${minor}/shutdown`, '1', { flag: constants.O_WRONLY });
  } catch {
    // Whoever lacks the right to hears so of umount2.
  }
}

async function abortNfs(entry: NativeMount): Promise<void> {
  if (entry.type === 'nfs4') await shutDown(entry);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const mounted = await force(entry);
    if (!mounted || listUnder(entry.point).every((op) => op.fn() === 'abort')) return;
    await setTimeout(PAUSE);
  }
}

export const isFuse = (type: string): boolean => /^fuse(blk|\.|$)/.test(type);

export async function abort(mountPoint: PathLike): Promise<void> {
  requireAddon('mounts.abort()');
  const point = absolute(workingDirectory(), textOf(validPath(mountPoint, 'mountPoint')));
  const entry = mountTable().entries.findLast((one) => one.point === point);
  if (entry === undefined)
    throw refused(
      'EINVAL',
      `EINVAL: cannot abort '${point}': it is not a mount point; mounts.list() has those there are`,
      point,
    );
  const { type } = entry;
  if (isFuse(type)) return abortFuse(entry);
  if (/^nfs4?$/.test(type)) return abortNfs(entry);
  const why = /^(cifs|smb3|smbfs)$/.test(type)
    ? `aborting a ${type} mount frees no calls`
    : `a ${type} mount has no connection to end`;
  throw refused('ENOTSUP', `ENOTSUP: cannot abort '${point}': ${why}; use interruptUnder()`, point);
}
