// One run through a tree. Directories are listed many at a time, each in one call. The root is held open, and what lies below
// it is found from there by its names: no link among them is followed, whatever somebody makes of them meanwhile, unless
// the walk follows links.
import type { Call } from '../../call';
import { type CallScope, currentScope } from '../../call/current-scope';
import { endsAll } from '../../call/ends-all';
import { InterruptError, StalledError, TimeoutError } from '../../call/errors';
import { absence } from '../../engine/addon';
import { isStalledAt, mountAt } from '../../engine/mount-table';
import { systemError } from '../../node/errno-error';
import { absolute, textOf, workingDirectory } from '../../node/path-text';
import { isWindows } from '../../node/windows';
import { noop } from '../../util/noop';
import { Place } from '../plan/place';
import { closing } from '../plan/steps';
import type { Path } from '../requests/request';
import { closeLater, releaseOf } from '../trees/folder';
import { hasNumbers, WalkBatch } from './batch';
import { type Directory, directoriesIn, isLoop, rootDirectory, tooManyLinks } from './directory';
import { WalkEntry } from './entry';
import type { Settings } from './options';
import { identityCall, openCall, type Scanned, scanCall, scanOnCall, scansOf } from './scan';
import { Silence } from './silence';

/**
 * Directories that are listed at a time, and batches that lie ready before the walk waits for who reads them.
 */
const WIDTH = 16;

/** What lies ready. */
export interface Found<Name extends string | Buffer> {
  readonly batch: WalkBatch<Name>;
  /** The directory's own entry, which comes before what is in it; undefined for the root and behind its first batch. */
  readonly head: WalkEntry<Name> | undefined;
  /** The directories in the batch that the walk goes into: their entries come with their own batches. */
  readonly entered: ReadonlySet<number> | undefined;
}

