// mounts.abort(): ends all calls on a file system, by the means that its type has.
import { constants, type PathLike } from 'node:fs';
import { type NativeMount, requireAddon } from '../engine/addon';
import { Code } from '../engine/codes';
import { mountTable, pathOfMount, placeOfMount } from '../engine/mount-table';
import { bytesOf, destination, fillWrite, WRITE_FILE, writePathCall } from '../fs/requests/files';
import { PATH, pathCall, voidType } from '../fs/requests/request';
import { folded, pathOfPlace, textOf } from '../node/path-text';
import { listUnder } from '../table';
import { delay } from '../util/delay';
import { clearInterval, setInterval } from '../util/timers';
import { placeOf } from './expect';

const UMOUNT = voidType('abort', Code.umount, 'umount2', PATH, true);

/**
 * `umount -f` is repeated while calls still wait, since a read may make a second request after the first one has
 * failed. After that many attempts another one changes nothing.
 */
const ATTEMPTS = 20;
const PAUSE = 50;

function refused(code: string, message: string, mount: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(message, cause === undefined ? undefined : { cause }) as NodeJS.ErrnoException;
  error.code = code;
  error.syscall = 'umount2';
  error.path = mount;
  return error;
}

const notMounted = (point: string, cause?: unknown): Error =>
  refused(
    'EINVAL',
    `EINVAL: cannot abort '${point}': it is not a mount point; mounts.list() lists the mount points`,
    point,
    cause,
  );

/** Does what `umount -f` does. Returns whether the file system is still mounted. */
async function force(entry: NativeMount): Promise<boolean> {
  const { id, point } = entry;
  // If nothing uses the mount, it is unmounted at once. NFS 4 then still says goodbye to its server and waits for the
  // answer, so the call is interrupted as soon as the mount has gone from the table.
  const gone = new AbortController();
  const watch = setInterval(() => {
    if (!mountTable().entries.some((one) => one.id === id)) gone.abort();
  }, PAUSE);
  try {
    await pathCall(UMOUNT, pathOfMount(entry), [point], { signal: gone.signal }).start();
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
        throw notMounted(point, error);
      default:
        throw error;
    }
  } finally {
    clearInterval(watch);
  }
}

/** Writes to a file of the kernel that is a switch. */
function turnOn(file: string): Promise<void> {
  const to = destination(file, { flag: constants.O_WRONLY }, 'w');
  return fillWrite(writePathCall(WRITE_FILE, to, [file], {}), bytesOf('1', null), false).start();
}

/** `minor` is the number of the connection. The user who mounted it may write to its files, too. */
async function abortFuse(entry: NativeMount): Promise<void> {
  const { minor, point } = entry;
  try {
    await turnOn(`/sys/fs/fuse/connections/${minor}/abort`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENOENT: it is not mounted any more. (A user who may not look into another user's folder gets EACCES instead.)
    if (code === 'ENOENT') await force(entry);
    else if (code === 'EACCES' || code === 'EPERM') {
      const message = `EPERM: cannot abort '${point}': only root and the user who mounted it may; interruptUnder() frees the calls of this process`;
      throw refused('EPERM', message, point, error);
    } else throw error;
  }
}

/**
 * Uses the NFS client's own switch, on Linux 6.5 and later (fs/nfs/sysfs.c): from then on every request of the
 * superblock fails, also those that `umount -f` leaves. If the file is missing or may not be written, `umount -f` has
 * to do.
 *
 * Not done if other mounts share the superblock, as mounts of one export and bind mounts do: they would fail for good,
 * and the caller has not named them. Not done for NFS 3 either: it does not end a call that waits for a lock, and
 * afterwards locks on other mounts of the same server hang (seen with Linux 6.12).
 */
async function shutDown({ id, major, minor }: NativeMount): Promise<void> {
  const isOther = (one: NativeMount): boolean => one.id !== id && one.major === major && one.minor === minor;
  if (mountTable().entries.some(isOther)) return;
  try {
    await turnOn(`/sys/fs/nfs/${major}:${minor}/shutdown`);
  } catch {
    // If the right is missing, umount2 fails with the error for that.
  }
}

async function abortNfs(entry: NativeMount): Promise<void> {
  if (entry.type === 'nfs4') await shutDown(entry);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const mounted = await force(entry);
    if (!mounted || listUnder(pathOfMount(entry)).every((op) => op.fn() === 'abort')) return;
    await delay(PAUSE);
  }
}

export const isFuse = (type: string): boolean => /^fuse(blk|\.|$)/.test(type);

export async function abort(mountPoint: PathLike): Promise<void> {
  requireAddon('mounts.abort()');
  const place = placeOf(mountPoint, 'mountPoint');
  const entry = mountTable().entries.findLast((one) => folded(placeOfMount(one)) === folded(place));
  const point = textOf(pathOfPlace(place));
  if (entry === undefined) throw notMounted(point);
  const { type } = entry;
  if (isFuse(type)) return abortFuse(entry);
  if (/^nfs4?$/.test(type)) return abortNfs(entry);
  const why = /^(cifs|smb3|smbfs)$/.test(type)
    ? `aborting a ${type} mount frees no calls`
    : `a ${type} mount has no connection to end`;
  throw refused('ENOTSUP', `ENOTSUP: cannot abort '${point}': ${why}; use interruptUnder()`, point);
}
