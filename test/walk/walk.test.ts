// walk(): what it gives is what Node's own functions find.
import { execFileSync } from 'node:child_process';
import fs, { constants } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AbortError, InterruptError, listPending, runInterruptible, type Scope, supported } from '../../lib';
import { type WalkEntry, type WalkOptions, walk } from '../../lib/fs/promises';
import { OpenDescriptors, until } from '../fixtures/leaks';

/** Node has it, and its types have not. */
const { UV_DIRENT_FILE } = constants as typeof constants & { UV_DIRENT_FILE: number };

let root = '';
const server = net.createServer();
const invalid = Buffer.from('bad-\xff\xfe', 'latin1');

beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'walk-'));
  for (const name of ['a/b/c', 'a/empty', 'many']) fs.mkdirSync(join(root, name), { recursive: true });
  for (const name of ['one', 'a/two', 'a/b/three', 'a/b/c/four', 'a/b/ünïcode 文件'])
    fs.writeFileSync(join(root, name), name);
  for (let i = 0; i < 2500; i++) fs.writeFileSync(join(root, `many/a name of some length ${i}`), '');
  fs.symlinkSync('b', join(root, 'a/link-to-b'));
  fs.symlinkSync('nowhere', join(root, 'a/dangling'));
  fs.symlinkSync('../..', join(root, 'a/b/up'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  await new Promise<void>((listening) => server.listen(join(root, 'socket'), listening));
  const bad = Buffer.concat([Buffer.from(`${root}/`), invalid]);
  fs.mkdirSync(bad);
  fs.writeFileSync(Buffer.concat([bad, Buffer.from('/inside')]), 'x');
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  fs.rmSync(root, { recursive: true });
});

async function all(options?: WalkOptions, from = root): Promise<WalkEntry[]> {
  const entries: WalkEntry[] = [];
  for await (const entry of walk(from, options)) entries.push(entry);
  return entries;
}

const paths = (entries: readonly WalkEntry[]): string[] => entries.map(({ path }) => path).sort();

/** By Node, links not followed. */
function expected(directory: string | Buffer = root, depth = 1): { path: string; depth: number }[] {
  return fs.readdirSync(directory, { encoding: 'buffer', withFileTypes: true }).flatMap((entry) => {
    const path = Buffer.concat([Buffer.from(directory as string), Buffer.from('/'), entry.name]);
    const own = { path: path.toString(), depth };
    return entry.isDirectory() ? [own, ...expected(path, depth + 1)] : [own];
  });
}

describe('gives', () => {
  it('each entry once, with its depth', async () => {
    const found = (await all()).map(({ path, depth }) => ({ path, depth }));
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    expect(found.sort(byPath)).toEqual(expected().sort(byPath));
  });

  it('the path in its parts, and no stats where none were asked for', async () => {
    for (const entry of await all()) {
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
      fs.readdirSync(root, { withFileTypes: true }).map((entry) => [entry.name, is(entry)]),
    );
    const ours = new Map((await all({ depth: 1 })).map((entry) => [entry.name, is(entry)]));
    expect(ours).toEqual(nodes);
    const devices = await all({ depth: 1 }, '/dev');
    expect(devices.find(({ name }) => name === 'null')?.isCharacterDevice()).toBe(true);
  });

  it('the stats that lstat has', async () => {
    for (const entry of await all({ stats: true })) {
      if (entry.path.includes('\ufffd')) continue;
      const node = fs.lstatSync(entry.path);
      const { stats } = entry;
      expect(stats).toBeInstanceOf(fs.Stats);
      // The walk itself, or this test, may have changed when it was last read.
      for (const key of Object.keys(node) as (keyof fs.Stats)[]) {
        if (!String(key).startsWith('atime')) expect([key, stats?.[key]]).toEqual([key, node[key]]);
      }
      expect(stats?.mtime).toEqual(node.mtime);
      expect(entry.stats).toBe(stats);
      expect(entry.isDirectory()).toBe(node.isDirectory());
    }
  });

  it('a directory before what is in it', async () => {
    const seen = new Set([root]);
    for (const entry of await all()) {
      expect(seen).toContain(entry.parentPath);
      seen.add(entry.path);
    }
  });

  it('the entries of a root that is named by a link, by a relative path, with a slash, by a URL, by bytes', async () => {
    const link = `${root}-link`;
    fs.symlinkSync(root, link);
    const before = process.cwd();
    try {
      const names = paths(await all()).map((path) => path.slice(root.length));
      expect(paths(await all({}, link)).map((path) => path.slice(link.length))).toEqual(names);
      expect(paths(await all({}, `${root}/`))).toEqual(paths(await all()));
      process.chdir(root);
      expect(paths(await all({}, '.')).map((path) => path.slice(1))).toEqual(names);
      process.chdir(before);
      const url: WalkEntry[] = [];
      for await (const entry of walk(new URL(`file://${root}`))) url.push(entry);
      for await (const entry of walk(Buffer.from(root))) url.push(entry);
      expect(new Set(paths(url)).size * 2).toBe(url.length);
    } finally {
      process.chdir(before);
      fs.unlinkSync(link);
    }
  });

  it('what lies below a name that is no UTF-8; as bytes, if so wished', async () => {
    const text = await all({ enter: ({ name }) => name.startsWith('bad-') });
    expect(text.filter(({ depth }) => depth === 2).map(({ name }) => name)).toEqual(['inside']);
    const bytes: Buffer[] = [];
    for await (const entry of walk(root, { encoding: 'buffer', filter: ({ depth }) => depth === 2 }))
      bytes.push(entry.path);
    const wanted = Buffer.concat([Buffer.from(`${root}/`), invalid, Buffer.from('/inside')]);
    expect(bytes.some((path) => path.equals(wanted))).toBe(true);
    expect(bytes.every((path) => Buffer.isBuffer(path))).toBe(true);
  });
});

