// An iteration of walk(): how it goes on, ends and is left, by whom and with which error.
import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { AbortError, InterruptError, listPending, runInterruptible, type Scope } from '../../lib';
import { access, type WalkEntry, walk } from '../../lib/fs/promises';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { all, expected, paths, withTree } from './tools';

const root = withTree();

describe('an iteration', () => {
  it('that is left closes its descriptors', async () => {
    // From its first use on the package keeps the kernel's list of mounts open.
    await access(root());
    const before = new OpenDescriptors();
    for await (const entry of walk(root())) {
      if (entry.path.startsWith(root('many'))) break;
    }
    expect(before.more()).toEqual([]);
    expect(listPending()).toEqual([]);
    const batches = walk(root()).batches();
    await batches.next();
    await batches.return?.();
    expect(before.more()).toEqual([]);
    expect(await batches.next()).toEqual({ value: undefined, done: true });
  });

  it('ends, and stays at its end', async () => {
    const before = new OpenDescriptors();
    const entries = walk(root(), { depth: 1 })[Symbol.asyncIterator]();
    let count = 0;
    while (!(await entries.next()).done) count++;
    expect(count).toBe(fs.readdirSync(root()).length);
    expect(await entries.next()).toEqual({ value: undefined, done: true });
    expect(before.more()).toEqual([]);
  });

  it('answers each of many next() at once, with another entry', async () => {
    const entries = walk(root())[Symbol.asyncIterator]();
    const some = await Promise.all(Array.from({ length: 5000 }, () => entries.next()));
    const found = some.flatMap(({ value }) => (value === undefined ? [] : [value.path])).sort();
    expect(found).toEqual(
      expected(root())
        .map(({ path }) => path)
        .sort(),
    );
  });

  it('goes through the tree again each time', async () => {
    const tree = walk(root());
    const first: WalkEntry[] = [];
    const second: WalkEntry[] = [];
    for await (const entry of tree) first.push(entry);
    for await (const entry of tree) second.push(entry);
    expect(paths(second)).toEqual(paths(first));
  });

  it('answers a next() that waits when return() is called', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const entries = walk(root())[Symbol.asyncIterator]();
      const next = entries.next();
      for (let turn = 0; turn < turns; turn++) await undefined;
      await entries.return?.();
      expect(await next).toMatchObject({ done: expect.any(Boolean) });
    }
  });

  it('that is garbage collected closes its descriptors', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = new OpenDescriptors();
    for (let i = 0; i < 10; i++) await walk(root())[Symbol.asyncIterator]().next();
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
      entries = walk(root())[Symbol.asyncIterator]();
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

  it('does not call enter again once it has thrown', async () => {
    let asked = 0;
    const enter = (): boolean => {
      asked++;
      throw new Error('mine');
    };
    await expect(all(root(), { enter })).rejects.toThrow('mine');
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
      await expect(all(root(), failing)).rejects.toThrow(new RangeError('mine'));
      expect(before.more()).toEqual([]);
    },
  );

  it('throws if the root cannot be listed', async () => {
    const missing = root('missing');
    await expect(all(missing)).rejects.toMatchObject({ code: 'ENOENT', path: missing });
    await expect(all(root('one'), {})).rejects.toMatchObject({
      code: 'ENOTDIR',
      path: root('one'),
    });
  });

  it('throws the reason of a signal that is aborted before or during the walk', async () => {
    const before = new OpenDescriptors();
    const early = all(root(), { signal: AbortSignal.abort('early') });
    await expect(early).rejects.toMatchObject({ name: 'AbortError', cause: 'early' });
    await expect(early).rejects.toBeInstanceOf(AbortError);
    const controller = new AbortController();
    const entries = walk(root(), { signal: controller.signal })[Symbol.asyncIterator]();
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
