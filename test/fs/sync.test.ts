import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { TimeoutError } from '../../lib';
import * as oursFs from '../../lib/fs';
import { Fifo } from '../fixtures/fifo';
import { OpenDescriptors } from '../fixtures/leaks';
import { thrown } from '../table/tools';
import { both, type Fs } from './harness';

/* The synchronous functions with a timeout: Node's results and errors, from a worker; and what ends them. */

const LONG = 60_000;
type Any = (...args: unknown[]) => unknown;
const named = (its: Fs, name: string): Any => (its as unknown as Record<string, Any>)[name] as Any;

/** Compares both results. Both get `options`; only ours gets the timeout. */
function tried(its: Fs, name: string, rows: unknown[][], options: object = {}): unknown[] {
  const last = its === fs ? options : { ...options, timeout: LONG };
  return rows.map((row) => {
    try {
      return { returned: named(its, name)(...row, last) };
    } catch (thrown) {
      return { thrown };
    }
  });
}

const PLACES = ['file.txt', 'missing', 'sub', 'link', 'dangling', 'loop', 'file.txt/x', 'empty'];
const places = (dir: string): string[] => PLACES.map((place) => `${dir}/${place}`);
const onPath = (dir: string): unknown[][] => places(dir).map((path) => [path]);

const takesOptions: Record<string, object[]> = {
  statSync: [{}, { bigint: true }, { throwIfNoEntry: false }],
  lstatSync: [{}, { bigint: true }, { throwIfNoEntry: false }],
  readFileSync: [{}, { encoding: 'utf8' }, { encoding: 'hex', flag: 'r+' }, { encoding: 'nonsense' }],
  readdirSync: [{}, { withFileTypes: true }, { recursive: true }, { recursive: true, withFileTypes: true }],
  realpathSync: [{}, { encoding: 'buffer' }],
  opendirSync: [{ encoding: 'nonsense' }, { bufferSize: 0 }],
  readlinkSync: [{}, { encoding: 'buffer' }],
  rmSync: [{}, { recursive: true }, { force: true }],
  rmdirSync: [{}],
  mkdirSync: [{}, { recursive: true }, { mode: 0o700 }],
};

describe.each(Object.entries(takesOptions))('%s', (name, options) => {
  for (const each of options) both(JSON.stringify(each), (its, dir) => tried(its, name, onPath(dir), each));
});

both('rmSync of a tree by force', (its, dir) =>
  tried(its, 'rmSync', [[`${dir}/file.txt/x`], [`${dir}/file.txt/`]], { recursive: true, force: true }),
);

const takesNone: Record<string, (dir: string) => unknown[][]> = {
  accessSync: (dir) => [...onPath(dir), [`${dir}/file.txt`, fs.constants.X_OK]],
  chmodSync: (dir) => places(dir).map((path) => [path, 0o640]),
  chownSync: (dir) => places(dir).map((path) => [path, 0, 0]),
  copyFileSync: (dir) => places(dir).map((path) => [path, `${dir}/copied`, fs.constants.COPYFILE_EXCL]),
  linkSync: (dir) => places(dir).map((path) => [path, `${dir}/linked`]),
  lutimesSync: (dir) => places(dir).map((path) => [path, 5, 6]),
  renameSync: (dir) => places(dir).map((path) => [path, `${dir}/moved`]),
  symlinkSync: (dir) => places(dir).map((path) => ['file.txt', path, 'file']),
  truncateSync: (dir) => places(dir).map((path) => [path, 3]),
  unlinkSync: onPath,
  utimesSync: (dir) => places(dir).map((path) => [path, 5, 6]),
};

describe.each(Object.entries(takesNone))('%s', (name, rows) => {
  both('every place', (its, dir) =>
    its === fs ? triedPlainly(its, name, rows(dir)) : tried(its, name, rows(dir)),
  );
});

both('opendirSync', (its, dir) => {
  const made = tried(its, 'opendirSync', onPath(dir)) as Came[];
  for (const { returned } of made) (returned as unknown as fs.Dir | undefined)?.closeSync();
  return made.map(({ thrown }) => thrown);
});

