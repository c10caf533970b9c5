// walk() and statMany(), which Node lacks, on a file system that lies.
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readdir, rm, statMany, type WalkEntry, type WalkOptions, walk } from '../../../lib/fs/promises';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import { Liar, theirs } from './liar';

const SOON = 200;

describeWith('stallfs', 'a tree that is walked', () => {
  const liar = new Liar();

  async function walked(options?: WalkOptions): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for await (const entry of walk(liar.mount.path, options))
      found[entry.path.slice(liar.mount.path.length)] = described(entry);
    return found;
  }

  const described = (entry: WalkEntry): string => {
    if (entry.error !== undefined) return (entry.error as NodeJS.ErrnoException).code ?? entry.error.name;
    return entry.isDirectory()
      ? 'directory'
      : entry.isFile()
        ? 'file'
        : entry.isSymbolicLink()
          ? 'link'
          : 'other';
  };

  const ALL = {
    '/file': 'file',
    '/folder': 'directory',
    '/folder/deep': 'directory',
    '/folder/deep/deeper': 'directory',
    '/folder/deep/inner': 'file',
    '/folder/inner': 'file',
    '/large': 'file',
    '/link': 'link',
  };

  for (const stats of [false, true])
    itOfOwnCalls(`listings without types say what it is, stats: ${stats}`, async () => {
      expect(
        await liar.during(
          () => liar.mount.lie('type', 1),
          () => walked({ stats }),
        ),
      ).toEqual(ALL);
    });

  itOfOwnCalls('listings with wrong types are put right by stats', async () => {
    const found = await liar.during(
      () => liar.mount.lie('type', 2),
      () => walked({ stats: true }),
    );
    expect(found).toEqual(ALL);
  });

  itOfOwnCalls('a file that is called a directory has an error, and the walk goes on', async () => {
    const found = await liar.during(
      () => liar.mount.lie('type', 2),
      () => walked(),
    );
    expect(found).toEqual({ '/file': 'ENOTDIR', '/folder': 'file', '/large': 'ENOTDIR', '/link': 'link' });
  });

  itOfOwnCalls('an entry that is gone has an error with stats, and a directory without', async () => {
    const gone = async (): Promise<void> => {
      await liar.mount.error('ENOENT', { op: 'lookup', path: '/folder/inner' });
      await liar.mount.error('ENOENT', { op: 'lookup', path: '/folder/deep' });
    };
    const { '/folder/deep/deeper': _, '/folder/deep/inner': __, ...rest } = ALL;
    const expected = { ...rest, '/folder/deep': 'ENOENT' };
    expect(await liar.during(gone, () => walked())).toEqual(expected);
    const found = await liar.during(gone, () => walked({ stats: true }));
    expect(found).toEqual({ ...expected, '/folder/inner': 'ENOENT' });
  });

  itOfOwnCalls('directories whose inode numbers differ beyond 2^53 only are no loop', async () => {
    const near = (): Promise<void> => liar.mount.lie('ino', 0xffffn << 48n);
    const found = await liar.during(near, () => walked({ followLinks: true }));
    expect(found).toEqual({ ...ALL, '/link': 'file' });
  });

  itOfOwnCalls('a directory without end is left when its reader leaves, or its signal ends it', async () => {
    await liar.during(
      () => liar.mount.lie('endless', 1),
      async () => {
        let count = 0;
        for await (const _ of walk(liar.mount.path)) if (++count === 5000) break;
        expect(count).toBe(5000);
        const signal = AbortSignal.timeout(SOON);
        const endless = async (): Promise<void> => {
          for await (const _ of walk(liar.mount.path, { signal }));
        };
        await expect(endless()).rejects.toMatchObject({ name: 'AbortError' });
        await expect(readdir(liar.mount.path, { timeout: SOON })).rejects.toMatchObject({
          code: 'ETIMEDOUT',
        });
        const remove = rm(join(liar.mount.path, 'folder'), { recursive: true, timeout: SOON });
        await expect(remove).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      },
    );
  });

  for (const bigint of [false, true])
    it(`statMany() gives what stat() of each gives, bigint: ${bigint}`, async () => {
      const names = ['file', 'folder', 'gone', 'link', 'folder/inner'];
      await liar.during(
        async () => {
          await liar.mount.lie('ino', 0xffffn << 48n);
          await liar.mount.lie('size', 2n ** 53n + 1n);
          await liar.mount.error('EIO', { op: 'lookup', path: '/folder/inner' });
        },
        async () => {
          const paths = names.map((name) => join(liar.mount.path, name));
          const told = (one: PromiseSettledResult<unknown>): unknown => {
            if (one.status === 'rejected') return String(one.reason);
            const { ino, size, mode } = one.value as { ino: unknown; size: unknown; mode: unknown };
            return { ino, size, mode };
          };
          const many = (await statMany(paths, { bigint })).map(told);
          const each = await Promise.allSettled(paths.map((path) => theirs.fsp.stat(path, { bigint })));
          expect(many).toEqual(each.map(told));
        },
      );
    });
});
