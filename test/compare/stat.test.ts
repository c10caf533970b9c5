import fs from 'node:fs';
import os from 'node:os';
import { both, cases, Exact, type Fsp, settle, settleAll, tree, withHandle } from './harness';

/* Functions for the status, the permissions, the owner and the times of a file: stat() to lutimes(). */

const big = { bigint: true } as const;
const small = { bigint: false } as const;

cases('stat', {
  'numbers, of what both share': async (fsp) => [
    new Exact(await fsp.stat(process.execPath)),
    new Exact(await fsp.lstat(process.execPath)),
    new Exact(await fsp.stat('/')),
    new Exact(await withHandle(fsp, process.execPath, 'r', (handle) => handle.stat())),
  ],
  'bigint, of what both share': async (fsp) => [
    new Exact(await fsp.stat(process.execPath, big)),
    new Exact(await fsp.lstat(process.execPath, big)),
    new Exact(await withHandle(fsp, process.execPath, 'r', (handle) => handle.stat(big))),
  ],
  'each type of file': async (fsp, dir) => {
    const places = ['file.txt', 'sub', 'link', 'dirlink', 'exec.sh'].map((name) => `${dir}/${name}`);
    const seen = [];
    for (const place of [...places, '/dev/null', '/proc/self', '/proc/version', '/dev/stdin']) {
      seen.push(
        await fsp.stat(place),
        await fsp.lstat(place),
        await fsp.stat(place, big),
        await fsp.lstat(place, big),
      );
    }
    return seen;
  },
  options: (fsp, dir) =>
    settleAll(
      ...[
        small,
        {},
        undefined,
        { bigint: undefined },
        { bigint: 1 },
        { bigint: 0 },
        { bigint: 'yes' },
        { throwIfNoEntry: false },
      ].map((options) => () => fsp.stat(`${dir}/file.txt`, options as { bigint: false })),
    ),
  'throwIfNoEntry is for the synchronous calls': (fsp, dir) =>
    settle(() => fsp.stat(`${dir}/missing`, { throwIfNoEntry: false } as object)),
  'dates are the times': async (fsp, dir) => {
    await fsp.utimes(`${dir}/file.txt`, 1234567890.987654, 1.999999);
    const stats = await fsp.stat(`${dir}/file.txt`);
    const bigs = await fsp.stat(`${dir}/file.txt`, big);
    const times = [stats.atimeMs, stats.mtimeMs, bigs.atimeMs, bigs.mtimeMs, bigs.atimeNs, bigs.mtimeNs];
    return [
      times,
      stats.atime,
      stats.mtime,
      bigs.atime,
      bigs.mtime,
      stats.ctime.getTime() === Math.round(stats.ctimeMs),
    ];
  },
  'what can be done to stats': async (fsp, dir) => {
    const stats = await fsp.stat(`${dir}/file.txt`);
    const copy = { ...stats };
    const clone = structuredClone(Object.keys(stats));
    stats.size = 7;
    stats.mtime = new Date(5);
    const own = Object.getOwnPropertyNames(stats);
    return [
      Object.keys(copy),
      clone,
      own,
      stats.size,
      stats.mtime,
      Object.keys(JSON.parse(JSON.stringify(stats))),
    ];
  },
});

cases('statfs', {
  numbers: async (fsp) => new Exact(await fsp.statfs('/proc')),
  bigint: async (fsp) => new Exact(await fsp.statfs('/proc', big)),
  'a disk': async (fsp, dir) => {
    const { bfree, bavail, ffree, ...rest } = await fsp.statfs(dir);
    const bigs = await fsp.statfs(dir, big);
    return [rest, typeof bfree, typeof bavail, typeof ffree, bigs.type, bigs.blocks, bigs.files];
  },
});

const { F_OK, R_OK, W_OK, X_OK } = fs.constants;
cases('access', {
  modes: async (fsp, dir) => {
    const seen = [];
    for (const name of ['file.txt', 'exec.sh', 'sub', 'missing', 'dangling', 'loop']) {
      for (const mode of [undefined, F_OK, R_OK, W_OK, X_OK, R_OK | X_OK, R_OK | W_OK | X_OK]) {
        seen.push(await settle(() => fsp.access(`${dir}/${name}`, mode)));
      }
    }
    return seen;
  },
  'modes that do not exist': (fsp, dir) =>
    settleAll(...[8, 15, -1, 2 ** 31 - 1, 64].map((mode) => () => fsp.access(`${dir}/file.txt`, mode))),
});

// Node accepts numbers from 2 ** 31 to 2 ** 32 - 1, and then aborts in an assertion.
const modes = [
  0,
  0o600,
  '600',
  '0600',
  '0o600',
  '8',
  '',
  'u+x',
  -1,
  1.5,
  0o7777,
  0o4755,
  0o100644,
  2 ** 31 - 1,
  2 ** 32,
];
cases('chmod', {
  modes: async (fsp, dir) => {
    const seen = [];
    for (const mode of modes) {
      seen.push(
        await settle(() => fsp.chmod(`${dir}/file.txt`, mode)),
        (await fsp.stat(`${dir}/file.txt`)).mode,
      );
    }
    return seen;
  },
  'of a handle': (fsp, dir) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', async (handle) => {
      const seen = [];
      for (const mode of modes)
        seen.push(await settle(() => handle.chmod(mode as number)), (await handle.stat()).mode);
      return seen;
    }),
  'of directories and links': async (fsp, dir) => [
    await settleAll(
      () => fsp.chmod(`${dir}/sub`, 0o700),
      () => fsp.chmod(`${dir}/link`, 0o600),
      () => fsp.chmod(`${dir}/dangling`, 0o600),
      () => fsp.lchmod(`${dir}/link`, 0o600),
      () => fsp.chmod('/proc/version', 0o600),
    ),
    tree(dir),
  ],
});

