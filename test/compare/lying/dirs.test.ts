// If a Dir cannot look at an entry or enter it, the read of that entry fails, and no other entry is lost.
import type { Dir, Dirent } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@jest/globals';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import { Liar, ours } from './liar';

/** More reads than there are entries. */
const READS = 20;

interface Limits {
  readonly timeout?: number;
}
type Read = (dir: Dir, limits?: Limits) => Promise<Dirent | null>;

const reads: Record<string, Read> = {
  'dir.read()': async (dir, limits) => (dir.read as (limits?: Limits) => Promise<Dirent | null>)(limits),
  'dir.read(callback)': async (dir, limits) =>
    await promisify<Dirent | null>((done) => {
      (dir.read as (...args: unknown[]) => void)(done, limits);
    })(),
  'dir.readSync()': async (dir, limits) => (dir.readSync as (limits?: Limits) => Dirent | null)(limits),
};

/** Returns the names of the entries and the codes of errors, sorted. */
async function rest(dir: Dir, read: Read): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < READS; i++) {
    const entry = await read(dir).catch((error: NodeJS.ErrnoException) => `${error.code}`);
    if (entry === null) return found.sort();
    found.push(typeof entry === 'string' ? entry : entry.name);
  }
  return [...found.sort(), '…'];
}

describeWith('stallfs', 'a Dir', () => {
  const liar = new Liar();

  /** Returns the result of `way` on the open folder while the file system tells the lies of `lie`. */
  const opened = <T>(lie: () => unknown, way: (dir: Dir) => Promise<T>, options?: object): Promise<T> =>
    liar.during(lie, async () => {
      const dir = await ours.fsp.opendir(join(liar.mount.path, 'folder'), options);
      try {
        return await way(dir);
      } finally {
        await dir.close();
      }
    });

  /** Reads until one read fails. */
  async function untilFailure(dir: Dir, read: Read): Promise<[names: string[], code: unknown]> {
    const names: string[] = [];
    for (;;) {
      try {
        names.push((await read(dir, { timeout: 50 }))?.name ?? 'the end');
      } catch (error) {
        return [names, (error as NodeJS.ErrnoException).code];
      }
    }
  }

  for (const [name, read] of Object.entries(reads)) {
    // Either of the two may be listed first.
    for (const [errno, failing, other] of [
      ['EIO', 'deep', 'inner'],
      ['ENOENT', 'inner', 'deep'],
    ] as const)
      itOfOwnCalls(`${name} tells ${errno} of ${failing}, which has no type, and goes on`, async () => {
        const lie = async (): Promise<void> => {
          await liar.mount.lie('type', 1);
          await liar.mount.error(errno, { op: 'lookup', path: `/folder/${failing}` });
        };
        const found = await opened(lie, (dir) => rest(dir, read));
        expect(found).toEqual([errno, other]);
      });

    itOfOwnCalls(`${name} looks at an entry again after a timeout`, async () => {
      const lie = async (): Promise<void> => {
        await liar.mount.lie('type', 1);
        await liar.mount.hold('honour', { op: 'lookup', path: '/folder/deep' });
      };
      await opened(lie, async (dir) => {
        const [names, code] = await untilFailure(dir, read);
        expect(code).toBe('ETIMEDOUT');
        await liar.mount.normal();
        expect([...names, ...(await rest(dir, read))].sort()).toEqual(['deep', 'inner']);
      });
    });

    itOfOwnCalls(`${name} tells the error of a directory in it once, and goes on`, async () => {
      const lie = (): Promise<void> => liar.mount.error('EIO', { op: 'opendir', path: '/folder/deep' });
      const found = await opened(lie, (dir) => rest(dir, read), { recursive: true });
      expect(found).toEqual(['EIO', 'inner']);
    });

    itOfOwnCalls(`${name} enters a directory again after a timeout`, async () => {
      const lie = (): Promise<void> => liar.mount.hold('honour', { op: 'opendir', path: '/folder/deep' });
      const way = async (dir: Dir): Promise<void> => {
        const [names, code] = await untilFailure(dir, read);
        expect(code).toBe('ETIMEDOUT');
        await liar.mount.normal();
        const all = ['deep', 'deeper', 'inner', 'inner'];
        expect([...names, ...(await rest(dir, read))].sort()).toEqual(all);
      };
      await opened(lie, way, { recursive: true });
    });
  }
});
