// The entries of a Dir: those that were read and not returned yet, and how the next ones are read. With `recursive`, a
// subdirectory is read as a whole when its entry is returned, where Node stops after one buffer.
import type { Dirent, Stats } from 'node:fs';
import { join } from 'node:path';
import { Call } from '../../call';
import { composite } from '../../call/composite';
import type { CallType } from '../../call/type';
import { setBatch } from '../../engine/operands';
import type { CallOptions, Encoding } from '../../validate/call-options';
import { type Body, drive, result } from '../plan/plan';
import * as steps from '../plan/steps';
import { part, READ_OPEN } from '../requests/directories';
import { LSTAT, startStat } from '../requests/stats';
import { type AnyDirent, DIRENT_UNKNOWN, direntOf, direntTypeOf, entryPath } from '../results/dirent';
import type { Descriptor } from './descriptor';

export interface DirSettings {
  encoding: Encoding;
  bufferSize: number;
  recursive: boolean;
}

/** The same as a part of a readSync(). */
const READ_PART = part(READ_OPEN);

export class DirEntries {
  readonly #dir: object;
  readonly #descriptor: Descriptor;
  readonly #settings: DirSettings;
  readonly #buffered: AnyDirent[] = [];

  constructor(dir: object, descriptor: Descriptor, settings: DirSettings) {
    this.#dir = dir;
    this.#descriptor = descriptor;
    this.#settings = settings;
  }

  /** Returns the next entry, if nothing has to be read for it. */
  take(): AnyDirent | undefined {
    const [entry] = this.#buffered;
    return entry === undefined || this.#leadsOn(entry) ? undefined : this.#buffered.shift();
  }

  /** Returns the next entry; null at the end. */
  async next(options: CallOptions | undefined): Promise<AnyDirent | null> {
    const args = options === undefined ? [] : [options];
    if (this.#buffered.length === 0) {
      const entries = await this.#readCall(READ_OPEN, args, options).start();
      await this.#keep(this.#descriptor.path, entries, options);
    }
    const entry = this.#buffered.shift() ?? null;
    if (entry !== null && this.#leadsOn(entry)) await this.#enter(entry, args, options);
    return entry;
  }

  async #enter(entry: AnyDirent, args: readonly unknown[], options: CallOptions | undefined): Promise<void> {
    const { encoding, bufferSize } = this.#settings;
    const path = pathOf(entry);
    const entries = await composite(READ_OPEN, args, options, path, '', (parent) =>
      drive(steps.listUnsorted(parent, path, encoding, bufferSize), parent),
    );
    await this.#keep(path, entries, options);
  }

  async #keep(path: steps.Path, entries: steps.Entry[], options: CallOptions | undefined): Promise<void> {
    const calls: CallOptions = { signal: options?.signal, timeout: options?.timeout };
    for (const { name, type } of entries) {
      let known = type;
      if (type === DIRENT_UNKNOWN) {
        // The file system gave no type.
        const file = entryPath(path, name, this.#settings.encoding);
        known = direntTypeOf((await startStat(LSTAT, file, calls)) as Stats);
      }
      this.#buffered.push(direntOf(name, known, path));
    }
  }

  /** Returns the next entry, as a part of a readSync(). */
  *step(parent: Call<unknown>): Body<Dirent | null> {
    const { encoding, bufferSize } = this.#settings;
    if (this.#buffered.length === 0) {
      const call = this.#readCall(READ_PART, []);
      call.parent = parent;
      const entries = yield* result(call);
      yield* this.#keepStep(parent, this.#descriptor.path, entries);
    }
    const entry = this.#buffered[0];
    if (entry === undefined) return null;
    if (this.#leadsOn(entry)) {
      const path = pathOf(entry);
      const entries = yield* steps.listUnsorted(parent, path, encoding, bufferSize);
      yield* this.#keepStep(parent, path, entries);
    }
    this.#buffered.shift();
    return entry as Dirent;
  }

  /** Keeps all of the entries, or none if a step fails. */
  *#keepStep(parent: Call<unknown>, path: steps.Path, entries: steps.Entry[]): Body<void> {
    const kept: AnyDirent[] = [];
    for (const { name, type } of entries) {
      const file = entryPath(path, name, this.#settings.encoding);
      const known = type === DIRENT_UNKNOWN ? direntTypeOf(yield* steps.lstat(parent, file)) : type;
      kept.push(direntOf(name, known, path));
    }
    this.#buffered.push(...kept);
  }

  #leadsOn(entry: AnyDirent): boolean {
    return this.#settings.recursive && entry.isDirectory();
  }

  #readCall(
    type: CallType<steps.Entry[]>,
    args: readonly unknown[],
    options?: CallOptions,
  ): Call<steps.Entry[]> {
    const call = new Call(type, args, options);
    call.fd = this.#descriptor.fd;
    call.handle = this.#dir;
    call.handlePath = this.#descriptor.absolute;
    setBatch(call, this.#settings.bufferSize);
    call.encoding = this.#settings.encoding;
    return call;
  }
}

function pathOf(entry: AnyDirent): string {
  const { parentPath, path } = entry as { parentPath?: string; path?: string };
  return join((parentPath ?? path) as string, entry.name as string);
}