both('mkdtempSync', (its, dir) => {
  const prefixes = ['file.txt/', 'missing/x', 'loop/x', 'n'.repeat(300)];
  return tried(
    its,
    'mkdtempSync',
    prefixes.map((prefix) => [`${dir}/${prefix}`]),
  );
});

/** Functions that take no options in Node. */
function triedPlainly(its: Fs, name: string, rows: unknown[][]): unknown[] {
  return rows.map((row) => {
    try {
      return { returned: named(its, name)(...row) };
    } catch (thrown) {
      return { thrown };
    }
  });
}

both('existsSync', (its, dir) =>
  [...places(dir), {}, 5].map((path) =>
    named(its, 'existsSync')(path, ...(its === fs ? [] : [{ timeout: LONG }])),
  ),
);

both('whole files', (its, dir) => [
  ...tried(
    its,
    'writeFileSync',
    places(dir).map((path) => [path, 'text']),
  ),
  ...tried(
    its,
    'appendFileSync',
    places(dir).map((path) => [path, 'more']),
    { mode: 0o600 },
  ),
  ...tried(its, 'writeFileSync', [[`${dir}/new`, Buffer.from('bytes')]], { flag: 'wx', flush: true }),
  ...tried(its, 'writeFileSync', [[`${dir}/new`, 5]]),
  ...tried(its, 'writeFileSync', [[`${dir}/file.txt`, '']], { flag: 'r' }),
  ...tried(its, 'appendFileSync', [[`${dir}/file.txt`, '']], { flag: 'r' }),
]);

/** From Node 22 on the errors of cpSync have other messages and no `info`; only the codes agree with those of cp(). */
const refusesNatively = Number.parseInt(process.versions.node, 10) >= 22;

interface Came {
  returned?: unknown;
  thrown?: Error & { code?: string; errno?: number; info?: { errno: number } };
}

