/**
 * A file system that lies. Each function is called by Node and by this package, with promises, callbacks, synchronously
 * and as streams. Nothing stalls here, so Node's functions may be called in this process.
 */
import fs from 'node:fs';
import nodeFsp from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as oursFs from '../../../lib/fs';
import * as oursFsp from '../../../lib/fs/promises';
import { within } from '../../fixtures/leaks';
import { LIES, StallFs } from '../../fixtures/stallfs';
import { Description, Settled } from '../description';
import { type Fsp, settle } from '../harness';

export type Its = { readonly fs: typeof fs; readonly fsp: Fsp };
/** `dir` lies on the mount. */
export type Way = (its: Its, dir: string) => unknown;
export type Ways = Record<string, Way>;

export const theirs: Its = { fs, fsp: nodeFsp };
export const ours: Its = {
  fs: oursFs as unknown as typeof fs,
  fsp: oursFsp as unknown as Fsp,
};

const MAJOR = Number(process.versions.node.split('.')[0]);
/** Whether Node's cpSync() is in C++. */
export const IN_CPP = MAJOR >= 22;
/** Whether Node's rmSync() is in C++, too. */
export const RM_IN_CPP = MAJOR >= 24;

export const CONTENT = 'some content of this file';
/**
 * The size of the file `large`. Every function needs more than one read for it, and it is smaller than the files that
 * Node reads in parts.
 */
export const LARGE = 'abcdefghij'.repeat(15_000);

export class Liar {
  #mount: StallFs | undefined;

  constructor() {
    beforeAll(async () => {
      this.#mount = await StallFs.mount();
    });
    afterAll(() => this.#mount?.unmount());
  }

  get mount(): StallFs {
    if (this.#mount === undefined) throw new Error('not mounted');
    return this.#mount;
  }

  /** The path of the tree below the folder that the mount shows. */
  behind(name: string): string {
    return join(this.mount.backing, name);
  }

  #layOut(): void {
    const { backing } = this.mount;
    for (const name of fs.readdirSync(backing)) fs.rmSync(join(backing, name), { recursive: true });
    fs.mkdirSync(join(backing, 'folder/deep/deeper'), { recursive: true });
    for (const [name, content] of Object.entries({
      file: CONTENT,
      large: LARGE,
      'folder/inner': 'x',
      'folder/deep/inner': 'y',
    }))
      fs.writeFileSync(join(backing, name), content);
    fs.symlinkSync('file', join(backing, 'link'));
  }

  /** Returns the result of `way` on a fresh tree while the file system tells the lies of `lie`. */
  async during<T>(lie: () => unknown, way: () => T): Promise<Awaited<T>> {
    this.#layOut();
    try {
      await lie();
      return await way();
    } finally {
      await this.honest();
    }
  }

  async honest(): Promise<void> {
    await this.mount.normal();
    await this.mount.directIo(false);
    for (const about of LIES) await this.mount.lie(about, 0);
  }

  /** Returns the names of the files that exist, each with its content. */
  left(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const entry of fs.readdirSync(this.mount.backing, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(this.mount.backing.length);
      found[name] = entry.isFile() ? fs.readFileSync(path, 'latin1') : entry.isDirectory() ? '/' : '->';
    }
    return found;
  }

  /**
   * Compares each of the ways, and what it leaves behind. `not`: ways in which Node loses data or does not end; other
   * tests state what these do here. `onFailure`: whether what is left is also compared if the way has failed.
   */
  compare(
    title: string,
    lie: () => unknown,
    ways: Ways,
    { not = [], onFailure = true }: { not?: readonly string[]; onFailure?: boolean } = {},
  ): void {
    const unknown = not.filter((name) => !(name in ways));
    if (unknown.length > 0) throw new Error(`no such way: ${unknown}`);
    for (const [name, way] of Object.entries(ways)) {
      if (not.includes(name)) continue;
      test(`${title}: ${name}`, async () => {
        const run = (its: Its): Promise<unknown> =>
          this.during(lie, async () => {
            const settling = settle(() => way(its, this.mount.path));
            const settled = await within(settling, name);
            const failed = settled.how === 'rejected' || settled.how === 'threw';
            const left = failed && !onFailure ? undefined : this.left();
            return new Description().of({ settled: plain(settled), left });
          });
        const expected = await run(theirs);
        expect(await run(ours)).toStrictEqual(expected);
      });
    }
  }
}

/** Describes an error by its properties. Other tests compare their order. */
function plain(value: unknown): unknown {
  if (value instanceof Settled) return { [value.how]: plain(value.value) };
  if (Array.isArray(value)) return value.map(plain);
  if (!types.isNativeError(value)) return value;
  // Replaces the random letters of mkdtemp().
  if (Reflect.get(value, 'syscall') === 'mkdtemp') return value;
  const properties = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const errors = (value as AggregateError).errors as unknown;
  return {
    name: value.name,
    message: value.message,
    properties,
    errors: plain(errors),
    cause: plain(value.cause),
  };
}