describe('options', () => {
  it('depth', async () => {
    expect(paths(await all({ depth: 1 }))).toEqual(
      expected()
        .filter(({ depth }) => depth === 1)
        .map(({ path }) => path)
        .sort(),
    );
    expect(Math.max(...(await all({ depth: 3 })).map(({ depth }) => depth))).toBe(3);
  });

  it('enter: a directory that is not entered is given all the same', async () => {
    const asked: string[] = [];
    const found = await all({
      stats: true,
      enter: (directory) => {
        asked.push(directory.name);
        expect(directory.stats?.isDirectory()).toBe(true);
        return directory.name === 'a';
      },
    });
    expect(paths(found)).toContain(join(root, 'many'));
    expect(paths(found)).toContain(join(root, 'a/b'));
    expect(paths(found)).not.toContain(join(root, 'a/b/three'));
    expect(asked.sort()).toEqual(['a', 'b', 'bad-\ufffd\ufffd', 'empty', 'many']);
  });

  it('filter: a directory that is not given is entered all the same', async () => {
    const found = await all({ filter: (entry) => entry.isFile() && entry.depth > 2 });
    expect(paths(found)).toEqual([
      join(root, 'a/b/c/four'),
      join(root, 'a/b/three'),
      join(root, 'a/b/ünïcode 文件'),
    ]);
  });

  it('followLinks: what links lead to, once in each line of directories', async () => {
    const found = await all({ followLinks: true, stats: true, enter: ({ name }) => name !== 'many' });
    const of = (path: string): WalkEntry => {
      const entry = found.find((one) => one.path === join(root, path));
      if (entry === undefined) throw new Error(`no ${path}`);
      return entry;
    };
    expect(of('a/link-to-b').isDirectory()).toBe(true);
    expect(of('a/link-to-b/three').stats?.size).toBe(9);
    expect(of('a/dangling').isSymbolicLink()).toBe(true);
    expect(of('a/dangling').error).toBeUndefined();
    expect(of('a/b/up').error).toMatchObject({
      code: 'ELOOP',
      syscall: 'scandir',
      path: join(root, 'a/b/up'),
    });
    expect(new Set(paths(found)).size).toBe(found.length);
    const at = (path: string): number => found.findIndex((one) => one.path === join(root, path));
    expect(at('a/b')).toBeLessThan(at('a/b/up'));
  });

  it('followLinks without stats: the same entries, and no stats', async () => {
    const enter = ({ name }: WalkEntry): boolean => name !== 'many';
    const found = await all({ followLinks: true, enter });
    expect(paths(found)).toEqual(paths(await all({ followLinks: true, stats: true, enter })));
    expect(found.filter((entry) => entry.stats !== undefined)).toEqual([]);
    for await (const batch of walk(root, { followLinks: true, enter }).batches())
      expect(batch.column('size')).toBeUndefined();
  });

  it.each([
    [1, {}],
    ['a\0b', {}],
    [{}, {}],
    ['/', null],
    ['/', 7],
    ['/', { depth: 0 }],
    ['/', { depth: 1.5 }],
    ['/', { depth: '1' }],
    ['/', { stats: 1 }],
    ['/', { followLinks: null }],
    ['/', { enter: true }],
    ['/', { filter: 'x' }],
    ['/', { encoding: 'utf16le' }],
    ['/', { signal: {} }],
    ['/', { timeout: -1 }],
    ['/', { timeout: '1' }],
    ['/', { dept: 1 }],
  ])('walk(%p, %p) throws at once, naming what is wrong', (path, options) => {
    expect(() => walk(path as string, options as WalkOptions)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/),
      }),
    );
  });
});

