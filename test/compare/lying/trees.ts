// All functions that list directories or go through trees.
import type { Dir, Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Ways } from './liar';
import { called, sync, treeCopiers } from './ways';

const told = (entry: Dirent): unknown[] => [
  entry.name,
  entry.parentPath,
  entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other',
];
/** Sorted, since the order of a listing is that of the file system. */
const listed = (entries: readonly (Dirent | string | Buffer)[]): unknown[] =>
  entries.map((entry) => (typeof entry === 'object' && 'name' in entry ? told(entry) : entry)).sort();

async function iterated(dir: Dir): Promise<unknown[]> {
  const entries: Dirent[] = [];
  for await (const entry of dir) entries.push(entry);
  return listed(entries);
}

async function readOneByOne(dir: Dir, read: () => Promise<Dirent | null>): Promise<unknown> {
  const entries: (Dirent | string)[] = [];
  try {
    for (let entry = await read(); entry !== null; entry = await read()) entries.push(entry);
  } catch (error) {
    entries.push(String(error));
  }
  dir.closeSync();
  return listed(entries);
}

const lists = { plain: {}, recursive: { recursive: true } } as const;

const perOptions = Object.entries(lists).map(
  ([name, options]): Ways => ({
    [`promises.readdir, ${name}`]: async ({ fsp }, dir) => listed(await fsp.readdir(dir, options)),
    [`promises.readdir with types, ${name}`]: async ({ fsp }, dir) =>
      listed(await fsp.readdir(dir, { ...options, withFileTypes: true })),
    [`readdir, ${name}`]: async ({ fs }, dir) =>
      listed(await called<(Dirent | string)[]>(fs.readdir, dir, options)),
    [`readdir with types, ${name}`]: async ({ fs }, dir) =>
      listed(await called<(Dirent | string)[]>(fs.readdir, dir, { ...options, withFileTypes: true })),
    [`readdirSync, ${name}`]: ({ fs }, dir) =>
      listed(sync(fs, 'readdirSync', dir, options) as (Dirent | string)[]),
    [`readdirSync with types, ${name}`]: ({ fs }, dir) =>
      listed(sync(fs, 'readdirSync', dir, { ...options, withFileTypes: true }) as Dirent[]),
    [`promises.opendir, ${name}`]: async ({ fsp }, dir) => iterated(await fsp.opendir(dir, options)),
    [`opendir, ${name}`]: async ({ fs }, dir) => iterated(await called<Dir>(fs.opendir, dir, options)),
    [`opendir, read by callbacks, ${name}`]: async ({ fs }, path) => {
      const dir = await called<Dir>(fs.opendir, path, options);
      return readOneByOne(dir, () => called<Dirent | null>(dir.read.bind(dir)));
    },
    [`opendirSync, ${name}`]: ({ fs }, path) => {
      const dir = sync(fs, 'opendirSync', path, options) as Dir;
      return readOneByOne(dir, async () => dir.readSync());
    },
  }),
);

export const listers: Ways = Object.assign({}, ...perOptions);

const removal = { recursive: true, maxRetries: 0 } as const;

export const removers: Ways = {
  'promises.rm': ({ fsp }, dir) => fsp.rm(join(dir, 'folder'), removal),
  rm: ({ fs }, dir) => called(fs.rm, join(dir, 'folder'), removal),
  rmSync: ({ fs }, dir) => sync(fs, 'rmSync', join(dir, 'folder'), removal),
  'promises.rm with force': ({ fsp }, dir) => fsp.rm(join(dir, 'folder'), { ...removal, force: true }),
  'rm with force': ({ fs }, dir) => called(fs.rm, join(dir, 'folder'), { ...removal, force: true }),
  'rmSync with force': ({ fs }, dir) => sync(fs, 'rmSync', join(dir, 'folder'), { ...removal, force: true }),
};

export const walkers: Ways = { ...listers, ...removers, ...treeCopiers };
