// The calls of one walk. The root is held open, and the directories below it are found from there by their names: no link
// among them is followed, whatever somebody makes of them meanwhile, unless the walk follows links.
import type { Call } from '../../call';
import { InterruptError } from '../../call/errors';
import { absence } from '../../engine/addon';
import { systemError } from '../../node/errno-error';
import { absolutePath, textOf, workingDirectory } from '../../node/path-text';
import { isWindows } from '../../node/windows';
import { noop } from '../../util/noop';
import { Place } from '../plan/place';
import { closing } from '../plan/steps';
import type { Path } from '../requests/request';
import { closeLater, releaseOf } from '../trees/folder';
import { hasNumbers } from './batch';
import { type Directory, isLoop, tooManyLinks } from './directory';
import type { Settings } from './options';
import { identityCall, openCall, type Scanned, scanCall, scanOnCall, scansOf } from './scan';
import { Silence } from './silence';

/** Takes what is in a directory. */
export interface Taker {
  /** Takes the entries, or a part of them. */
  take(scanned: Scanned, isFirst: boolean): void;
  /** Resolves once there is room for the next part; false: none is wanted any more. */
  hasRoom(): Promise<boolean>;
}

export class Listings<Name extends string | Buffer> {
  readonly #settings: Settings<Name>;
  readonly #root: Path;
  readonly #how: number;
  readonly #shown: readonly unknown[];
  readonly #silence: Silence;
  /** Settle when the kernel has released calls that were abandoned: these may still make a descriptor. */
  readonly #lingering = new Set<Promise<void>>();
  #rootFd = -1;
  #cwd = '';

  constructor(root: Path, settings: Settings<Name>, shown: readonly unknown[]) {
    this.#root = root;
    this.#settings = settings;
    this.#shown = shown;
    this.#how = scansOf(hasNumbers(settings), settings.followLinks);
    this.#silence = new Silence(settings.silence);
  }

  /** Opens the root. Without an addon only paths can be used: Node has no function that starts at a descriptor. */
  async open(): Promise<void> {
    this.#cwd = workingDirectory();
    if (absence === undefined) this.#rootFd = await this.#openRoot();
  }

  #openRoot(): Promise<number> {
    return this.#run(openCall(new Place(this.#root, true), this.#shown, this.#limits));
  }

  /** Makes a call that the aborted signal of the walk refuses: it rejects with the signal's error. */
  async refused(): Promise<void> {
    await this.#openRoot();
  }

  /** Interrupts the calls in flight. */
  interrupt(): void {
    this.#silence.end(new Error('The walk has ended'));
  }

  /** Closes the root. */
  close(): Promise<void> {
    return this.#close(this.#rootFd, this.#root);
  }

  /** Returns a path of the walk as it was when the walk began: the process may have changed its directory since. */
  absolute(path: Path): Path {
    return absolutePath(this.#cwd, path);
  }

  /** Lists a directory: in one call or, if it is large, in parts. */
  async list(directory: Directory<Name>, taker: Taker): Promise<void> {
    if (directory.identity === undefined && this.#settings.followLinks) await this.#askIdentity(directory);
    // The root is not looked up again: its path may lead elsewhere by now.
    if (directory.depth === 1 && this.#holdsRoot)
      return await this.#listParts(directory, this.#rootFd, taker);
    const place = this.#placeOf(directory);
    const all = await this.#run(scanCall(place, this.#how, this.#shown, this.#limits));
    if (all.bytes !== undefined) taker.take(all, true);
    else await this.#listInParts(directory, place, taker);
  }

  async #listInParts(directory: Directory<Name>, place: Place, taker: Taker): Promise<void> {
    const fd = await this.#run(openCall(place, this.#shown, this.#limits));
    try {
      await this.#listParts(directory, fd, taker);
    } finally {
      await this.#close(fd, directory.path);
    }
  }

  async #listParts(directory: Directory<Name>, fd: number, taker: Taker): Promise<void> {
    const path = this.absolute(directory.path);
    for (let isFirst = true; ; isFirst = false) {
      const part = await this.#scanOn(directory, fd, path);
      if (part.count === 0 && !isFirst) return;
      taker.take(part, isFirst);
      if (part.count === 0 || !(await taker.hasRoom())) return;
    }
  }

  /** Lists the next part. An error has the path of the directory, as if that had been listed at once. */
  async #scanOn(directory: Directory<Name>, fd: number, path: Path): Promise<Scanned> {
    try {
      return await this.#run(scanOnCall(fd, path, this.#how, this.#shown, this.#limits));
    } catch (error) {
      const { errno, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof InterruptError || errno === undefined || syscall === undefined) throw error;
      throw systemError(errno, syscall, textOf(directory.path));
    }
  }

  /** Asks for the device and the inode, as bigints: numbers do not tell inodes from 2^53 on from each other. */
  async #askIdentity(directory: Directory<Name>): Promise<void> {
    const holds = directory.depth === 1 && this.#holdsRoot;
    const call = identityCall(holds ? this.#rootFd : this.#placeOf(directory), this.#shown, this.#limits);
    const { dev, ino } = await this.#run(call);
    directory.identity = `${dev}:${ino}`;
    if (isLoop(directory)) throw tooManyLinks(directory.path);
  }

  /** The options of each call. How long it may take, the silence decides. */
  get #limits(): { signal: AbortSignal | undefined; timeout: number } {
    return { signal: this.#settings.signal, timeout: 0 };
  }

  async #run<T>(call: Call<T>): Promise<T> {
    try {
      return await this.#silence.during(call);
    } catch (error) {
      const released = releaseOf(error);
      if (released !== undefined) {
        this.#lingering.add(released);
        void released.then(() => this.#lingering.delete(released));
      }
      throw error;
    }
  }

  /** On Windows directories are listed by their paths alone. */
  get #holdsRoot(): boolean {
    return this.#rootFd !== -1 && !isWindows;
  }

  #placeOf({ path, depth }: Directory<Name>): Place {
    if (depth === 1) return new Place(path, true);
    const follows = this.#settings.followLinks;
    return this.#rootFd === -1 ? new Place(path, follows) : new Place(path, follows, this.#rootFd, depth - 1);
  }

  /**
   * Closes a descriptor once the kernel has released the calls that may still make one: until then its number must not
   * become another file's.
   */
  async #close(fd: number, path: Path): Promise<void> {
    if (fd === -1) return;
    const close = closing(fd, path);
    const lingering = [...this.#lingering];
    if (lingering.length === 0) await close.start().catch(noop);
    else closeLater(close, lingering);
  }
}