describe('batches', () => {
  it('hold all entries, with their numbers in columns', async () => {
    let entries = 0;
    let parts = 0;
    for await (const batch of walk(root, { stats: true }).batches()) {
      entries += batch.length;
      if (batch.path === join(root, 'many')) parts++;
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
    expect(entries).toBe(expected().length);
    // A large directory comes in parts, so that no number of entries takes much memory. Node's functions, which stand in for
    // an addon, give it as a whole.
    expect(parts > 1).toBe(supported.native);
  });

  it('have no columns without stats, nor one of another name', async () => {
    for await (const batch of walk(root, { depth: 1 }).batches()) {
      expect(batch.column('size')).toBeUndefined();
      expect(batch.stats(0)).toBeUndefined();
    }
    for await (const batch of walk(root, { depth: 1, stats: true }).batches())
      expect(batch.column('sizes' as 'size')).toBeUndefined();
  });
});

it('a directory of many more entries than lie ready at a time is given whole', async () => {
  const place = fs.mkdtempSync(join(tmpdir(), 'walk-large-'));
  try {
    for (const part of ['a', 'b']) {
      fs.mkdirSync(join(place, part));
      for (let i = 0; i < 20_000; i++) fs.closeSync(fs.openSync(join(place, part, `file-${i}`), 'w'));
    }
    const names = new Set<string>();
    for await (const { path } of walk(place, { stats: true })) names.add(path);
    expect(names.size).toBe(40_002);
  } finally {
    fs.rmSync(place, { recursive: true });
  }
}, 60_000);

it('an entry that stat() fails for has the error', async () => {
  const place = fs.mkdtempSync(join(tmpdir(), 'walk-denied-'));
  fs.mkdirSync(join(place, 'listed'));
  fs.writeFileSync(join(place, 'listed/file'), '');
  fs.chmodSync(place, 0o755);
  fs.chmodSync(join(place, 'listed'), 0o444);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    const found = (await all({ stats: true }, place)).find(({ name }) => name === 'file');
    expect(found?.error).toMatchObject({ code: 'EACCES', syscall: 'lstat', path: found?.path });
    expect(found?.stats).toBeUndefined();
  } finally {
    if (isRoot) process.seteuid?.(0);
    fs.chmodSync(join(place, 'listed'), 0o755);
    fs.rmSync(place, { recursive: true });
  }
});

