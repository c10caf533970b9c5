// A directory that a walk is in. If possible, the walk holds it open, and its entries are looked up from its
// descriptor. If not, they are looked up name by name from the nearest directory above that is held open, and no link
// between the two is followed.
import type { Call } from '../../call';
import { InterruptError } from '../../call/errors';
import { absence } from '../../engine/addon';
import { isWindows } from '../../node/windows';
import { noop } from '../../util/noop';
import { outside } from '../../util/outside';
import type { Encoding } from '../../validate/call-options';
import { Place } from '../plan/place';
import { type Body, eachUntilFailure, result } from '../plan/plan';
import * as steps from '../plan/steps';

/**
 * The number of directories that the walks of this thread hold open at most, besides the one that each begins in. Below
 * that depth a step takes two calls. Measured with 16, 64, 128 and 256: trees of 10 to 300 levels are removed and
 * copied in the same time within the noise, and a tree of 1,000 levels is copied in 1.6 times the time that it takes by
 * path.
 */
const MOST_HELD = 64;

/** The number of entries of one directory that a walk works on at a time. */
export const WIDTH = 32;

let held = 0;

/** Without an addon, and on Windows, there are only functions of Node's or libuv's, which take whole paths. */
const canHold = absence === undefined && !isWindows;

/** Returns whether a directory at `place` may be held open. */
const mayHold = (place: Place): boolean => canHold && (place.names === 0 || held < MOST_HELD);

export class Folder {
  readonly place: Place;
  /** -1: the directory is not held open. */
  readonly #fd: number;

  private constructor(place: Place, fd: number) {
    this.place = place;
    this.#fd = fd;
    if (fd !== -1) held++;
  }

  /** Lists the directory, and holds it open if it may. The names lead to the entries again. */
  static *listed(parent: steps.Parent, place: Place): Body<[Folder, steps.Entry[]]> {
    if (!mayHold(place)) return [new Folder(place, -1), yield* steps.readdirExact(parent, place)];
    const { fd, entries } = yield* steps.openListed(parent, place);
    return [new Folder(place, fd), entries];
  }

  /** Lists the directory in the file system's own order, `batch` entries at a time, and holds it open if it may. */
  static *listedUnsorted(
    parent: steps.Parent,
    place: Place,
    batch: number,
    encoding: Encoding = 'utf8',
  ): Body<[Folder, steps.Entry[]]> {
    const fd = yield* steps.opendir(parent, place);
    let keeps = false;
    try {
      const entries = yield* steps.readOpen(parent, fd, place.path, encoding, batch);
      keeps = mayHold(place);
      return [new Folder(place, keeps ? fd : -1), entries];
    } finally {
      if (!keeps) yield* steps.closedir(fd, place.path);
    }
  }

  /** Holds the directory open if it may. Reads nothing of it. */
  static *entered(parent: steps.Parent, place: Place): Body<Folder> {
    return new Folder(place, mayHold(place) ? yield* steps.openForPlaces(parent, place) : -1);
  }

  /** Returns the place of an entry. */
  child(path: steps.Path, follows: boolean): Place {
    const { directory, names } = this.place;
    if (this.#fd !== -1) return new Place(path, follows, this.#fd, 1);
    return names === 0 ? new Place(path, follows) : new Place(path, follows, directory, names + 1);
  }

  /**
   * Closes the directory. `lingering`: calls that the kernel still has though their callers were freed. One of them may
   * use the descriptor later, so until they are released the number must not become another file's.
   */
  *close(lingering: readonly Promise<void>[]): Body<void> {
    if (this.#fd === -1) return;
    const close = steps.closing(this.#fd, this.place.path);
    held--;
    if (lingering.length === 0) return yield* result(close);
    closeLater(close, lingering);
  }
}

/** Returns when the kernel releases the call of a failed step; undefined: it has released the call. */
export const releaseOf = (error: unknown): Promise<void> | undefined =>
  error instanceof InterruptError && error.outcome === 'abandoned' ? error.op.released : undefined;

/** Notes the call of a failed step, if the kernel may still have it. */
export function noteLingering(error: unknown, lingering: Promise<void>[]): void {
  const released = releaseOf(error);
  if (released !== undefined) lingering.push(released);
}

/** Closes a descriptor once the kernel has released the calls that may still come to it. Nobody waits for that. */
export function closeLater(close: Call<void>, lingering: readonly Promise<void>[]): void {
  outside(() => void Promise.all(lingering).then(() => close.start().catch(noop)));
}

/** Carries the steps out, and notes the call of one that fails. */
export function* noting<T>(lingering: Promise<void>[], body: Body<T>): Body<T> {
  try {
    return yield* body;
  } catch (error) {
    noteLingering(error, lingering);
    throw error;
  }
}

/** Carries out the steps of one item after the other, but those of items that may go together and follow on each other at a time. */
export function* inRuns<T>(
  items: readonly T[],
  goTogether: (item: T) => boolean,
  body: (item: T) => Body<void>,
): Body<void> {
  for (let at = 0; at < items.length; ) {
    let end = at;
    while (end < items.length && goTogether(items[end] as T)) end++;
    if (end === at) yield* body(items[at++] as T);
    else yield* eachUntilFailure(items.slice(at, end), WIDTH, body);
    at = Math.max(at, end);
  }
}
