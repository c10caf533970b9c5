// Tests the test: puts faults between the package and the random sequences, each of which the sequences have to find.

import * as nodeFs from 'node:fs';
import { closeSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { configure, InterruptError } from '../../lib';
import type { Api } from './calls';
import { episode, ours, Places } from './episodes';

/** The number of calls within which every fault has been found many times over. */
const MOST_EPISODES = 300;
/**
 * ms. It ends before jest's own limit: a test that jest gives up would go on beside the next one, on the same file
 * systems.
 */
const MOST_TIME = 60_000;
const GIVEN_UP = 180_000;

type Fn = (...args: unknown[]) => unknown;
type Callback = (error: unknown, ...values: unknown[]) => void;

let places: Places;
beforeAll(async () => {
  places = await Places.make();
});
afterAll(async () => {
  configure({ grace: 100, inline: process.env.PENDINGOP_KILLABLE === undefined, killable: 'auto' });
  await places.remove();
});

const promises = ours.promises as Api;

interface Mutant {
  readonly api: Api;
  /** Functions that are called more often than otherwise, so that the fault shows sooner. */
  readonly often?: readonly string[] | undefined;
}

/** Returns the package with faults in some of the functions that return promises. */
function withPromises(wrong: (fn: Fn, name: string) => Fn, ...names: string[]): Mutant {
  const changed = names.map((name) => [name, wrong(promises[name] as Fn, name)]);
  return { api: { ...ours, promises: { ...promises, ...Object.fromEntries(changed) } }, often: names };
}

const withFunctions = (wrong: Api, ...often: string[]): Mutant => ({
  api: { ...ours, ...wrong },
  often: often.length > 0 ? often : undefined,
});

/** Returns the package with a fault in the errors of interrupted calls. */
const withError =
  (change: (error: InterruptError, again: () => Promise<unknown>) => unknown) =>
  (fn: Fn): Fn =>
  async (...args) => {
    try {
      return await fn(...args);
    } catch (error) {
      if (error instanceof InterruptError) await change(error, async () => fn(...args.slice(0, -1)));
      throw error;
    }
  };

/** Returns opendir() with a fault in the reads of its Dir that return promises. */
const changedDir =
  (change: (read: () => Promise<unknown>) => () => Promise<unknown>) =>
  (fn: Fn): Fn =>
  async (...args) => {
    const dir = (await fn(...args)) as Api;
    const read = (dir.read as Fn).bind(dir);
    const changed = change(read as () => Promise<unknown>);
    dir.read = (...more: unknown[]) => (more.length === 0 ? changed() : read(...more));
    return dir;
  };

const ignore = (): void => undefined;

const changers = [
  'writeFile',
  'appendFile',
  'copyFile',
  'rename',
  'mkdir',
  'unlink',
  'symlink',
  'link',
  'truncate',
];
const closedByNobody: number[] = [];

const mutants: Record<string, Mutant> = {
  'bytesDone is too high': withPromises(
    withError((error) => {
      error.bytesDone += 1;
    }),
    'writeFile',
    'appendFile',
    'copyFile',
  ),
  'mayHaveTakenEffect is false, whatever happened': withPromises(
    withError((error) => {
      error.mayHaveTakenEffect = false;
    }),
    ...changers,
  ),
  'what was interrupted is done all the same, later': withPromises(
    withError((_, again) => again()),
    ...changers,
  ),
  'a rename is lost': withPromises(() => async () => undefined, 'rename'),
  'an append is made twice': withPromises(
    (fn) =>
      async (...args) => {
        await fn(...args);
        return fn(...args);
      },
    'appendFile',
  ),
  'a byte that was read is wrong': withPromises(
    (fn) =>
      async (...args) => {
        const bytes = (await fn(...args)) as Buffer;
        if (bytes.length > 0) bytes[bytes.length - 1]! ^= 1;
        return bytes;
      },
    'readFile',
  ),
  'an error is another one': withPromises(
    (fn) =>
      async (...args) => {
        try {
          return await fn(...args);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
            throw Object.assign(error as Error, { code: 'ENOENT' });
          throw error;
        }
      },
    'stat',
    'open',
    'rmdir',
    'writeFile',
  ),
  'a read at the own position leaves it': withFunctions({
    readSync: (
      fd: number,
      buffer: Buffer,
      offset: number,
      length: number,
      at: number | null,
      ...rest: unknown[]
    ) => (ours.readSync as Fn)(fd, buffer, offset, length, at ?? 0, ...rest),
  }),
  'a file of a tree is not copied': withPromises(
    (fn) => (source, destination, options) =>
      fn(source, destination, { filter: (path: string) => !path.endsWith('/b/c'), ...(options as object) }),
    'cp',
  ),
  'a copy keeps no times': withPromises(
    (fn) => (source, destination, options) =>
      fn(source, destination, { ...(options as object), preserveTimestamps: false }),
    'cp',
  ),
  'a tree that was interrupted is copied all the same': withPromises(
    withError((error, again) =>
      again().then(() => {
        error.mayHaveTakenEffect = false;
      }, ignore),
    ),
    'cp',
  ),
  'an entry of a directory is left out': withPromises(
    changedDir((read) => {
      let entries = 0;
      return async () => {
        const entry = await read();
        return entry !== null && ++entries === 1 ? read() : entry;
      };
    }),
    'opendir',
  ),
  'an entry of a directory is read twice': withPromises(
    changedDir((read) => {
      const entries: unknown[] = [];
      return async () => {
        if (entries.length === 1) return entries.push(null) && entries[0];
        const entry = await read();
        if (entry !== null) entries.push(entry);
        return entry;
      };
    }),
    'opendir',
  ),
  'a walk leaves out an entry': withPromises(
    (fn) =>
      (...args) => ({
        async *[Symbol.asyncIterator]() {
          let entries = 0;
          for await (const entry of fn(...args) as AsyncIterable<unknown>) if (++entries !== 2) yield entry;
        },
      }),
    'walk',
  ),
  'statMany follows links that it is to tell of': withPromises(
    (fn) => (paths, options) => fn(paths, { ...(options as object), followLinks: true }),
    'statMany',
  ),
  'a file is not given away': withPromises(() => async () => undefined, 'chown', 'lchown'),
  'what is not there exists': withFunctions({ existsSync: () => true }),
  'statfs tells of another file system': withFunctions(
    {
      statfs: (_path: string, ...rest: unknown[]) => (ours.statfs as Fn)('/proc', ...rest),
    },
    'statfs',
  ),
  'what a process of its own was to do is not done': withFunctions(
    { runIsolated: async () => undefined },
    'writeFile',
    'mkdir',
    'rename',
    'copyFile',
  ),
  'a descriptor is never closed': withFunctions({
    close: (fd: number, callback: Callback) => {
      closedByNobody.push(fd);
      setImmediate(callback, null);
    },
  }),
};

it.each(Object.keys(mutants))(
  'is found: %s',
  async (name) => {
    const until = performance.now() + MOST_TIME;
    let found: Error | undefined;
    try {
      for (let seed = 1; found === undefined && seed <= MOST_EPISODES && performance.now() < until; seed++)
        await episode(seed, places, mutants[name]).catch((error: Error) => {
          found = error;
        });
    } finally {
      for (const fd of closedByNobody.splice(0)) closeSync(fd);
    }
    expect(found?.message).toMatch(
      /^episode \d+: .*\n(.*\n)*(the calls up to then|descriptors are left open)/,
    );
  },
  GIVEN_UP,
);

it('a seed makes the same calls again', async () => {
  const twice: string[][] = [[], []];
  for (const record of twice)
    for (let seed = 1; seed <= 3; seed++)
      await episode(seed, places, { api: nodeFs as unknown as Api, plain: true, record });
  // mkdtemp() itself chooses the name.
  const told = (line: string): string => line.replace(/sequence\d+|(?<=\b[a-d])[A-Za-z0-9]{6}\b/g, '');
  const calls = twice.map((record) => record.map(told).sort());
  expect(calls[0]?.length).toBeGreaterThan(100);
  expect(calls[1]).toEqual(calls[0]);
});
