// One run through a tree: which directories are listed next, and what of them lies ready for the reader.
import { type CallScope, currentScope } from '../../call/current-scope';
import { endsAll } from '../../call/ends-all';
import { StalledError, TimeoutError } from '../../call/errors';
import { isStalledAt, mountAt } from '../../engine/mount-table';
import { textOf } from '../../node/path-text';
import type { Path } from '../requests/request';
import { WalkBatch } from './batch';
import { type Directory, directoriesIn, isLoop, rootDirectory, tooManyLinks } from './directory';
import { WalkEntry } from './entry';
import { Listings } from './listings';
import type { Settings } from './options';
import type { Scanned } from './scan';

/** How many directories are listed at a time, and how many batches lie ready before the walk waits for its reader. */
const WIDTH = 16;

/** A batch that lies ready. */
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
  readonly #listings: Listings<Name>;
  readonly #scope: CallScope | undefined = currentScope();
  /** The last one is listed first: the walk finishes the subtree that it is in, and the list stays short. */
  readonly #waiting: Directory<Name>[] = [];
  readonly #ready: Found<Name>[] = [];
  /** Mounts on which directories were left, by their ids. */
  readonly #left = new Set<number>();
  #running = 0;
  #hasStarted = false;
  #failure: { readonly error: unknown } | undefined;
  #ended: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  constructor(root: Path, settings: Settings<Name>, shown: readonly unknown[]) {
    this.#root = root;
    this.#settings = settings;
    this.#listings = new Listings(root, settings, shown);
  }

  /** Resolves to what was found next; undefined: the end. Call it again only once it has settled. */
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
    this.#listings.interrupt();
    this.#tell();
    while (this.#running > 0) await this.#change();
    this.#ready.length = 0;
    await this.#listings.close();
  }

  async #start(): Promise<void> {
    this.#hasStarted = true;
    this.#running++;
    try {
      await this.#listings.open();
      if (this.#isOver) return;
      this.#waiting.push(rootDirectory(this.#root, this.#settings.asBytes));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running--;
      this.#tell();
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
      await this.#listings.list(directory, {
        take: (scanned, isFirst) => this.#take(directory, scanned, isFirst),
        hasRoom: () => this.#hasRoom(),
      });
    } catch (error) {
      this.#leave(directory, error);
    } finally {
      this.#running--;
      this.#go();
      this.#tell();
    }
  }

  /** Resolves once the reader has room for another batch; false: the walk is over. */
  async #hasRoom(): Promise<boolean> {
    while (this.#ready.length >= WIDTH && !this.#isOver) await this.#change();
    return !this.#isOver;
  }

  /** Makes a batch of what was found, and notes the directories in it. */
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
    const mount = mountAt(this.#listings.absolute(path));
    if (mount !== undefined && this.#left.has(mount.id) && isStalledAt(mount))
      throw new StalledError(mount.point, 'scandir', textOf(path));
  }

  /** Passes on that a directory could not be listed. */
  #leave(directory: Directory<Name>, error: unknown): void {
    if (this.#isOver) return;
    const isRoot = directory.entry === undefined;
    if (isRoot || endsAll(error, this.#settings.signal, this.#scope)) {
      this.#fail(error);
      return;
    }
    if (error instanceof TimeoutError) {
      const mount = mountAt(this.#listings.absolute(directory.path));
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

  /** Fails with the error that a call with the aborted signal has. */
  async #abort(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#listings.refused();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when something has changed: a call is over, a batch was taken, or the walk has ended. */
  #change(): Promise<void> {
    return new Promise((wake) => this.#waiters.push(wake));
  }

  #tell(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