export class Traversal<Name extends string | Buffer> {
  readonly #settings: Settings<Name>;
  readonly #root: Path;
  readonly #how: number;
  readonly #shown: readonly unknown[];
  readonly #scope: CallScope | undefined = currentScope();
  readonly #silence: Silence;
  /** Who came last goes first: the walk finishes the subtree that it is in, and what waits stays small. */
  readonly #waiting: Directory<Name>[] = [];
  readonly #ready: Found<Name>[] = [];
  /** Calls that the kernel still has, though nobody waits for them: they may still come to a descriptor. */
  readonly #lingering = new Set<Promise<void>>();
  /** Mounts on which directories were left, by their ids. */
  readonly #left = new Set<number>();
  #rootFd = -1;
  #cwd = '';
  #running = 0;
  #hasStarted = false;
  #failure: { readonly error: unknown } | undefined;
  #ended: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  constructor(root: Path, settings: Settings<Name>, shown: readonly unknown[]) {
    this.#root = root;
    this.#settings = settings;
    this.#shown = shown;
    this.#how = scansOf(hasNumbers(settings), settings.followLinks);
    this.#silence = new Silence(settings.silence);
  }

  /** What was found next; undefined at the end. Not to be called again before it has settled. */
  async next(): Promise<Found<Name> | undefined> {
    if (!this.#hasStarted) await this.#start();
    for (;;) {
      if (this.#settings.signal?.aborted) await this.#abort();
      if (this.#failure !== undefined) {
        const { error } = this.#failure;
        this.#failure = undefined;
        await this.end();
        throw error;
      }
      const found = this.#ready.shift();
      this.#go();
      if (found !== undefined) {
        this.#tell();
        return found;
      }
      if (this.#running === 0) {
        await this.end();
        return undefined;
      }
      await this.#change();
    }
  }

  /** Interrupts what is in flight, and closes what is open. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#waiting.length = this.#ready.length = 0;
    this.#hasStarted = true;
    this.#silence.end(new Error('The walk has ended'));
    this.#tell();
    while (this.#running > 0) await this.#change();
    this.#ready.length = 0;
    await this.#close(this.#rootFd, this.#root);
  }

  async #start(): Promise<void> {
    this.#hasStarted = true;
    this.#cwd = workingDirectory();
    const place = new Place(this.#root, true);
    this.#running++;
    try {
      // Without an addon there are only Node's functions, which know no other way than paths.
      if (absence === undefined) this.#rootFd = await this.#run(openCall(place, this.#shown, this.#limits));
      if (this.#isOver) return;
      this.#waiting.push(rootDirectory(this.#root, this.#settings.asBytes));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running--;
      this.#tell();
    }
  }

  /** Numbers do not tell inodes from 2^53 on from each other. */
  async #askIdentity(directory: Directory<Name>): Promise<void> {
    const holds = directory.depth === 1 && this.#holdsRoot;
    const call = identityCall(holds ? this.#rootFd : this.#placeOf(directory), this.#shown, this.#limits);
    const { dev, ino } = await this.#run(call);
    directory.identity = `${dev}:${ino}`;
    if (isLoop(directory)) throw tooManyLinks(directory.path);
  }

  /** Those of each call: how long it may take is the silence's to say. */
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

  #go(): void {
    while (!this.#isOver && this.#running < WIDTH && this.#ready.length < WIDTH) {
      const directory = this.#waiting.pop();
      if (directory === undefined) return;
      this.#running++;
      void this.#visit(directory);
    }
  }

  async #visit(directory: Directory<Name>): Promise<void> {
    try {
      this.#refuseStalled(directory);
      await this.#list(directory);
    } catch (error) {
      this.#leave(directory, error);
    } finally {
      this.#running--;
      this.#go();
      this.#tell();
    }
  }

  async #list(directory: Directory<Name>): Promise<void> {
    if (directory.identity === undefined && this.#settings.followLinks) await this.#askIdentity(directory);
    // Not found once more: its path may lead elsewhere by now.
    if (directory.depth === 1 && this.#holdsRoot) return await this.#listParts(directory, this.#rootFd);
    const place = this.#placeOf(directory);
    const all = await this.#run(scanCall(place, this.#how, this.#shown, this.#limits));
    if (all.bytes !== undefined) this.#take(directory, all, true);
    else await this.#listInParts(directory, place);
  }

  async #listInParts(directory: Directory<Name>, place: Place): Promise<void> {
    const fd = await this.#run(openCall(place, this.#shown, this.#limits));
    try {
      await this.#listParts(directory, fd);
    } finally {
      await this.#close(fd, directory.path);
    }
  }

  async #listParts(directory: Directory<Name>, fd: number): Promise<void> {
    const path = textOf(this.#absolute(directory.path));
    for (let isFirst = true; ; isFirst = false) {
      const part = await this.#scanOn(directory, fd, path);
      if (part.count === 0 && !isFirst) return;
      this.#take(directory, part, isFirst);
      if (part.count === 0) return;
      while (this.#ready.length >= WIDTH && !this.#isOver) await this.#change();
      if (this.#isOver) return;
    }
  }

  /** The error names the path, as that of a directory that is listed at once. */
  async #scanOn(directory: Directory<Name>, fd: number, path: string): Promise<Scanned> {
    try {
      return await this.#run(scanOnCall(fd, path, this.#how, this.#shown, this.#limits));
    } catch (error) {
      const { errno, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof InterruptError || errno === undefined || syscall === undefined) throw error;
      throw systemError(errno, syscall, textOf(directory.path));
    }
  }

  /** Puts what was found where who reads it takes it from, and notes the directories in it. */
  #take(directory: Directory<Name>, scanned: Scanned, isFirst: boolean): void {
    if (this.#isOver) return;
    const { shown, depth } = directory;
    const batch = new WalkBatch<Name>(shown, depth, scanned, this.#settings);
    const head = isFirst ? directory.entry?.() : undefined;
    const within = depth < this.#settings.depth ? this.#enter(directory, batch) : undefined;
    // The caller's function may have ended the walk.
    if (this.#isOver) return;
    this.#ready.push({ batch, head, entered: within && new Set(within.keys()) });
    for (const one of within?.values() ?? []) {
      if (isLoop(one)) this.#leave(one, tooManyLinks(one.path));
      else this.#waiting.push(one);
    }
    this.#tell();
  }

  /** The directories of the batch that the walk goes into; undefined: none. */
  #enter(above: Directory<Name>, batch: WalkBatch<Name>): Map<number, Directory<Name>> | undefined {
    const { enter, followLinks } = this.#settings;
    const found = directoriesIn(batch, above, followLinks, (at) => {
      const goesInto = enter === undefined || this.#asked(enter, batch.entry(at));
      return this.#isOver ? undefined : goesInto;
    });
    return found.size > 0 ? found : undefined;
  }

  /** What the caller's function throws ends the walk. */
  #asked(enter: (directory: WalkEntry<Name>) => boolean, entry: WalkEntry<Name>): boolean {
    try {
      return enter(entry);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** A directory on a mount that the walk has left before, and that still does not answer. */
  #refuseStalled({ path, depth }: Directory<Name>): void {
    if (this.#left.size === 0 || depth === 1) return;
    const mount = mountAt(this.#absolute(path));
    if (mount !== undefined && this.#left.has(mount.id) && isStalledAt(mount))
      throw new StalledError(mount.point, 'scandir', textOf(path));
  }

  /** The directory could not be listed. */
  #leave(directory: Directory<Name>, error: unknown): void {
    if (this.#isOver) return;
    const isRoot = directory.entry === undefined;
    if (isRoot || endsAll(error, this.#settings.signal, this.#scope)) {
      this.#fail(error);
      return;
    }
    if (error instanceof TimeoutError) {
      const mount = mountAt(this.#absolute(directory.path));
      if (mount !== undefined) this.#left.add(mount.id);
    }
    const { shown, depth } = directory;
    const batch = new WalkBatch<Name>(shown, depth, error as Error, this.#settings);
    const head = WalkEntry.failed(directory.entry(), error as Error);
    this.#ready.push({ batch, head, entered: undefined });
    this.#tell();
  }

  get #isOver(): boolean {
    return this.#ended !== undefined || this.#failure !== undefined;
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    this.#waiting.length = this.#ready.length = 0;
  }

  /** The error of the signal is that of a call with it, which is refused. */
  async #abort(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#run(openCall(new Place(this.#root, true), this.#shown, this.#limits));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The directory of the process may be another one by now. */
  #absolute(path: Path): Path {
    return typeof path === 'string' ? absolute(this.#cwd, path) : path;
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

  /** Until something has changed: a call is over, a batch was taken, the walk has ended. */
  #change(): Promise<void> {
    return new Promise((wake) => this.#waiters.push(wake));
  }

  #tell(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Not before the kernel has released the calls that may come to the descriptor: till then its number is not another file's. */
  async #close(fd: number, path: Path): Promise<void> {
    if (fd === -1) return;
    const close = closing(fd, path);
    const lingering = [...this.#lingering];
    if (lingering.length === 0) await close.start().catch(noop);
    else closeLater(close, lingering);
  }
}
