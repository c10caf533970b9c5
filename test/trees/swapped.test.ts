// While rm or cp walks a tree, another program replaces a directory or a file of the tree by a symbolic link. The target of
// the link is neither removed, nor read, nor written. The daemon of the tests' file system holds one request of the walk,
// so that the exchange falls between two steps.
import { execFile } from 'node:child_process';
import {
  type CopyOptions,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { listPending } from '../../lib';
import { cpSync } from '../../lib/fs';
import * as fsp from '../../lib/fs/promises';
import { cpCopiesNatively } from '../../lib/node/version';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import type { ErrnoName, StallOp } from '../fixtures/stallfs';
import { Fate, mounted, type Place } from '../stall/place';

const program = join(__dirname, 'programs/rm-sync.cjs');
/** In ms. Without a timeout, synchronous functions are Node's own. */
const LONG = 60_000;
const FILES = ['one', 'two', 'deep/three'];
const SECRET = 'what nobody is to read, or to remove';

/** The target of the attacker's link, outside of every tree, with the names of the tree. */
const canary = withFolder('canary');
beforeEach(() => {
  mkdirSync(canary('deep'));
  for (const name of FILES) writeFileSync(canary(name), SECRET);
});

function expectWhole(): void {
  expect(readdirSync(canary(), { recursive: true }).sort()).toEqual(['deep', ...FILES].sort());
  for (const name of FILES) expect(readFileSync(canary(name), 'utf8')).toBe(SECRET);
}

/** Expects that nothing of the canary was copied. */
function expectOurs(root: string): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) expectOurs(path);
    else if (entry.isFile()) expect(['ours', '']).toContain(readFileSync(path, 'utf8'));
  }
}

function makeTree(root: string): void {
  mkdirSync(join(root, 'victim/deep'), { recursive: true });
  for (const name of FILES) writeFileSync(join(root, 'victim', name), 'ours');
}

/** Moves `path` away and puts a link to `target` in its place. */
function exchange(path: string, target: string): void {
  renameSync(path, `${path}.away`);
  symlinkSync(target, path);
}

/** Starts the walk, makes the exchange while the request is held, and answers the request: with `errno`, if that is given. */
async function attack(
  place: Place,
  op: StallOp,
  path: string,
  run: () => Promise<unknown>,
  meanwhile: () => unknown,
  errno?: ErrnoName,
): Promise<Fate> {
  await place.fs.late({ op, path: `${place.root}/${path}` });
  const fate = new Fate(run());
  await place.fs.waitHeld(1);
  await meanwhile();
  await place.fs.normal();
  if (errno === undefined) await place.fs.release();
  else await place.fs.failHeld(errno);
  return fate.settled;
}

/** rm goes on in the directory that it holds open. For directories below it see expectEnd(). */
function expectEmptied(root: string): void {
  expect(readdirSync(root).filter((name) => name !== 'deep')).toEqual([]);
}

/**
 * A walk goes on in a directory that it holds open, although that was moved. But if the worker is a task, an opener finds
 * the files there by their paths, and fails with ENOENT if that is no longer the same directory.
 */
function expectEnd(
  error: NodeJS.ErrnoException | undefined,
  syscall: string | undefined,
  ...opens: string[]
): void {
  if (error?.code === 'ENOENT') expect(opens).toContain(error.syscall);
  else expect(error?.syscall).toBe(syscall);
}

