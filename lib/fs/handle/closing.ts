// Who may close a descriptor. In a worker thread, Node and this package each keep count of the descriptors that they
// have opened, and close those that are left when the thread ends. So the one that has opened a descriptor has to close
// it: otherwise it would close the number again later, when it may be another thread's. In the main thread nobody
// counts.
import { closeBlocking, hasOpened } from '../../engine';
import { native } from '../../engine/addon';
import { systemError } from '../../node/errno-error';
import { closeSync as closeSyncOfNode } from '../../node/original';
import { patch } from '../../node/patch';

/** Returns whether Node has to close the descriptor: Node counts it, or neither of us does. */
export const isNodes = (fd: number): boolean => !native.isMainThread && !hasOpened(fd);

/**
 * Closes without a timeout. It is Node's own function, except for a descriptor that this package has opened in a worker
 * thread.
 */
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
