// Whose it is to close a descriptor. Node and this package each keep count of what they have opened in a worker thread,
// and close what is left when it ends. So who has opened one has to close it, or would close the number again: it may
// be another thread's by then. In the main thread nobody counts.
import { closeBlocking, hasOpened } from '../../engine';
import { native } from '../../engine/addon';
import { systemError } from '../../node/errno-error';
import { closeSync as closeSyncOfNode } from '../../node/original';
import { patch } from '../../node/patch';

/** Whether Node counts it, or nobody of us two does. */
export const isNodes = (fd: number): boolean => !native.isMainThread && !hasOpened(fd);

/** Without a timeout. Node's own, but for what this package has opened in a worker thread. */
export function closeSync(...args: [fd: number]): void {
  const [fd] = args;
  if (native.isMainThread || !hasOpened(fd)) {
    closeSyncOfNode(...args);
  } else {
    const errno = closeBlocking(fd);
    if (errno < 0) throw systemError(errno, 'close');
  }
}

patch.closeSync = closeSync;
