// One run through a tree. Directories are listed many at a time, each in one call. The root is held open, and what lies below
// it is found from there by its names: no link among them is followed, whatever somebody makes of them meanwhile, unless
// the walk follows links.
import { constants } from 'node:os';
import type { Call } from '../../call';
import { type CallScope, currentScope } from '../../call/current-scope';
import { endsAll } from '../../call/ends-all';
import { StalledError, TimeoutError } from '../../call/errors';
import { absence } from '../../engine/addon';
import { isStalledAt, mountAt } from '../../engine/mount-table';
import { systemError } from '../../node/errno-error';
import { absolute, textOf, workingDirectory } from '../../node/path-text';
import { noop } from '../../util/noop';
import { childPath } from '../plan/child-path';
import { Place } from '../plan/place';
import { closing } from '../plan/steps';
import type { Path } from '../requests/request';
import { STAT, statCall } from '../requests/stats';
import { DIRENT_DIR } from '../results/dirent';
import { closeLater, releaseOf } from '../trees/folder';
import { hasNumbers, WalkBatch } from './batch';
import { WalkEntry } from './entry';
import type { Settings } from './options';
import { openCall, openRootCall, type Scanned, scanCall, scanOnCall, scansOf } from './scan';
import { Silence } from './silence';

/**
 * Directories that are listed at a time, and batches that lie ready before the walk waits for who reads them.
 */
const WIDTH = 16;

/** A directory that is to be listed. */
interface Directory<Name extends string | Buffer> {
  /** By which it is found. */
  readonly path: Path;
  /** By which it is told of. */
  readonly shown: Name;
  /** Of its entries. */
  readonly depth: number;
  /** Its own entry; undefined for the root. */
  readonly entry: (() => WalkEntry<Name>) | undefined;
  /** Which file it is; undefined: not known before somebody asks. Like `above`, only where links are followed. */
  identity: string | undefined;
  /** The directory that it was found in. */
  readonly above: Directory<Name> | undefined;
}

/** What lies ready. */
export interface Found<Name extends string | Buffer> {
  readonly batch: WalkBatch<Name>;
  /** The directory's own entry, which comes before what is in it; undefined for the root and behind its first batch. */
  readonly head: WalkEntry<Name> | undefined;
  /** The directories in the batch that the walk goes into: their entries come with their own batches. */
  readonly entered: ReadonlySet<number> | undefined;
}

const IDENTITY = { numbers: STAT.numbers, bigints: { ...STAT.bigints, fn: 'walk' } };

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
    const place = new Place(this.#root, true);
    this.#running++;
    try {
      // Without an addon there are only Node's functions, which know no other way than paths.
      if (absence === undefined)
        this.#rootFd = await this.#run(openRootCall(place, this.#shown, this.#limits));
      if (this.#isOver) return;
      const shown = this.#settings.asBytes ? Buffer.from(this.#root as string) : textOf(this.#root);
      this.#waiting.push({
        ...{ path: this.#root, shown: shown as Name, depth: 1, identity: undefined },
        entry: undefined,
        above: undefined,
      });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running--;
      this.#tell();
    }
  }

  /** Numbers do not tell inodes from 2^53 on from each other. */
  async #askIdentity(directory: Directory<Name>): Promise<void> {
    const place = this.#placeOf(directory);
    const call = statCall(IDENTITY, place.path, this.#shown, { ...this.#limits, bigint: true });
    if (place.names > 0) call.base = place;
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
    const place = this.#placeOf(directory);
    const all = await this.#run(scanCall(place, this.#how, this.#shown, this.#limits));
    if (all.bytes !== undefined) this.#take(directory, all, true);
    else await this.#listInParts(directory, place);
  }

  async #listInParts(directory: Directory<Name>, place: Place): Promise<void> {
    const fd = await this.#run(openCall(place, this.#shown, this.#limits));
    try {
      const path = absolute(workingDirectory(), textOf(directory.path));
      for (let isFirst = true; ; isFirst = false) {
        const part = await this.#run(scanOnCall(fd, path, this.#how, this.#shown, this.#limits));
        if (part.count === 0 && !isFirst) return;
        this.#take(directory, part, isFirst);
        if (part.count === 0) return;
        while (this.#ready.length >= WIDTH && !this.#isOver) await this.#change();
        if (this.#isOver) return;
      }
    } finally {
      await this.#close(fd, directory.path);
    }
  }

  /** Puts what was found where who reads it takes it from, and notes the directories in it. */
  #take(directory: Directory<Name>, scanned: Scanned, isFirst: boolean): void {
    if (this.#isOver) return;
    const { shown, depth } = directory;
    const batch = new WalkBatch<Name>(shown, depth, scanned, this.#settings);
    const head = isFirst ? directory.entry?.() : undefined;
    const loops: Directory<Name>[] = [];
    const entered = depth < this.#settings.depth ? this.#enter(directory, batch, loops) : undefined;
    // The caller's function may have ended the walk.
    if (this.#isOver) return;
    this.#ready.push({ batch, head, entered });
    for (const loop of loops) this.#leave(loop, tooManyLinks(loop.path));
    this.#tell();
  }

  /** Notes the directories of the batch that the walk goes into; those that lead to one above themselves in `loops`. */
  #enter(
    above: Directory<Name>,
    batch: WalkBatch<Name>,
    loops: Directory<Name>[],
  ): ReadonlySet<number> | undefined {
    const { enter, followLinks } = this.#settings;
    let entered: Set<number> | undefined;
    for (let index = batch.types.indexOf(DIRENT_DIR); index !== -1; ) {
      const at = index;
      const goesInto = enter === undefined || this.#asked(enter, batch.entry(at));
      if (this.#isOver) break;
      if (goesInto) {
        entered ??= new Set();
        entered.add(at);
        const directory: Directory<Name> = {
          path: childPath(above.path, batch.exactName(at)),
          shown: childPath(above.shown, batch.names[at] as Name) as Name,
          depth: above.depth + 1,
          entry: () => batch.entry(at),
          identity: followLinks ? batch.identity(at) : '',
          above: followLinks ? above : undefined,
        };
        (isLoop(directory) ? loops : this.#waiting).push(directory);
      }
      index = batch.types.indexOf(DIRENT_DIR, index + 1);
    }
    return entered;
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
    const mount = mountAt(absolutePath(path));
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
      const mount = mountAt(absolutePath(directory.path));
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
      await this.#run(openRootCall(new Place(this.#root, true), this.#shown, this.#limits));
    } catch (error) {
      this.#fail(error);
    }
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

function absolutePath(path: Path): Path {
  return typeof path === 'string' ? absolute(workingDirectory(), path) : path;
}

function isLoop<Name extends string | Buffer>({ identity, above }: Directory<Name>): boolean {
  for (let one = above; one !== undefined; one = one.above) {
    if (one.identity === identity) return true;
  }
  return false;
}

const tooManyLinks = (path: Path): Error => systemError(-constants.errno.ELOOP, 'scandir', textOf(path));
