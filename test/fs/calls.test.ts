import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { badValues } from '../compare/harness';
import { inFolder } from '../fixtures/folder';
import { both, calls, type Outcome, ours } from './harness';

/* Every callback function that takes paths: good input, failures of the kernel, and wrong values for each argument. */

const bad = (dir: string): unknown[] =>
  badValues(dir)
    // A function would be taken for the callback; Node aborts the process for such a mode.
    .filter(([, value]) => typeof value !== 'function' && value !== 2 ** 31)
    .map(([, value]) => value);

const PLACES = ['file.txt', 'missing', 'sub', 'link', 'dangling', 'loop', 'file.txt/x', 'empty'];
const places = (dir: string): unknown[] => [
  ...PLACES.map((name) => `${dir}/${name}`),
  Buffer.from(`${dir}/file.txt`),
  Buffer.from(`${dir}/missing`),
  pathToFileURL(`${dir}/file.txt`),
  pathToFileURL(`${dir}/missing`),
  new URL('http://host/file'),
  `${dir}/a\0b`,
];

/** Makes one argument after the other wrong; the others are those of `row`. */
const eachWrong = (dir: string, row: unknown[], from = 0): unknown[][] =>
  row.slice(from).flatMap((_, index) => bad(dir).map((value) => row.with(index + from, value)));

const onPath: Record<string, (dir: string) => unknown[]> = {
  stat: () => [],
  lstat: () => [],
  access: () => [],
  readlink: () => [],
  realpath: () => [],
  exists: () => [],
  unlink: () => [],
  rmdir: () => [],
  mkdir: () => [],
  readdir: () => [],
  readFile: () => [],
  chmod: () => [0o640],
  chown: () => [0, 0],
  lchown: () => [0, 0],
  utimes: () => [5, 6],
  lutimes: () => [5, 6],
  truncate: () => [3],
  writeFile: () => ['text'],
  appendFile: () => ['text'],
};

describe.each(Object.entries(onPath))('%s', (name, rest) => {
  both(
    'every place',
    calls(name, (dir) => places(dir).map((place) => [place, ...rest(dir)])),
  );
  both(
    'a wrong path',
    calls(name, (dir) =>
      bad(dir)
        // Descriptors, which these functions would take, and the directory that the tests run in.
        .filter((value) => typeof value !== 'number' && value !== '')
        .map((value) => [value, ...rest(dir)]),
    ),
  );
  both(
    'other wrong arguments',
    calls(name, (dir) => [
      ...eachWrong(dir, [`${dir}/file.txt`, ...rest(dir)], 1),
      // Restores the size, so that the comparison does not read gigabytes.
      [`${dir}/file.txt`, ...rest(dir)],
    ]),
  );
});

// Elsewhere its figures change while the tests run.
both(
  'statfs',
  calls('statfs', (dir) => [
    ['/proc'],
    ['/proc', { bigint: true }],
    [`${dir}/missing`],
    ...bad(dir).map((value) => ['/proc', value]),
    ...bad(dir)
      .filter((value) => typeof value !== 'string')
      .map((value) => [value]),
  ]),
);

describe('options', () => {
  const values = (dir: string): unknown[] => [
    ...bad(dir).filter((value) => value !== 'buffer'),
    'utf8',
    'latin1',
    'hex',
    'buffer',
    'nonsense',
    { encoding: 'buffer' },
    { encoding: 'latin1' },
    { encoding: 'nonsense' },
    { bigint: true },
    { bigint: 1 },
    { mode: 0o700 },
    { mode: 'bad' },
    { flag: 'r+' },
    { flag: 'bad' },
    { recursive: 1 },
    { withFileTypes: true },
    { maxRetries: -1 },
    { flush: 1 },
    { flush: true },
    { force: 1 },
  ];
  const rows = (name: string, ...first: string[]) =>
    both(
      name,
      calls(name, (dir) => values(dir).map((value) => [...first.map((place) => `${dir}/${place}`), value])),
    );
  for (const name of ['stat', 'lstat', 'readFile', 'readdir', 'realpath', 'mkdir', 'rmdir', 'access'])
    rows(name, 'sub');
  rows('open', 'missing');
  rows('readlink', 'link');
  rows('copyFile', 'file.txt', 'copied');
  rows('writeFile', 'written', 'data');
  rows('appendFile', 'file.txt', 'data');
  rows('symlink', 'file.txt', 'made');
  rows('opendir', 'missing');

  const listings = (dir: string): unknown[][] => {
    for (const [name, target] of [
      ['sub/up', '../emptydir'],
      ['sub/deep/beside', '../../emptydir'],
      ['aa', 'sub/deep'],
    ] as const)
      if (!fs.existsSync(`${dir}/${name}`)) fs.symlinkSync(target, `${dir}/${name}`);
    return [{}, { withFileTypes: true }, { encoding: 'latin1' }].map((each) => [
      dir,
      { ...each, recursive: true },
    ]);
  };
  both('readdir: recursive', async (its, dir) => {
    const outcomes = (await calls('readdir', listings)(its, dir)) as Outcome[];
    // Node 20 calls back at once.
    return outcomes.map(({ got }) => got);
  });
  test('readdirSync: recursive, on a worker', () =>
    inFolder('listing', (dir) => {
      fs.mkdirSync(dir('sub/deep/deeper'), { recursive: true });
      fs.mkdirSync(dir('tub/deep'), { recursive: true });
      fs.mkdirSync(dir('emptydir'));
      for (const [place, options] of listings(dir()) as [string, object][])
        expect(ours.readdirSync(place, { ...options, timeout: 20_000 } as object)).toEqual(
          fs.readdirSync(place, options),
        );
    }));

  const throwIfNoEntry = [true, false, undefined, null, 0, '', 'no'];
  for (const name of ['stat', 'lstat', 'statfs']) {
    both(
      `${name}: throwIfNoEntry`,
      calls(name, (dir) =>
        ['missing', 'file.txt/x', 'loop/x'].flatMap((place) =>
          throwIfNoEntry.map((value) => [`${dir}/${place}`, { throwIfNoEntry: value }]),
        ),
      ),
    );
  }
  both(
    'readFile: buffer',
    calls('readFile', (dir) =>
      [...bad(dir), ...memory()].map((buffer) => [`${dir}/file.txt`, { buffer, encoding: 'latin1' }]),
    ),
  );
});

