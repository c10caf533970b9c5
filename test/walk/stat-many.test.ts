// statMany() has the results of Promise.allSettled() with stat() for each path.
import { symlinkSync, writeFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { listPending } from '../../lib';
import { type StatManyOptions, statMany } from '../../lib/fs/promises';
import { withSharedFolder } from '../fixtures/folder';

const folder = withSharedFolder('stat-many');
beforeAll(() => {
  writeFileSync(folder('file'), 'content');
  symlinkSync('file', folder('link'));
  symlinkSync('nowhere', folder('dangling'));
});

const names = (): string[] =>
  ['file', 'link', 'dangling', 'missing', 'file/below', '.'].map((n) => folder(n));

it.each<[StatManyOptions, (path: string) => Promise<unknown>]>([
  [{}, (path: string) => fsp.stat(path)],
  [{ bigint: true }, (path: string) => fsp.stat(path, { bigint: true })],
  [{ followLinks: false }, (path: string) => fsp.lstat(path)],
  [
    { followLinks: false, bigint: true, timeout: 60_000 },
    (path: string) => fsp.lstat(path, { bigint: true }),
  ],
])('with %p', async (options, nodes) => {
  const ours = await statMany(names(), options);
  expect(ours).toEqual(await Promise.allSettled(names().map(nodes)));
});

it('takes any iterable of paths, of any length', async () => {
  expect(await statMany([])).toEqual([]);
  const mixed = new Set([Buffer.from(folder('file')), pathToFileURL(folder('link'))]);
  expect((await statMany(mixed)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  const many = Array.from({ length: 20_000 }, (_, i) => folder(i % 3 === 0 ? 'missing' : 'file'));
  const found = await statMany(many);
  expect(found.map(({ status }) => status === 'fulfilled')).toEqual(
    many.map((path) => path.endsWith('file')),
  );
  expect(listPending()).toEqual([]);
});

it('rejects for a signal that is aborted already', async () => {
  const rejected = statMany(names(), { signal: AbortSignal.abort('early') });
  await expect(rejected).rejects.toMatchObject({ name: 'AbortError', cause: 'early' });
});

it.each([
  ['path', {}],
  [7, {}],
  [null, {}],
  [['a', 7], {}],
  [['a\0'], {}],
  [[], null],
  [[], { bigint: 1 }],
  [[], { followLinks: 'x' }],
  [[], { timeout: -1 }],
  [[], { signal: 1 }],
  [[], { width: 1 }],
])('statMany(%p, %p) rejects, naming what is wrong', async (paths, options) => {
  await expect(statMany(paths as string[], options as StatManyOptions)).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/),
  });
});
