// The entries of a Dir: those that were read and not returned yet, and how the next ones are read. With `recursive`, a
// subdirectory is read as a whole when its entry is returned, where Node stops after one buffer.
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { Call } from '../../call';
import { composite } from '../../call/composite';
import { InterruptError } from '../../call/errors';
import type { CallType } from '../../call/type';
import { setBatch } from '../../engine/operands';
import { systemError } from '../../node/errno-error';
import type { AnyFunction } from '../../node/imitate';
import { textOf } from '../../node/path-text';
import { readSyncNamesDirectory } from '../../node/version';
import type { CallOptions, Encoding } from '../../validate/call-options';
import { limitOf } from '../../validate/values';
import { type Body, drive, result } from '../plan/plan';
import * as steps from '../plan/steps';
import { completeAll } from '../plan/wait';
import { part, READ_OPEN } from '../requests/directories';
import { type AnyDirent, DIRENT_UNKNOWN, direntFromStats, direntOf, entryPath } from '../results/dirent';
import type { Descriptor } from './descriptor';

export interface DirSettings {
  encoding: Encoding;
  bufferSize: number;
  recursive: boolean;
}

/** The same as a part of a readSync(). */
const READ_PART = part(READ_OPEN);

/** An entry that was read and not returned yet. */
interface Found extends steps.Entry {
  readonly path: steps.Path;
}

/** An entry that is to be returned, and what is in it, if that is read, too. */
interface Taken {
  readonly entry: AnyDirent;
  readonly inside: readonly steps.Entry[];
}

/** A read that is made of several calls. */
const LOOK: CallType<Taken | null> = { ...READ_OPEN, result: () => null };

export class DirEntries {
  readonly #dir: object;
  readonly #descriptor: Descriptor;
  readonly #settings: DirSettings;
  readonly #found: Found[] = [];

  constructor(dir: object, descriptor: Descriptor, settings: DirSettings) {
    this.#dir = dir;
    this.#descriptor = descriptor;
    this.#settings = settings;
  }

  /** Returns the next entry, if nothing has to be read for it. */
  take(): AnyDirent | undefined {
    const [found] = this.#found;
    if (found === undefined || found.type === DIRENT_UNKNOWN) return undefined;
    const entry = direntOf(found.name, found.type, found.path);
    if (this.#leadsOn(entry)) return undefined;
    this.#found.shift();
    return entry;
  }

  /** Returns the next entry; null at the end. */
  async next(options: CallOptions | undefined): Promise<AnyDirent | null> {
    const args = options === undefined ? [] : [options];
    if (this.#found.length === 0)
      this.#add(this.#descriptor.path, await this.#readCall(READ_OPEN, args, options).start());
    const ready = this.take();
    if (ready !== undefined) return ready;
    const [found] = this.#found;
    if (found === undefined) return null;
    const path = this.#pathOf(found);
    const looking = composite(LOOK, args, options, path, '', (parent) =>
      drive(this.#look(parent, found), parent),
    );
    try {
      return this.#return((await looking) as Taken);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Returns the next entry, and blocks the event loop until it is there. */
  nextSync(options: CallOptions | undefined, caller: AnyFunction): Dirent | null {
    const { path } = this.#descriptor;
    const body = (parent: Call<unknown>): Body<Taken | null> => this.#read(parent);
    const args = options === undefined ? [] : [options];
    const limit = limitOf(options?.timeout ?? 0);
    try {
      const taken = completeAll({ type: LOOK, args, options, path, body }, limit, caller);
      return taken && (this.#return(taken) as Dirent);
    } catch (error) {
      this.#fail(error);
      const { errno, syscall, path: named } = error as NodeJS.ErrnoException;
      const isOurs = errno === undefined || error instanceof InterruptError;
      if (!readSyncNamesDirectory || isOurs || syscall !== 'readdir' || named !== undefined) throw error;
      throw systemError(errno, syscall, textOf(path));
    }
  }

  *#read(parent: Call<unknown>): Body<Taken | null> {
    if (this.#found.length === 0) {
      const call = this.#readCall(READ_PART, []);
      call.parent = parent;
      this.#add(this.#descriptor.path, yield* result(call));
    }
    const [found] = this.#found;
    return found === undefined ? null : yield* this.#look(parent, found);
  }

  /** Changes nothing: where it is interrupted, the next read does it again. */
  *#look(parent: Call<unknown>, found: Found): Body<Taken> {
    const { encoding, bufferSize } = this.#settings;
    const { name, type, path } = found;
    const entry =
      type === DIRENT_UNKNOWN
        ? direntFromStats(name, yield* steps.lstatWhole(parent, this.#pathOf(found)), path)
        : direntOf(name, type, path);
    const inside = this.#leadsOn(entry)
      ? yield* steps.listUnsorted(parent, pathOf(entry), encoding, bufferSize)
      : [];
    return { entry, inside };
  }

  #return({ entry, inside }: Taken): AnyDirent {
    this.#found.shift();
    if (inside.length > 0) this.#add(pathOf(entry), inside);
    return entry;
  }

  /** Leaves out an entry that cannot be looked at or entered, so that the next read gets on. An interrupt is no such error. */
  #fail(error: unknown): void {
    if (typeof (error as NodeJS.ErrnoException).errno === 'number' && !(error instanceof InterruptError))
      this.#found.shift();
  }

  #add(path: steps.Path, entries: readonly steps.Entry[]): void {
    for (const { name, type } of entries) this.#found.push({ name, type, path });
  }

  #pathOf({ path, name }: Found): string | Buffer {
    return entryPath(path, name, this.#settings.encoding);
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