/** Numbers below, within and above each range, and values of other types. */
function memory(): unknown[] {
  const sizes = [0, 1, 13, 20];
  return [
    ...sizes.map((size) => Buffer.alloc(size)),
    ...sizes.map((size) => () => new Uint8Array(size)),
    new DataView(new ArrayBuffer(30), 5, 20),
    (size: number) => new Float64Array(size),
    () => 'none',
  ];
}

describe('two paths', () => {
  for (const name of ['rename', 'link', 'copyFile', 'symlink', 'cp']) {
    both(
      name,
      calls(name, (dir) => [
        [`${dir}/missing`, `${dir}/new`],
        [`${dir}/file.txt`, `${dir}/sub/none/new`],
        [`${dir}/file.txt`, `${dir}/new`],
        [`${dir}/new`, `${dir}/emptydir/new`],
        [pathToFileURL(`${dir}/empty`), Buffer.from(`${dir}/new2`)],
        ...bad(dir)
          .filter((value) => value !== '')
          .flatMap((value) => [
            [value, `${dir}/x`],
            [`${dir}/exec.sh`, value],
          ]),
      ]),
    );
  }
});

describe('open', () => {
  both(
    'flags and modes',
    calls('open', (dir) => [
      ...eachWrong(dir, [`${dir}/missing`, 'r', 0o600], 1).filter(([, flags]) => typeof flags !== 'number'),
      [`${dir}/missing`],
      [`${dir}/missing`, 'r'],
      [`${dir}/missing`, 'r', 'zz'],
      [`${dir}/file.txt`, 'wx'],
      [`${dir}/sub`, 'r+'],
    ]),
  );
});

describe('without a callback', () => {
  const args: Record<string, unknown[]> = {
    access: ['x'],
    chmod: ['x', 1],
    chown: ['x', 1, 1],
    copyFile: ['x', 'y'],
    cp: ['x', 'y'],
    exists: ['x'],
    fchmod: [99, 1],
    fchown: [99, 1, 1],
    fdatasync: [99],
    fstat: [99],
    fsync: [99],
    ftruncate: [99, 1],
    futimes: [99, 1, 1],
    lchown: ['x', 1, 1],
    link: ['x', 'y'],
    lstat: ['x'],
    lutimes: ['x', 1, 1],
    mkdir: ['x'],
    mkdtemp: ['x'],
    open: ['x', 'r'],
    opendir: ['x'],
    read: [99, Buffer.alloc(1), 0, 1, 0],
    readFile: ['x'],
    readdir: ['x'],
    readlink: ['x'],
    readv: [99, [Buffer.alloc(1)]],
    realpath: ['x'],
    rename: ['x', 'y'],
    rmdir: ['x'],
    stat: ['x'],
    statfs: ['x'],
    symlink: ['x', 'y'],
    truncate: ['x', 1],
    unlink: ['x'],
    utimes: ['x', 1, 1],
    write: [99, 'x'],
    writeFile: ['x', 'y'],
    writev: [99, [Buffer.alloc(1)]],
  };
  for (const [name, row] of Object.entries(args)) {
    both(`${name} throws`, (its) => {
      const thrown: unknown[] = [];
      for (const callback of [undefined, null, 'x', {}, 5, true]) {
        try {
          (its as unknown as Record<string, (...all: unknown[]) => void>)[name]?.(...row, callback);
          thrown.push('nothing');
        } catch (error) {
          thrown.push(error);
        }
      }
      return thrown;
    });
  }
});

describe('directories', () => {
  both(
    'mkdir',
    calls('mkdir', (dir) => [
      [`${dir}/new`],
      [`${dir}/new`],
      [`${dir}/new`, { recursive: true }],
      [`${dir}/p/q/r`, { recursive: true }],
      [`${dir}/p/q/r`, { recursive: true }],
      [`${dir}/file.txt/q`, { recursive: true }],
      [`${dir}/m`, 0o700],
      [`${dir}/n`, '700'],
    ]),
  );
  both(
    'readdir',
    calls('readdir', (dir) => [
      [dir],
      [dir, { withFileTypes: true }],
      [dir, 'buffer'],
      [`${dir}/emptydir`],
      [`${dir}/missing`, { withFileTypes: true }],
    ]),
  );
  both(
    'rm',
    calls('rm', (dir) => [
      [`${dir}/missing`],
      [`${dir}/missing`, { force: true }],
      [`${dir}/sub`],
      [`${dir}/sub`, { recursive: true }],
      [`${dir}/file.txt`],
      [`${dir}/empty`, { recursive: 1 }],
    ]),
  );
  both(
    'cp',
    calls('cp', (dir) => [
      [`${dir}/sub`, `${dir}/sub2`],
      [`${dir}/sub`, `${dir}/sub2`, { recursive: true }],
      [`${dir}/file.txt`, `${dir}/copy`, { errorOnExist: true }],
      [`${dir}/file.txt`, `${dir}/copy`, { errorOnExist: true, force: false }],
      [`${dir}/file.txt`, `${dir}/copy`, { force: 1 }],
    ]),
  );
});
