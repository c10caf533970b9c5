import fs from 'node:fs';
import { both, cases, type Fsp, settle, settleAll } from './harness';

/* readdir() and opendir(). */

/** Makes names that are no UTF-8, and more of them than one system call returns. */
function fill(dir: string, count = 20): string {
  const at = `${dir}/full`;
  fs.mkdirSync(at);
  for (const name of ['\xff\xfe', 'a\xc5\xbcb', ' ', '\n', "'", '\xc5', '-', '\\', 'Z', 'a', '~']) {
    fs.writeFileSync(Buffer.from(`${at}/${name}`, 'latin1'), '');
  }
  for (let i = 0; i < count; i++) fs.writeFileSync(`${at}/file-with-a-name-that-takes-room-${i}`, '');
  return at;
}

const options: unknown[] = [
  undefined,
  null,
  {},
  'utf8',
  'latin1',
  'hex',
  'base64',
  'ucs2',
  'buffer',
  'ascii',
  'zz',
  '',
  1,
  true,
  () => {},
  { encoding: null },
  { encoding: 'latin1' },
  { encoding: 'buffer' },
  { encoding: 'hex' },
  { encoding: 'zz' },
  { encoding: 1 },
  { withFileTypes: true },
  { withFileTypes: false },
  { withFileTypes: 1 },
  { withFileTypes: 'yes' },
  { withFileTypes: true, encoding: 'buffer' },
  { withFileTypes: true, encoding: 'latin1' },
  { withFileTypes: true, encoding: 'hex' },
];
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? [...value].sort((a, b) => (String(a.name ?? a) < String(b.name ?? b) ? -1 : 1))
    : value;

