// walk() and statMany() on Windows. scripts/wine.mjs runs this.
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { listPending } from '../../lib';
import { statMany, type WalkEntry, type WalkOptions, walk } from '../../lib/fs/promises';

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'walk-'));
  for (const name of ['a/b/c', 'a/empty', 'many']) fs.mkdirSync(path.join(root, name), { recursive: true });
  for (const name of ['one', 'a/two', 'a/b/three', 'a/b/c/four', 'a/b/ünïcode 文件'])
    fs.writeFileSync(path.join(root, name), name);
  for (let i = 0; i < 1200; i++) fs.writeFileSync(path.join(root, `many/a name of some length ${i}`), '');
  const deep = path.join(root, ...Array.from({ length: 10 }, (_, i) => `${i}`.padStart(30, 'n')));
  fs.mkdirSync(deep, { recursive: true });
  fs.writeFileSync(path.join(deep, 'last'), '');
});
afterAll(() => fs.rmSync(root, { recursive: true }));

async function all(options?: WalkOptions, from: fs.PathLike = root): Promise<WalkEntry[]> {
  const entries: WalkEntry[] = [];
  for await (const entry of walk(from, options)) entries.push(entry);
  return entries;
}
const paths = (entries: readonly WalkEntry[]): string[] => entries.map((entry) => entry.path).sort();

/** The entries as Node lists them. */
function expected(directory = root, depth = 1): { path: string; depth: number; isFile: boolean }[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const own = { path: path.join(directory, entry.name), depth, isFile: entry.isFile() };
    return entry.isDirectory() ? [own, ...expected(own.path, depth + 1)] : [own];
  });
}

test('each entry once, with its depth and type', async () => {
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  const found = (await all()).map((entry) => ({
    ...{ path: path.normalize(entry.path), depth: entry.depth, isFile: entry.isFile() },
  }));
  expect(found.sort(byPath)).toEqual(expected().sort(byPath));
  for (const entry of await all()) {
    expect(path.join(entry.parentPath, entry.name)).toBe(path.normalize(entry.path));
    expect([entry.stats, entry.error]).toEqual([undefined, undefined]);
  }
});

test('the stats that lstat has', async () => {
  for (const entry of await all({ stats: true, filter: ({ name }) => !name.startsWith('a name') })) {
    const node = fs.lstatSync(entry.path);
    for (const key of Object.keys(node) as (keyof fs.Stats)[])
      if (!String(key).startsWith('atime')) expect([key, entry.stats?.[key]]).toEqual([key, node[key]]);
  }
});

test('depth, enter, filter, bytes, and a root in any form', async () => {
  expect((await all({ depth: 1 })).map(({ name }) => name).sort()).toEqual(fs.readdirSync(root).sort());
  const entered = await all({ enter: ({ name }) => name === 'a' });
  expect(Math.max(...entered.map(({ depth }) => depth))).toBe(2);
  expect(await all({ filter: ({ name }) => name === 'four' })).toHaveLength(1);
  const whole = paths(await all()).length;
  const forms = [pathToFileURL(root), Buffer.from(root), root.replaceAll('\\', '/'), `${root}\\`];
  for (const form of forms) expect(await all({}, form)).toHaveLength(whole);
  for await (const entry of walk(root, { encoding: 'buffer', depth: 1 }))
    expect(Buffer.isBuffer(entry.path)).toBe(true);
});

test('a root that is not there, or no directory; an abort', async () => {
  const failure = (from: string, options?: WalkOptions) =>
    all(options, from).then(String, (error) => error.code);
  expect(await failure(path.join(root, 'none'))).toBe('ENOENT');
  expect(await failure(path.join(root, 'one'))).toBe(
    await fsp.readdir(path.join(root, 'one')).then(String, (error) => error.code),
  );
  const controller = new AbortController();
  const aborted = failure(root, {
    signal: controller.signal,
    filter: () => {
      controller.abort();
      return true;
    },
  });
  expect(await aborted).toBe('ABORT_ERR');
  for await (const entry of walk(root)) {
    expect(entry.error).toBeUndefined();
    break;
  }
});

test.each([{}, { bigint: true }, { followLinks: false }])('statMany with %p', async (options) => {
  const names = ['one', 'a', 'missing', 'one/below', '.'].map((name) => path.join(root, name));
  const { followLinks, ...own } = options as { followLinks?: boolean; bigint?: true };
  const node = (name: string) => (followLinks === false ? fsp.lstat(name, own) : fsp.stat(name, own));
  expect(await statMany(names, options)).toEqual(await Promise.allSettled(names.map(node)));
  expect(listPending()).toEqual([]);
});
