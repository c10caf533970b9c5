/**
 * A file system that says what others do not: each function through Node's own and through ours, promises, callbacks,
 * synchronous ones and streams. Nothing stalls here, so that Node's may be called in this process, too.
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
/** `dir` is on the mount. */
export type Way = (its: Its, dir: string) => unknown;
export type Ways = Record<string, Way>;

export const theirs: Its = { fs, fsp: nodeFsp };
export const ours: Its = {
  fs: oursFs as unknown as typeof fs,
  fsp: oursFsp as unknown as Fsp,
};

/** Whether Node's cpSync() and rmSync() are in C++. */
export const IN_CPP = Number(process.versions.node.split('.')[0]) >= 22;

export const CONTENT = 'some content of this file';
/** Of `large`, which takes more than one read whoever reads it, and lies below what Node reads in parts. */
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

  /** Below the folder that the mount shows. */
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

  /** What `way` gives on a fresh tree, where what `lie` says is so. */
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

  /** The names of the files that are there, each with its content. */
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
   * Each of the ways, with what it leaves behind. `not`: those with which Node loses data or does not come to an end;
   * tests of our own say what these do. `onFailure`: whether what is left is compared where the way has failed, too.
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

/** Errors by what they say: the order of their properties is compared elsewhere. */
function plain(value: unknown): unknown {
  if (value instanceof Settled) return { [value.how]: plain(value.value) };
  if (Array.isArray(value)) return value.map(plain);
  if (!types.isNativeError(value)) return value;
  // Its random letters are told as others.
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
