// The options of walk(), and what it refuses.
import { describe, expect, it } from '@jest/globals';
import { type WalkEntry, type WalkOptions, walk } from '../../lib/fs/promises';
import { all, expected, paths, withTree } from './tools';

const root = withTree();

describe('options', () => {
  it('depth', async () => {
    expect(paths(await all(root(), { depth: 1 }))).toEqual(
      expected(root())
        .filter(({ depth }) => depth === 1)
        .map(({ path }) => path)
        .sort(),
    );
    expect(Math.max(...(await all(root(), { depth: 3 })).map(({ depth }) => depth))).toBe(3);
  });

  it('enter: a directory that is not entered is still given', async () => {
    const asked: string[] = [];
    const found = await all(root(), {
      stats: true,
      enter: (directory) => {
        asked.push(directory.name);
        expect(directory.stats?.isDirectory()).toBe(true);
        return directory.name === 'a';
      },
    });
    expect(paths(found)).toContain(root('many'));
    expect(paths(found)).toContain(root('a/b'));
    expect(paths(found)).not.toContain(root('a/b/three'));
    expect(asked.sort()).toEqual(['a', 'b', 'bad-\ufffd\ufffd', 'empty', 'many']);
  });

  it('filter: a directory that is not given is still entered', async () => {
    const found = await all(root(), { filter: (entry) => entry.isFile() && entry.depth > 2 });
    expect(paths(found)).toEqual([root('a/b/c/four'), root('a/b/three'), root('a/b/ünïcode 文件')]);
  });

  it('followLinks: the targets of links, each once on a path from the root', async () => {
    const found = await all(root(), { followLinks: true, stats: true, enter: ({ name }) => name !== 'many' });
    const of = (path: string): WalkEntry => {
      const entry = found.find((one) => one.path === root(path));
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
      path: root('a/b/up'),
    });
    expect(new Set(paths(found)).size).toBe(found.length);
    const at = (path: string): number => found.findIndex((one) => one.path === root(path));
    expect(at('a/b')).toBeLessThan(at('a/b/up'));
  });

  it('followLinks without stats: the same entries, and no stats', async () => {
    const enter = ({ name }: WalkEntry): boolean => name !== 'many';
    const found = await all(root(), { followLinks: true, enter });
    expect(paths(found)).toEqual(paths(await all(root(), { followLinks: true, stats: true, enter })));
    expect(found.filter((entry) => entry.stats !== undefined)).toEqual([]);
    for await (const batch of walk(root(), { followLinks: true, enter }).batches())
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
