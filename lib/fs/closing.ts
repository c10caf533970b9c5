// Whose it is to close a descriptor. Node and this package each keep count of what they have opened in a worker thread,
// and close what is left when it ends. So who has opened one has to close it, or would close the number again: it may
// be another thread's by then. In the main thread nobody counts.
import { closeNow, hasOpened } from '../engine';
import { systemError } from '../errors';
import { native } from '../native';
import { closeSync as closeSyncOfNode } from './original';
import { patch } from './patch';

/** Whether Node counts it, or nobody of us two does. */
export const isNodes = (fd: number): boolean => !native.isMainThread && !hasOpened(fd);

/** Without a timeout. Node's own, but for what this package has opened in a worker thread. */
export function closeSync(...args: [fd: number]): void {
  const [fd] = args;
  if (native.isMainThread || !hasOpened(fd)) {
    closeSyncOfNode(...args);
  } else {
    const errno = closeNow(fd);
    if (errno < 0) throw systemError(errno, 'close');
  }
}

patch.closeSync = closeSync;