const { uid, gid } = os.userInfo();
const owners: [number, number][] = [
  [uid, gid],
  [-1, -1],
  [uid, -1],
  [-1, gid],
  [-2, 0],
  [0, -2],
  [2 ** 32, 0],
  [0, 2 ** 32],
  [0.5, 0],
  [2 ** 32 - 1, 2 ** 32 - 1],
];
const chowns =
  (change: (fsp: Fsp, dir: string, uid: number, gid: number) => Promise<void>) => (fsp: Fsp, dir: string) =>
    settleAll(
      ...owners.map(
        ([user, group]) =>
          () =>
            change(fsp, dir, user, group),
      ),
    );
cases('chown', {
  chown: chowns((fsp, dir, user, group) => fsp.chown(`${dir}/file.txt`, user, group)),
  lchown: chowns((fsp, dir, user, group) => fsp.lchown(`${dir}/dangling`, user, group)),
  'of a handle': chowns((fsp, dir, user, group) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', (handle) => handle.chown(user, group)),
  ),
  'changes, where it may': async (fsp, dir) => {
    const change = await settle(() => fsp.chown(`${dir}/file.txt`, 12345, 4294967294));
    const link = await settle(() => fsp.lchown(`${dir}/link`, 23456, 2 ** 31));
    return [change, link, await fsp.lstat(`${dir}/file.txt`), await fsp.lstat(`${dir}/link`)];
  },
});

const times: unknown[] = [
  0,
  1,
  1.5,
  -1,
  -1.5,
  -0.001,
  1e9,
  1e9 + 0.1,
  1700000000.123456,
  253402300799,
  2 ** 31,
  2 ** 33,
  1e20,
  -1e20,
  new Date(0),
  new Date(-1),
  new Date(1700000000123),
  new Date(8.64e15),
  new Date(Number.NaN),
  '0',
  '1700000000',
  '1.5',
  ' 2 ',
  '',
  'now',
  '2020-01-01',
  '0x10',
  '1e3',
  Number.NaN,
  Infinity,
  -Infinity,
  10n,
  null,
  undefined,
  true,
  {},
  [],
  [5],
];
type Utimes = (atime: Date, mtime: Date) => Promise<void>;
async function utimes(fsp: Fsp, set: Utimes, file: string): Promise<unknown> {
  const seen = [];
  for (const time of times) {
    for (const pair of [
      [time, 7],
      [7, time],
    ]) {
      // Node takes an infinite time, or none, for the present.
      const before = Date.now() - 60_000;
      const settled = await settle(() => set(...(pair as [Date, Date])));
      const { atimeNs, mtimeNs } = await fsp.lstat(file, big);
      const now = (ns: bigint): boolean => Math.abs(Number(ns / 1_000_000n) - before) < 120_000;
      seen.push([settled, now(atimeNs) ? 'now' : atimeNs, now(mtimeNs) ? 'now' : mtimeNs]);
    }
  }
  return seen;
}
cases('utimes', {
  utimes: (fsp, dir) => utimes(fsp, (...pair) => fsp.utimes(`${dir}/file.txt`, ...pair), `${dir}/file.txt`),
  lutimes: (fsp, dir) => utimes(fsp, (...pair) => fsp.lutimes(`${dir}/dangling`, ...pair), `${dir}/dangling`),
  'of a handle': (fsp, dir) =>
    withHandle(fsp, `${dir}/file.txt`, 'r', (handle) =>
      utimes(fsp, (...pair) => handle.utimes(...pair), `${dir}/file.txt`),
    ),
  'of a link': async (fsp, dir) => {
    await fsp.utimes(`${dir}/link`, 5, 6);
    await fsp.lutimes(`${dir}/link`, 7, 8);
    const [file, link] = [await fsp.stat(`${dir}/link`), await fsp.lstat(`${dir}/link`)];
    return [file.atimeMs, file.mtimeMs, link.mtimeMs];
  },
});

both('truncate', async (fsp, dir) => {
  const file = `${dir}/file.txt`;
  const seen = [];
  for (const length of [
    undefined,
    0,
    3,
    3.5,
    100,
    -1,
    null,
    '4',
    4n,
    2 ** 40,
    2 ** 53 - 1,
    2 ** 53,
    Number.NaN,
  ]) {
    fs.writeFileSync(file, 'hello, world\n');
    seen.push(await settle(() => fsp.truncate(file, length as number)), (await fsp.stat(file)).size);
    const done = await withHandle(fsp, file, 'r+', (handle) =>
      settle(() => handle.truncate(length as number)),
    );
    seen.push(done, (await fsp.stat(file)).size);
  }
  const other = (name: string) => () => fsp.truncate(`${dir}/${name}`, 1);
  const refused = await settleAll(...['sub', 'missing', 'dangling', 'loop', 'link'].map(other));
  const read = await withHandle(fsp, file, 'r', (handle) => settle(() => handle.truncate(1)));
  return [seen, refused, read];
});