const cases: [object, string, string][] = [
  [{}, 'file.txt', 'copy'],
  [{ recursive: true }, 'sub', 'copy'],
  [{ recursive: true }, 'sub', 'sub/deep'],
  [{ errorOnExist: true, force: false }, 'file.txt', 'empty'],
  [{ recursive: true, filter: (from: string) => !from.endsWith('x') }, '.', '../copy-of-dir'],
  [{ filter: async () => true }, 'file.txt', 'copy'],
];
test.each(cases)('cpSync %j %s %s', (options, from, to) => {
  const made = (its: Fs): unknown[] => {
    const dir = fs.mkdtempSync(`${fs.realpathSync('/tmp')}/cp-sync-`);
    try {
      const place = `${dir}/place`;
      fs.mkdirSync(`${place}/sub/inner`, { recursive: true });
      fs.writeFileSync(`${place}/sub/inner/x`, 'x');
      fs.writeFileSync(`${place}/file.txt`, 'text');
      fs.writeFileSync(`${place}/empty`, '');
      const came = tried(its, 'cpSync', [[`${place}/${from}`, `${place}/${to}`]], options) as Came[];
      const plain = JSON.stringify(
        came.map(({ thrown, ...rest }) => {
          if (thrown === undefined) return rest;
          if (refusesNatively && thrown.code?.startsWith('ERR_FS_CP_')) return { ...rest, code: thrown.code };
          return { ...rest, ...thrown, message: thrown.message, name: thrown.name };
        }),
      ).replaceAll(dir, '');
      return [plain, fs.readdirSync(dir, { recursive: true }).sort()];
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  };
  expect(made(oursFs as unknown as Fs)).toEqual(made(fs));
});

both('descriptors', (its, dir) => {
  const more = its === fs ? [] : [{ timeout: LONG }];
  const fd = named(its, 'openSync')(`${dir}/written`, 'w+', 0o600, ...more) as number;
  const into = Buffer.alloc(8);
  const said = [
    named(its, 'writeSync')(fd, 'text', ...more),
    named(its, 'writeSync')(fd, '6263', 4, 'hex', ...more),
    named(its, 'writeSync')(fd, Buffer.from('bytes'), 1, 3, 6, ...more),
    named(its, 'writevSync')(fd, [Buffer.from('a'), Buffer.from('b')], 9, ...more),
    named(its, 'readSync')(fd, into, 0, 8, 0, ...more),
    named(its, 'readSync')(fd, into, 0, 0, 0, ...more),
    named(its, 'readvSync')(fd, [Buffer.alloc(2), into], 0, ...more),
    named(its, 'fstatSync')(fd, ...(more.length > 0 ? more : [{}])),
    named(its, 'ftruncateSync')(fd, 3, ...more),
    named(its, 'futimesSync')(fd, 5, 6, ...more),
    named(its, 'fchmodSync')(fd, 0o640, ...more),
    named(its, 'fsyncSync')(fd, ...more),
    named(its, 'fdatasyncSync')(fd, ...more),
    named(its, 'closeSync')(fd, ...more),
  ];
  said.splice(7, 1);
  return [said, into.toString('latin1'), tried(its, 'fsyncSync', [[-1], ['x'], [2 ** 31]])];
});

test('cpSync of a directory without `recursive`: errno belongs to the code, while Node 20 has another number', () => {
  const [{ thrown }] = tried(oursFs as unknown as Fs, 'cpSync', [[__dirname, '/tmp/never-made']]) as [Came];
  expect(thrown).toMatchObject({ code: 'ERR_FS_EISDIR', info: { code: 'EISDIR', errno: 21 } });
});

test('without a timeout Node itself is called', () => {
  expect(oursFs.statSync('/').isDirectory()).toBe(true);
  expect(oursFs.statSync('/missing-here', { throwIfNoEntry: false })).toBeUndefined();
  expect(() => oursFs.statSync('/', { timeout: '1' as unknown as number })).toThrow('options.timeout');
});

describe('on a FIFO', () => {
  let fifo: Fifo;
  beforeEach(async () => {
    fifo = await Fifo.make();
  });
  afterEach(() => fifo.remove());

  test('a TimeoutError names the call, and its stack the caller', () => {
    const error = thrown<TimeoutError>(() => oursFs.openSync(fifo.path, 'r', undefined, { timeout: 20 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      code: 'ETIMEDOUT',
      syscall: 'open',
      path: fifo.path,
      // Its worker may not have begun within the timeout.
      outcome: expect.stringMatching(/^(interrupted|cancelled)$/),
    });
    expect(error.stack?.split('\n')[1]).toContain('sync.test');
  });

  test('a read that times out frees the caller, and the descriptor works afterwards', () => {
    fifo.open();
    const fd = fs.openSync(fifo.path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const other = oursFs.openSync(fifo.path, 'r', undefined, { timeout: LONG });
    const into = Buffer.alloc(4);
    expect(
      thrown<TimeoutError>(() => oursFs.readSync(other, into, 0, 4, null, { timeout: 20 })),
    ).toBeInstanceOf(TimeoutError);
    fifo.feed('text');
    expect(oursFs.readSync(other, into, 0, 4, null, { timeout: LONG })).toBe(4);
    expect(into.toString()).toBe('text');
    for (const each of [fd, other]) fs.closeSync(each);
  });

  test('no callback of another call runs while the caller waits', async () => {
    const ran: string[] = [];
    const others = Promise.all([
      oursFs.promises.stat('/').then(() => ran.push('promise')),
      new Promise<void>((resolve) => oursFs.stat('/', () => resolve(void ran.push('callback')))),
    ]);
    expect(
      thrown<TimeoutError>(() => oursFs.openSync(fifo.path, 'r', undefined, { timeout: 50 })),
    ).toBeInstanceOf(TimeoutError);
    expect(ran).toEqual([]);
    await others;
    expect(ran.sort()).toEqual(['callback', 'promise']);
  });

  test('an aborted signal beside the timeout refuses the call', () => {
    const options = { timeout: LONG, signal: AbortSignal.abort('why') };
    expect(thrown<TimeoutError>(() => oursFs.readFileSync(fifo.path, options))).toMatchObject({
      code: 'ABORT_ERR',
      cause: 'why',
      outcome: 'cancelled',
    });
  });

  test('no descriptor is left behind', async () => {
    const before = new OpenDescriptors();
    for (let i = 0; i < 5; i++)
      thrown<TimeoutError>(() => oursFs.readFileSync(fifo.path, { timeout: i + 1 }));
    await before.closed();
  });
});