cases('readdir', {
  options: (fsp, dir) => {
    const at = fill(dir);
    return settleAll(...options.map((each) => () => fsp.readdir(at, each as 'utf8')));
  },
  'of each type': async (fsp, dir) => {
    const seen = [];
    for (const at of [dir, Buffer.from(dir), new URL(`file://${dir}/`), `${dir}/`, `${dir}/sub/..`]) {
      seen.push(await fsp.readdir(at, { withFileTypes: true }));
    }
    return [
      seen,
      (await fsp.readdir('/dev', { withFileTypes: true })).filter(
        ({ name }) => name === 'null' || name === 'shm',
      ),
    ];
  },
  recursive: (fsp, dir) =>
    settleAll(
      ...[
        {},
        { withFileTypes: true },
        { encoding: 'utf8' },
        { encoding: 'latin1' },
        { encoding: 'buffer' },
        { withFileTypes: true, encoding: 'buffer' },
      ].flatMap((each) => [
        () => fsp.readdir(dir, { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(`${dir}/`, { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(`${dir}/dirlink`, { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(`${dir}/emptydir`, { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(`${dir}/file.txt`, { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(Buffer.from(dir), { ...each, recursive: true } as { recursive: true }),
        () => fsp.readdir(new URL(`file://${dir}`), { ...each, recursive: true } as { recursive: true }),
      ]),
    ),
  'recursive, truthy': (fsp, dir) =>
    settleAll(
      ...[1, 'yes', 0, null].map(
        (recursive) => () => fsp.readdir(dir, { recursive } as unknown as { recursive: true }),
      ),
    ),
  'thousands of names': async (fsp, dir) => [
    await fsp.readdir(fill(dir, 3000)),
    (await fsp.readdir(`${dir}/full`, { withFileTypes: true })).length,
    (await fsp.readdir(dir, { recursive: true })).length,
  ],
  'names that are not UTF-8 make the round trip': async (fsp, dir) => {
    const at = fill(dir);
    const names = await fsp.readdir(at, 'buffer');
    const path = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${at}/`), name]);
    for (const name of names) await fsp.writeFile(path(name), name);
    const contents = [];
    for (const name of names)
      contents.push(await fsp.readFile(path(name)), (await fsp.stat(path(name))).size);
    for (const name of names) await fsp.unlink(path(name));
    return [names, contents, await fsp.readdir(at)];
  },
  'a Dirent': async (fsp, dir) => {
    const [entry] = await fsp.readdir(`${dir}/sub`, { withFileTypes: true });
    return [
      Object.keys(entry as object),
      JSON.stringify(entry),
      { ...entry }.name,
      entry?.parentPath,
      entry?.path,
    ];
  },
});

async function all(fsp: Fsp, at: string | Buffer, given?: unknown): Promise<unknown> {
  const found = [];
  for await (const entry of await fsp.opendir(at as string, given as { bufferSize: number }))
    found.push(entry);
  return sorted(found);
}

cases('opendir', {
  'for await': async (fsp, dir) => [
    await all(fsp, fill(dir)),
    await all(fsp, Buffer.from(dir)),
    await all(fsp, `${dir}/emptydir`),
  ],
  'its own fields': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub/`);
    const { path } = opened;
    await opened.close();
    return [opened, path, opened.path];
  },
  options: async (fsp, dir) => {
    const at = fill(dir);
    const seen = [];
    // A wrong size ends the process of Node, since the error is thrown in a callback inside of Node.
    const sizes = [1, 2, 7, 1000].map((bufferSize) => ({ bufferSize }));
    const given = [
      undefined,
      null,
      {},
      'utf8',
      'latin1',
      'buffer',
      'zz',
      { encoding: 'hex' },
      { encoding: 'buffer' },
      { encoding: 'zz' },
    ];
    for (const each of [...given, ...sizes]) seen.push(await settle(() => all(fsp, at, each)));
    return seen;
  },
  recursive: (fsp, dir) =>
    settleAll(
      // No small bufferSize: Node loses entries with one.
      ...[true, false, 1].map((recursive) => () => all(fsp, dir, { recursive })),
      () => all(fsp, `${dir}/sub`, { recursive: true, encoding: 'latin1' }),
    ),
  'break, return and throw close it': async (fsp, dir) => {
    const opened = await Promise.all([fsp.opendir(dir), fsp.opendir(dir), fsp.opendir(dir)]);
    for await (const _ of opened[0]) break;
    const thrown = await settle(async () => {
      for await (const entry of opened[1]) throw new Error(typeof entry.name);
    });
    const iterator = opened[2][Symbol.asyncIterator]();
    await iterator.next();
    const returned = await iterator.return?.(undefined as never);
    return [
      thrown,
      returned,
      await settleAll(...opened.flatMap((each) => [() => each.read(), () => each.close()])),
    ];
  },
  'read to the end and beyond': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const names = [];
    for (let entry = await opened.read(); entry; entry = await opened.read()) names.push(entry);
    return [sorted(names), await opened.read(), await opened.close()];
  },
  callbacks: async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const read = (): Promise<unknown[]> =>
      new Promise((resolve) => void opened.read((...args) => resolve(args)));
    const names = [await read(), await read(), await read()].map(([error, entry]) => [
      error,
      (entry as fs.Dirent).name,
    ]);
    const end = await read();
    const closed = await new Promise((resolve) => opened.close((...args) => resolve(args)));
    const again = await settle(() => new Promise((resolve) => opened.close((...args) => resolve(args))));
    const late = await settle(read);
    return [names.sort(), end, closed, again, late];
  },
  'callbacks that are none': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const wrong = [null, 1, {}, 'x'] as unknown as (() => void)[];
    const seen = await settleAll(
      ...wrong.flatMap((each) => [() => opened.read(each), () => opened.close(each)]),
    );
    return [seen, await settle(() => opened.close())];
  },
  'read with undefined, closed and not': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const read = opened.read as (given: unknown) => Promise<unknown>;
    const before = (await settle(() => read.call(opened, undefined))).how;
    await opened.close();
    return [
      before,
      await settleAll(
        () => opened.read(),
        () => read.call(opened, undefined),
      ),
    ];
  },
  'path of no Dir': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    await opened.close();
    return settle(() => Object.getPrototypeOf(opened).path);
  },
  'concurrent reads': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const entries = await Promise.all(Array.from({ length: 6 }, () => opened.read()));
    await opened.close();
    return entries.map((entry) => entry?.name).sort();
  },
  'close during a read, and twice': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const reading = settle(() => opened.read());
    const closing = [settle(() => opened.close()), settle(() => opened.close())];
    const read = await reading;
    return [
      read.how,
      await Promise.all(closing),
      await settleAll(
        () => opened.read(),
        () => opened.close(),
      ),
    ];
  },
  'the synchronous half': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const names = [opened.readSync()?.name, opened.readSync()?.name, opened.readSync()?.name].sort();
    return [
      names,
      opened.readSync(),
      opened.closeSync(),
      await settleAll(
        () => opened.readSync(),
        () => opened.closeSync(),
      ),
    ];
  },
  'the synchronous half, once the directory has another name and lacks what was read': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`, { bufferSize: 1 });
    const first = (await opened.read())?.name;
    await fsp.rename(`${dir}/sub`, `${dir}/other`);
    await fsp.rm(`${dir}/other/${first}`, { recursive: true });
    const names = [first, opened.readSync()?.name, opened.readSync()?.name].sort();
    return [names, opened.readSync(), opened.closeSync()];
  },
  'the synchronous half during a read': async (fsp, dir) => {
    const opened = await fsp.opendir(`${dir}/sub`);
    const reading = opened.read();
    const refused = await settleAll(
      () => opened.readSync(),
      () => opened.closeSync(),
    );
    return [(await reading) !== null, refused.map(({ how }) => how), await settle(() => opened.close())];
  },
});

both('opendir: what it cannot open', (fsp, dir) =>
  settleAll(
    ...['file.txt', 'missing', 'loop', 'dangling'].map((name) => () => fsp.opendir(`${dir}/${name}`)),
  ),
);

both('a directory that is removed while it is open', async (fsp, dir) => {
  const opened = await fsp.opendir(`${dir}/emptydir`);
  await fsp.rmdir(`${dir}/emptydir`);
  return [await settle(() => opened.read()), await settle(() => opened.close())];
});
