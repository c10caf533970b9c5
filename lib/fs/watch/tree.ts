// Watches a folder and everything below it, as Node's recursive watcher does on a system that has none: with a watch
// for each folder, and a look at the file that an event is about. Node blocks the event loop while it looks. Here each
// look is a call, one after the other, and events wait for those before them.
import type { Stats } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { ready } from '../../call/callbacks';
import type { CallType } from '../../call/type';
import { setTyped } from '../../engine/operands';
import { outside } from '../../util/outside';
import type { CallOptions } from '../../validate/call-options';
import { READ_ENTRIES, untypedOf } from '../requests/directories';
import { pathCall } from '../requests/request';
import { isMissing, LSTAT, STAT } from '../requests/stats';
import type { AnyDirent } from '../results/dirent';
import { Drive, type Steps, step } from './drive';
import type { Source, Told } from './fs-watcher';
import { type Ear, type EventType, silence } from './marks';
import { hearOf } from './one';

const SEEN = { ...STAT.numbers, fn: 'watch' };
const SEEN_ITSELF = { ...LSTAT.numbers, fn: 'watch' };
const LISTED = { ...READ_ENTRIES, fn: 'watch' };

interface TreeEvent {
  readonly folder: string;
  readonly name: string;
}

type Kind = Pick<Stats, 'isDirectory' | 'isSymbolicLink'>;

export class Tree implements Source {
  readonly #told: Told;
  readonly #root: string;
  readonly #shown: readonly unknown[];
  readonly #ignores: ((name: string) => unknown) | undefined;
  /** The paths that were there at first or that an event has reported. */
  readonly #entries = new Set<string>();
  readonly #links = new Set<string>();
  /** The listeners of each folder, and of what links lead to. */
  readonly #ears = new Map<string, Ear>();
  #events: TreeEvent[] = [];
  #work: Drive<void> | undefined;
  #limits: () => CallOptions = () => ({});
  #state: 'coming' | 'up' | 'over' = 'coming';

  /** `root`: absolute. */
  constructor(
    told: Told,
    root: string,
    ignores: ((name: string) => unknown) | undefined,
    shown: readonly unknown[],
  ) {
    this.#told = told;
    this.#root = root;
    this.#ignores = ignores;
    this.#shown = shown;
  }

  *setUp(limits: () => CallOptions): Steps<void> {
    this.#limits = limits;
    const stats = yield* this.#look(SEEN, this.#root);
    if (stats.isDirectory()) {
      yield* this.#scan(this.#root, true);
    } else {
      this.#entries.add(this.#root);
      yield* this.#listen(this.#root, () => this.#push(this.#root, ''));
    }
  }

  begin(): void {
    this.#state = 'up';
    this.#limits = () => ({});
    this.#goOn();
  }

  end(): void {
    this.#state = 'over';
    for (const ear of this.#ears.values()) silence(ear);
    this.#ears.clear();
    this.#events = [];
    void this.#work?.call?.interrupt('interrupt', undefined, 0);
  }

  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #look(type: CallType<Stats>, path: string): Steps<Stats> {
    return step(pathCall(type, path, this.#shown, this.#limits()));
  }

  /** Returns undefined if the file is missing. */
  *#lookFor(type: CallType<Stats>, path: string): Steps<Stats | undefined> {
    try {
      return yield* this.#look(type, path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Returns false if the file is gone. */
  *#listen(path: string, hear: Ear['hear']): Steps<boolean> {
    if (this.#ears.has(path)) return true;
    const ear = { path, hear };
    try {
      yield* hearOf(ear, this.#shown, this.#limits);
    } catch (error) {
      if (path !== this.#root && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    if (this.#isOver) silence(ear);
    else this.#ears.set(path, ear);
    return !this.#isOver;
  }

  #push(folder: string, name: string): void {
    this.#events.push({ folder, name });
    this.#goOn();
  }

  /** Handles one event after the other. */
  #goOn(): void {
    if (this.#state !== 'up' || this.#work !== undefined || this.#events.length === 0) return;
    const over = (): void => {
      this.#work = undefined;
      this.#goOn();
    };
    const failed = (error: unknown): void => {
      if (!this.#isOver) this.#told.fail(error as Error);
      over();
    };
    const { folder, name } = this.#events.shift() as TreeEvent;
    this.#work = new Drive(this.#hear(folder, name), outside, over, failed, () => false);
    this.#work.begin(0);
  }

  #tell(type: EventType, path: string): void {
    const name = path === this.#root && type === 'change' ? basename(path) : relative(this.#root, path);
    ready({ run: () => this.#told.change(type, name) });
  }

  #forget(path: string): void {
    for (const each of [...this.#ears.keys(), ...this.#entries]) {
      if (each !== path && !each.startsWith(path + sep)) continue;
      const ear = this.#ears.get(each);
      if (ear !== undefined) silence(ear);
      this.#ears.delete(each);
      this.#entries.delete(each);
      this.#links.delete(each);
    }
  }

  /** Watches a folder, and finds what is new in it. */
  *#scan(folder: string, isFirst: boolean): Steps<void> {
    // If the folder is gone already, the folder that it was in reports it.
    if (!(yield* this.#listen(folder, (_, name) => this.#push(folder, name.toString())))) return;
    let entries: AnyDirent[];
    try {
      const listing = pathCall(LISTED, folder, this.#shown, this.#limits());
      setTyped(listing);
      entries = yield* step(listing);
    } catch (error) {
      if (!isMissing(error) || (isFirst && folder === this.#root)) throw error;
      if (!isFirst) this.#tell('rename', folder);
      this.#forget(folder);
      return;
    }
    const missing = untypedOf(entries);
    for (const [index, entry] of entries.entries()) {
      if (this.#isOver) return;
      const path = join(folder, String(entry.name));
      if (this.#entries.has(path) || this.#ignores?.(relative(this.#root, path))) continue;
      const kind = missing?.has(index) ? yield* this.#lookFor(SEEN_ITSELF, path) : entry;
      if (kind !== undefined) yield* this.#add(path, kind, isFirst);
    }
  }

  *#add(path: string, kind: Kind, isFirst: boolean): Steps<void> {
    this.#entries.add(path);
    if (!isFirst) this.#tell('rename', path);
    if (kind.isSymbolicLink()) {
      // A change of what the link leads to is reported as a 'rename' of the link.
      this.#links.add(path);
      if (!(yield* this.#listen(path, () => this.#tell('rename', path)))) this.#forget(path);
    } else if (kind.isDirectory()) {
      yield* this.#scan(path, isFirst);
    }
  }

  /** An event of `name` in `folder`; '': of the file `folder` itself. */
  *#hear(folder: string, name: string): Steps<void> {
    const path = join(folder, name);
    if (this.#entries.has(path)) {
      yield* this.#changed(path);
      return;
    }
    if (this.#ignores?.(relative(this.#root, path))) return;
    const found = yield* this.#lookFor(SEEN_ITSELF, path);
    if (found !== undefined) {
      yield* this.#add(path, found, false);
    } else if (folder === this.#root && (yield* this.#lookFor(SEEN, folder)) === undefined) {
      this.#tell('rename', folder);
      this.#forget(folder);
    }
  }

  *#changed(path: string): Steps<void> {
    const stats = yield* this.#lookFor(SEEN, path);
    if (stats === undefined) {
      this.#tell('rename', path);
      this.#forget(path);
    } else if (this.#links.has(path)) {
      this.#tell('rename', path);
    } else if (stats.isDirectory()) {
      yield* this.#scan(path, false);
    } else {
      this.#tell('change', path);
    }
  }
}
