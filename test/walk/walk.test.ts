// walk() gives what Node's own functions find, entry by entry and in batches.
import fs, { constants } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { supported } from '../../lib';
import { type WalkEntry, walk } from '../../lib/fs/promises';
import { inFolder } from '../fixtures/folder';
import { all, expected, invalid, paths, withTree } from './tools';

/** A function of Node that @types/node lacks. */
const { UV_DIRENT_FILE } = constants as typeof constants & { UV_DIRENT_FILE: number };

const root = withTree();

describe('gives', () => {
  it('each entry once, with its depth', async () => {
    const found = (await all(root())).map(({ path, depth }) => ({ path, depth }));
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    expect(found.sort(byPath)).toEqual(expected(root()).sort(byPath));
  });

  it('the path in its parts, and no stats unless they are asked for', async () => {
    for (const entry of await all(root())) {
      expect(entry.path).toBe(`${entry.parentPath}/${entry.name}`);
      expect(entry.stats).toBeUndefined();
      expect(entry.error).toBeUndefined();
    }
  });

  it('types as a Dirent has them', async () => {
    const is = (entry: fs.Dirent | WalkEntry): boolean[] => [
      ...[entry.isFile(), entry.isDirectory(), entry.isSymbolicLink(), entry.isFIFO()],
      ...[entry.isSocket(), entry.isCharacterDevice(), entry.isBlockDevice()],
    ];
    const nodes = new Map(
      fs.readdirSync(root(), { withFileTypes: true }).map((entry) => [entry.name, is(entry)]),
    );
    const ours = new Map((await all(root(), { depth: 1 })).map((entry) => [entry.name, is(entry)]));
    expect(ours).toEqual(nodes);
    const devices = await all('/dev', { depth: 1 });
    expect(devices.find(({ name }) => name === 'null')?.isCharacterDevice()).toBe(true);
  });

  it('the stats that lstat has', async () => {
    for (const entry of await all(root(), { stats: true })) {
      if (entry.path.includes('\ufffd')) continue;
      const node = fs.lstatSync(entry.path);
      const { stats } = entry;
      expect(stats).toBeInstanceOf(fs.Stats);
      // The walk, or this test, may have changed the access time.
      for (const key of Object.keys(node) as (keyof fs.Stats)[]) {
        if (!String(key).startsWith('atime')) expect([key, stats?.[key]]).toEqual([key, node[key]]);
      }
      expect(stats?.mtime).toEqual(node.mtime);
      expect(entry.stats).toBe(stats);
      expect(entry.isDirectory()).toBe(node.isDirectory());
    }
  });

  it('a directory before what is in it', async () => {
    const seen = new Set([root()]);
    for (const entry of await all(root())) {
      expect(seen).toContain(entry.parentPath);
      seen.add(entry.path);
    }
  });

  it('the entries of a root that is named by a link, by a relative path, with a slash, by a URL, by bytes', async () => {
    const link = `${root()}-link`;
    fs.symlinkSync(root(), link);
    const before = process.cwd();
    try {
      const names = paths(await all(root())).map((path) => path.slice(root().length));
      expect(paths(await all(link)).map((path) => path.slice(link.length))).toEqual(names);
      expect(paths(await all(`${root()}/`))).toEqual(paths(await all(root())));
      process.chdir(root());
      expect(paths(await all('.')).map((path) => path.slice(1))).toEqual(names);
      process.chdir(before);
      const url: WalkEntry[] = [];
      for await (const entry of walk(new URL(`file://${root()}`))) url.push(entry);
      for await (const entry of walk(Buffer.from(root()))) url.push(entry);
      expect(new Set(paths(url)).size * 2).toBe(url.length);
    } finally {
      process.chdir(before);
      fs.unlinkSync(link);
    }
  });

  it('what lies below a name that is no UTF-8, also as bytes', async () => {
    const text = await all(root(), { enter: ({ name }) => name.startsWith('bad-') });
    expect(text.filter(({ depth }) => depth === 2).map(({ name }) => name)).toEqual(['inside']);
    const bytes: Buffer[] = [];
    for await (const entry of walk(root(), { encoding: 'buffer', filter: ({ depth }) => depth === 2 }))
      bytes.push(entry.path);
    const wanted = Buffer.concat([Buffer.from(`${root()}/`), invalid, Buffer.from('/inside')]);
    expect(bytes.some((path) => path.equals(wanted))).toBe(true);
    expect(bytes.every((path) => Buffer.isBuffer(path))).toBe(true);
  });
});

