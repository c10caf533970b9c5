// How long watch() waits on its caller's thread for its watch. Node's waits as long as it takes: code counts on an error
// being thrown, and on hearing of what it changes right after. So ours waits for a moment, in which nearly every file
// system answers; one that does not holds up the event loop for no more than that, once.

import { isStalledAt, mountAt } from '../../engine/mount-table';
import { settings } from '../../engine/settings';

/** ms, on a file system that depends on a server or a daemon, or where another watch has not been set up in time. */
const SHORT = 20;

/** How many watches were not set up in time and are waited for still: of each mount, by its id. */
const late = new Map<number, number>();

/** The wait for one watch. */
export class Moment {
  readonly #mount: number;
  /** How long to wait. */
  readonly ms: number;
  #isLate = false;

  /** `path`: absolute. */
  constructor(path: string | Uint8Array, timeout: number) {
    const mount = mountAt(path);
    this.#mount = mount?.id ?? -1;
    const most = Math.min(settings.grace, timeout);
    const isLate = late.has(this.#mount);
    // A local path may lead on by a symbolic link.
    if (mount?.remote !== true) this.ms = isLate ? Math.min(SHORT, most) : most;
    else this.ms = isLate || isStalledAt(mount) ? 0 : Math.min(SHORT, most);
  }

  /** It is over, and the file system has not answered. */
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