describe('an iteration', () => {
  it('that is left closes what is open', async () => {
    const before = new OpenDescriptors();
    for await (const entry of walk(root)) {
      if (entry.path.startsWith(join(root, 'many'))) break;
    }
    expect(before.more()).toEqual([]);
    expect(listPending()).toEqual([]);
    const batches = walk(root).batches();
    await batches.next();
    await batches.return?.();
    expect(before.more()).toEqual([]);
    expect(await batches.next()).toEqual({ value: undefined, done: true });
  });

  it('ends, and stays at its end', async () => {
    const before = new OpenDescriptors();
    const entries = walk(root, { depth: 1 })[Symbol.asyncIterator]();
    let count = 0;
    while (!(await entries.next()).done) count++;
    expect(count).toBe(fs.readdirSync(root).length);
    expect(await entries.next()).toEqual({ value: undefined, done: true });
    expect(before.more()).toEqual([]);
  });

  it('answers each of many next() at once, with another entry', async () => {
    const entries = walk(root)[Symbol.asyncIterator]();
    const some = await Promise.all(Array.from({ length: 5000 }, () => entries.next()));
    const found = some.flatMap(({ value }) => (value === undefined ? [] : [value.path])).sort();
    expect(found).toEqual(
      expected()
        .map(({ path }) => path)
        .sort(),
    );
  });

  it('goes anew through the tree each time', async () => {
    const tree = walk(root);
    const first: WalkEntry[] = [];
    const second: WalkEntry[] = [];
    for await (const entry of tree) first.push(entry);
    for await (const entry of tree) second.push(entry);
    expect(paths(second)).toEqual(paths(first));
  });

  it('answers a next() that return() finds waiting', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const entries = walk(root)[Symbol.asyncIterator]();
      const next = entries.next();
      for (let turn = 0; turn < turns; turn++) await undefined;
      await entries.return?.();
      expect(await next).toMatchObject({ done: expect.any(Boolean) });
    }
  });

  it('that nobody holds any more closes what is open', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = new OpenDescriptors();
    for (let i = 0; i < 10; i++) await walk(root)[Symbol.asyncIterator]().next();
    await until(() => {
      collect();
      return before.more().length === 0;
    }, 'the descriptors to be closed');
  });

  it('ends with the scope of the walk, whoever goes on with it', async () => {
    let leave = (): void => undefined;
    const stays = new Promise<void>((resolve) => {
      leave = resolve;
    });
    let scope: Scope | undefined;
    let entries: AsyncIterator<WalkEntry> | undefined;
    const inside = runInterruptible({}, async (own) => {
      scope = own;
      entries = walk(root)[Symbol.asyncIterator]();
      await stays;
    });
    await entries?.next();
    await scope?.interrupt({ reason: 'enough' });
    const rest = async (): Promise<void> => {
      while (!(await entries?.next())?.done);
    };
    await expect(rest()).rejects.toThrow(InterruptError);
    leave();
    await inside.catch(() => undefined);
  });

  it('asks enter nothing more once it has thrown', async () => {
    let asked = 0;
    const enter = (): boolean => {
      asked++;
      throw new Error('mine');
    };
    await expect(all({ enter })).rejects.toThrow('mine');
    expect(asked).toBe(1);
  });

  it.each(['enter', 'filter'])(
    'that throws in %s ends with that error, and closes what is open',
    async (name) => {
      const before = new OpenDescriptors();
      const failing = {
        [name]: () => {
          throw new RangeError('mine');
        },
      };
      await expect(all(failing)).rejects.toThrow(new RangeError('mine'));
      expect(before.more()).toEqual([]);
    },
  );

  it('throws if the root cannot be listed', async () => {
    const missing = join(root, 'missing');
    await expect(all({}, missing)).rejects.toMatchObject({ code: 'ENOENT', path: missing });
    await expect(all({}, join(root, 'one'))).rejects.toMatchObject({
      code: 'ENOTDIR',
      path: join(root, 'one'),
    });
  });

  it('throws the reason of a signal, before and amid', async () => {
    const before = new OpenDescriptors();
    const early = all({ signal: AbortSignal.abort('early') });
    await expect(early).rejects.toMatchObject({ name: 'AbortError', cause: 'early' });
    await expect(early).rejects.toBeInstanceOf(AbortError);
    const controller = new AbortController();
    const entries = walk(root, { signal: controller.signal })[Symbol.asyncIterator]();
    await entries.next();
    controller.abort(new Error('late'));
    const rest = (async () => {
      while (!(await entries.next()).done);
    })();
    await expect(rest).rejects.toMatchObject({ name: 'AbortError', cause: new Error('late') });
    expect(await entries.next()).toEqual({ value: undefined, done: true });
    await before.closed();
  });
});

it('a directory that somebody replaces by a link meanwhile leads nowhere', async () => {
  const place = fs.mkdtempSync(join(tmpdir(), 'walk-swapped-'));
  try {
    fs.mkdirSync(join(place, 'tree/victim/deep'), { recursive: true });
    fs.mkdirSync(join(place, 'outside/deep'), { recursive: true });
    fs.writeFileSync(join(place, 'outside/secret'), '');
    fs.writeFileSync(join(place, 'outside/deep/secret'), '');
    const swap = ({ name }: WalkEntry): boolean => {
      if (name !== 'deep') return true;
      fs.renameSync(join(place, 'tree/victim'), join(place, 'away'));
      fs.symlinkSync('../outside', join(place, 'tree/victim'));
      return true;
    };
    const found = await all({ enter: swap }, join(place, 'tree'));
    const secrets = found.filter(({ name }) => name === 'secret');
    const deep = found.find(({ name }) => name === 'deep');
    // Without an addon there are Node's functions, which know no other way than paths.
    expect(secrets).toHaveLength(supported.native ? 0 : 1);
    const refused = expect.objectContaining({ code: expect.stringMatching(/^(ELOOP|ENOTDIR|ENOENT)$/) });
    expect(deep?.error).toEqual(supported.native ? refused : undefined);
  } finally {
    fs.rmSync(place, { recursive: true });
  }
});
