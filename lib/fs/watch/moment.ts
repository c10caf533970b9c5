// How long watch() blocks its caller's thread until the watch is set up. Node's watch() blocks as long as that takes,
// and programs rely on errors being thrown and on seeing the changes that they make right afterwards. So this one
// blocks for a moment, in which nearly every file system answers. One that does not answer holds up the event loop for
// no more than that, once.

import { isStalledAt, mountAt } from '../../engine/mount-table';
import { settings } from '../../engine/settings';

/**
 * ms, on a file system that depends on a server or a daemon, and while another watch on the mount has not been set up
 * in time.
 */
const SHORT = 20;

/** The number of watches on each mount, by its id, that were not set up in time and are still waited for. */
const late = new Map<number, number>();

/** The wait for one watch. */
export class Moment {
  readonly #mount: number;
  /** ms to wait at most. */
  readonly ms: number;
  #isLate = false;

  /** `path`: absolute. */
  constructor(path: string | Uint8Array, timeout: number) {
    const mount = mountAt(path);
    this.#mount = mount?.id ?? -1;
    const most = Math.min(settings.grace, timeout);
    const isLate = late.has(this.#mount);
    // A local path may lead to another mount by a symbolic link.
    if (mount?.remote !== true) this.ms = isLate ? Math.min(SHORT, most) : most;
    else this.ms = isLate || isStalledAt(mount) ? 0 : Math.min(SHORT, most);
  }

  /** The time is over, and the file system has not answered. */
  passed(): void {
    this.#isLate = true;
    late.set(this.#mount, (late.get(this.#mount) ?? 0) + 1);
  }

  /** The watch is set up, or will not be. */
  end(): void {
    if (!this.#isLate) return;
    this.#isLate = false;
    const left = (late.get(this.#mount) as number) - 1;
    if (left > 0) late.set(this.#mount, left);
    else late.delete(this.#mount);
  }
}