describeWith('stallfs', 'of a tree in which a directory becomes a link', () => {
  const stage = mounted();
  const removes =
    (place: Place, name = 'tree') =>
    (): Promise<void> =>
      fsp.rm(place.at(name), { recursive: true, force: true });
  // With a filter, Node 26 walks as older versions do: with a stat of each source.
  const copies = (place: Place, options?: CopyOptions) => (): Promise<void> =>
    fsp.cp(place.at('tree'), place.at('copy'), { recursive: true, ...options });

  it.each<[StallOp, string]>([
    ['opendir', 'tree/victim'],
    ['readdir', 'tree/victim'],
    ['unlink', 'tree/victim/one'],
  ])('rm removes what was there: %s', async (op, path) => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, op, path, removes(place), () =>
      exchange(place.behind('tree/victim'), canary()),
    );
    expectWhole();
    expect(error).toMatchObject({ code: 'ENOTDIR', syscall: 'rmdir', path: place.at('tree/victim') });
    expectEmptied(place.behind('tree/victim.away'));
  });

  it('rm does not open the link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const victim = place.behind('tree/victim');
    const swap = (): void => exchange(victim, canary());
    const { error } = await attack(place, 'rmdir', 'tree/victim', removes(place), swap, 'ENOTEMPTY');
    expectWhole();
    expect(error).toMatchObject({ code: 'ENOTDIR', syscall: 'scandir', path: place.at('tree/victim') });
    expect(readdirSync(`${victim}.away`).sort()).toEqual(['deep', 'one', 'two']);
  });

  it('rm of the replaced directory itself', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const victim = place.behind('tree/victim');
    const victimAt = place.at('tree/victim');
    const { error } = await attack(place, 'readdir', 'tree/victim', removes(place, 'tree/victim'), () =>
      exchange(victim, canary()),
    );
    expectWhole();
    expect(error).toMatchObject({ code: 'ENOTDIR', syscall: 'rmdir', path: victimAt });
    expectEmptied(`${victim}.away`);
  });

  it('rm in directories deeper than those that it holds open', async () => {
    const place = stage.place();
    const chain = (count: number): string => Array(count).fill('d').join('/');
    mkdirSync(place.behind(`tree/${chain(80)}`), { recursive: true });
    writeFileSync(place.behind(`tree/${chain(80)}/one`), 'ours');
    mkdirSync(canary(chain(5)), { recursive: true });
    writeFileSync(canary(chain(5), 'one'), SECRET);
    const { error } = await attack(place, 'readdir', `tree/${chain(80)}`, removes(place), () =>
      exchange(place.behind(`tree/${chain(75)}`), canary()),
    );
    expect(readFileSync(canary(chain(5), 'one'), 'utf8')).toBe(SECRET);
    expect(error).toMatchObject({ syscall: 'unlink', path: place.at(`tree/${chain(80)}/one`) });
    rmSync(canary('d'), { recursive: true });
    expectWhole();
  });

  it.each<[StallOp]>([['opendir'], ['readdir']])('cp copies what was there: %s', async (op) => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, op, 'tree/victim', copies(place), () =>
      exchange(place.behind('tree/victim'), canary()),
    );
    expectWhole();
    expectOurs(place.behind('copy'));
    expectEnd(error, undefined, 'copyfile', 'opendir');
  });

  it('cp does not list the link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, 'mkdir', 'copy/victim', copies(place), () =>
      exchange(place.behind('tree/victim'), canary()),
    );
    expect(error).toMatchObject({ code: 'ENOTDIR', path: place.at('tree/victim') });
    expect(readdirSync(place.behind('copy/victim'))).toEqual([]);
  });

  it('cp does not read through the link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(
      place,
      'lookup',
      'copy/victim/two',
      copies(place, { filter: () => true }),
      async () => {
        await until(() => listPending({ fn: 'lstat' }).length === 1, 'the source was looked at');
        exchange(place.behind('tree/victim/two'), canary('two'));
      },
    );
    expectWhole();
    expect(error).toMatchObject({ code: 'ELOOP', syscall: 'copyfile', path: place.at('tree/victim/two') });
    expect(existsSync(place.behind('copy/victim/two'))).toBe(false);
  });

  it.each<[StallOp, string]>([
    ['lookup', 'copy/victim/one'],
    ['create', 'copy/victim/one'],
  ])('cp writes into what was there: %s', async (op, path) => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, op, path, copies(place), () =>
      exchange(place.behind('copy/victim'), canary()),
    );
    expectWhole();
    expectOurs(place.behind('copy'));
    // Held at the chmod of the directory that cp has made.
    expectEnd(error, 'chmod', 'copyfile', 'opendir');
  });

  it('cp does not enter the link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, 'opendir', 'tree/victim', copies(place), () =>
      exchange(place.behind('copy/victim'), canary()),
    );
    expectWhole();
    expect(error).toMatchObject({ code: 'ENOTDIR', syscall: 'opendir', path: place.at('copy/victim') });
  });

  it('cp does not write through a link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const { error } = await attack(place, 'open', 'tree/victim/one', copies(place), () =>
      symlinkSync(canary('one'), place.behind('copy/victim/one')),
    );
    expectWhole();
    expect(error).toMatchObject({
      code: 'ELOOP',
      syscall: 'copyfile',
      [cpCopiesNatively() ? 'path' : 'dest']: place.at('copy/victim/one'),
    });
  });

  it('cp does not change the mode of the target of a link', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    chmodSync(canary('one'), 0o600);
    const { error } = await attack(place, 'setattr', 'copy/victim/one', copies(place), () =>
      exchange(place.behind('copy/victim/one'), canary('one')),
    );
    expectWhole();
    expect(statSync(canary('one')).mode & 0o777).toBe(0o600);
    expect(error).toMatchObject({
      syscall: cpCopiesNatively() ? 'cp' : 'chmod',
      path: place.at('copy/victim/one'),
    });
  });

  it('rmSync', async () => {
    const place = stage.place();
    makeTree(place.behind('tree'));
    const run = (): Promise<unknown> => promisify(execFile)(process.execPath, [program, place.at('tree')]);
    const { error } = await attack(place, 'readdir', 'tree/victim', run, () =>
      exchange(place.behind('tree/victim'), canary()),
    );
    expect(String(error)).toContain('ENOTDIR: not a directory, rmdir');
    expectWhole();
    expectEmptied(place.behind('tree/victim.away'));
  });
});

describe('of a tree in which a filter makes the exchange', () => {
  const folder = withFolder('swapped');
  beforeEach(() => {
    makeTree(folder('tree'));
  });

  const ways: [string, (filter: (from: string) => boolean) => unknown][] = [
    ['cp', (filter) => fsp.cp(folder('tree'), folder('copy'), { recursive: true, filter })],
    [
      'cpSync',
      (filter) => cpSync(folder('tree'), folder('copy'), { recursive: true, filter, timeout: LONG }),
    ],
  ];

  it.each(ways)('%s stays in the source', async (_, copy) => {
    await copy((from) => {
      if (from.endsWith('one')) exchange(folder('tree/victim'), canary());
      return true;
    });
    for (const name of FILES) expect(readFileSync(folder('copy/victim', name), 'utf8')).toBe('ours');
  });

  it.each(ways)('%s stays in the target', async (_, copy) => {
    const run = async (): Promise<unknown> =>
      copy((from) => {
        if (from.endsWith('one')) exchange(folder('copy/victim'), canary());
        return true;
      });
    // At the chmod of the directory that cp has made.
    await expect(run()).rejects.toMatchObject({ syscall: 'chmod', path: folder('copy/victim') });
    expectWhole();
    for (const name of FILES) expect(readFileSync(folder('copy/victim.away', name), 'utf8')).toBe('ours');
  });

  it('cp with dereference follows the link', async () => {
    symlinkSync(canary(), folder('tree/link'));
    await fsp.cp(folder('tree'), folder('copy'), { recursive: true, dereference: true });
    for (const name of FILES) expect(readFileSync(folder('copy/link', name), 'utf8')).toBe(SECRET);
  });
});