describe('batches', () => {
  it('hold all entries, with their numbers in columns', async () => {
    let entries = 0;
    let parts = 0;
    for await (const batch of walk(root(), { stats: true }).batches()) {
      entries += batch.length;
      if (batch.path === root('many')) parts++;
      expect([batch.names.length, batch.types.length]).toEqual([batch.length, batch.length]);
      const sizes = batch.column('size');
      const seconds = batch.column('mtimeSeconds');
      expect(sizes).toHaveLength(batch.length);
      for (let i = 0; i < Math.min(batch.length, 20); i++) {
        const entry = batch.entry(i);
        if (entry.path.includes('\ufffd')) continue;
        const node = fs.lstatSync(entry.path, { bigint: true });
        expect(sizes?.[i]).toBe(Number(node.size));
        expect(seconds?.[i]).toBe(Number(node.mtimeNs / 1_000_000_000n));
        expect(batch.column('mtimeNanoseconds')?.[i]).toBe(Number(node.mtimeNs % 1_000_000_000n));
        expect(batch.stats(i)).toMatchObject({ ino: Number(node.ino), size: Number(node.size) });
        expect(batch.types[i]).toBe(entry.type);
        expect(entry.isFile()).toBe(batch.types[i] === UV_DIRENT_FILE);
        expect(batch.errorOf(i)).toBeUndefined();
      }
    }
    expect(entries).toBe(expected(root()).length);
    // A large directory is listed in parts, so that many entries take little memory. Without an addon Node's functions list it
    // as a whole.
    expect(parts > 1).toBe(supported.native);
  });

  it('have no columns without stats, and none of another name', async () => {
    for await (const batch of walk(root(), { depth: 1 }).batches()) {
      expect(batch.column('size')).toBeUndefined();
      expect(batch.stats(0)).toBeUndefined();
    }
    for await (const batch of walk(root(), { depth: 1, stats: true }).batches())
      expect(batch.column('sizes' as 'size')).toBeUndefined();
  });
});

it(
  'a directory with many more entries than lie ready at a time is given whole',
  () =>
    inFolder('walk-large', async (place) => {
      for (const part of ['a', 'b']) {
        fs.mkdirSync(place(part));
        for (let i = 0; i < 20_000; i++) fs.closeSync(fs.openSync(place(part, `file-${i}`), 'w'));
      }
      const names = new Set<string>();
      for await (const { path } of walk(place(), { stats: true })) names.add(path);
      expect(names.size).toBe(40_002);
    }),
  60_000,
);

it('an entry whose stat() fails has the error', () =>
  inFolder('walk-denied', async (place) => {
    fs.mkdirSync(place('listed'));
    fs.writeFileSync(place('listed/file'), '');
    fs.chmodSync(place(), 0o755);
    fs.chmodSync(place('listed'), 0o444);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      const found = (await all(place(), { stats: true })).find(({ name }) => name === 'file');
      expect(found?.error).toMatchObject({ code: 'EACCES', syscall: 'lstat', path: found?.path });
      expect(found?.stats).toBeUndefined();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }));

it('a directory that is replaced by a link meanwhile is not entered', () =>
  inFolder('walk-swapped', async (place) => {
    fs.mkdirSync(place('tree/victim/deep'), { recursive: true });
    fs.mkdirSync(place('outside/deep'), { recursive: true });
    fs.writeFileSync(place('outside/secret'), '');
    fs.writeFileSync(place('outside/deep/secret'), '');
    const swap = ({ name }: WalkEntry): boolean => {
      if (name !== 'deep') return true;
      fs.renameSync(place('tree/victim'), place('away'));
      fs.symlinkSync('../outside', place('tree/victim'));
      return true;
    };
    const found = await all(place('tree'), { enter: swap });
    const secrets = found.filter(({ name }) => name === 'secret');
    const deep = found.find(({ name }) => name === 'deep');
    // Without an addon Node's functions go by paths alone.
    expect(secrets).toHaveLength(supported.native ? 0 : 1);
    const refused = expect.objectContaining({ code: expect.stringMatching(/^(ELOOP|ENOTDIR|ENOENT)$/) });
    expect(deep?.error).toEqual(supported.native ? refused : undefined);
  }));
