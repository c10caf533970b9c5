// What differs on Windows from other systems. scripts/wine.mjs runs this.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  configure,
  interrupt,
  interruptUnder,
  listPending,
  type PendingOp,
  runInterruptible,
  supported,
} from '../../lib';
import { readFile } from '../../lib/fs';
import * as ours from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { type Pipe, silentPipe } from './pipe';

let pipe: Pipe;
let dir: string;
beforeAll(async () => {
  pipe = await silentPipe();
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'windows-'));
});
afterAll(async () => {
  await pipe.close();
  fs.rmSync(dir, { recursive: true });
});

const running = async (): Promise<PendingOp> => {
  await until(() => listPending({ state: 'running' }).length > 0, 'a running op');
  return listPending({ state: 'running' })[0] as PendingOp;
};

async function withPipe<T>(use: (handle: ours.FileHandle) => Promise<T>): Promise<T> {
  const handle = await ours.open(pipe.path, 'r+');
  try {
    return await use(handle);
  } finally {
    // The close of a handle waits for the reads of the handle.
    for (const op of listPending()) await interrupt(op);
    await handle.close();
  }
}

const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: { code: unknown; outcome: unknown }) => [error.code, error.outcome],
  );

// This test comes first, since later there is more than one worker.
test('what waits for a worker is cancelled', async () => {
  configure({ maxThreads: 1 });
  const handles = [await ours.open(pipe.path, 'r+'), await ours.open(pipe.path, 'r+')];
  try {
    const reads = handles.map((handle) => code(handle.read(Buffer.alloc(1))));
    await running();
    const queued = listPending({ state: 'queued' });
    expect(queued.length).toBe(1);
    expect((await interrupt(queued[0] as PendingOp))[0]?.outcome).toBe('cancelled');
    await interrupt(await running());
    expect(await Promise.all(reads)).toEqual(
      expect.arrayContaining([
        ['EINTR', 'cancelled'],
        ['EINTR', 'interrupted'],
      ]),
    );
  } finally {
    configure({ maxThreads: 16384 });
    for (const op of listPending()) await interrupt(op);
    for (const handle of handles) await handle.close();
  }
});

test('what is there, and what refuses', async () => {
  expect(supported).toMatchObject({
    ...{ native: true, interrupt: true, kill: false, mounts: true, locks: true, commands: true },
  });
  expect(() => configure({ control: true })).toThrow(expect.objectContaining({ code: 'ENOSYS' }));
  expect(() => configure({ signal: 'SIGTERM' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
  );
});

test('a read that waits is listed and interrupted', () =>
  withPipe(async (handle) => {
    const reading = code(handle.read(Buffer.alloc(1)));
    const op = await running();
    expect([op.fn(), op.call, op.threadId > 0, op.pathname()]).toEqual(['read', 'read', true, pipe.path]);
    const [report] = await interrupt(op);
    expect(report?.outcome).toBe('interrupted');
    expect(await reading).toEqual(['EINTR', 'interrupted']);
  }));

test('a flush and a write that wait are interrupted', () =>
  withPipe(async (handle) => {
    await handle.write('nobody reads this');
    const flushing = code(handle.sync());
    await interrupt(await running());
    expect(await flushing).toEqual(['EINTR', 'interrupted']);
    const writing = code(handle.write(Buffer.alloc(1 << 20)));
    await interrupt(await running());
    expect(await writing).toEqual(['EINTR', 'interrupted']);
  }));

test('each of 300 reads is interrupted as soon as it runs, or before', () =>
  withPipe(async (handle) => {
    for (let i = 0; i < 300; i++) {
      const reading = code(handle.read(Buffer.alloc(1)));
      if (i % 3 !== 0) await running();
      await interrupt(listPending()[0] as PendingOp);
      expect(await reading).toEqual(['EINTR', expect.stringMatching(/^(interrupted|cancelled)$/)]);
    }
  }));

test('a signal, a timeout and a scope end a read', () =>
  withPipe(async (handle) => {
    expect(await code(handle.read(Buffer.alloc(1), 0, 1, null, { timeout: 20 }))).toEqual([
      'ETIMEDOUT',
      'interrupted',
    ]);
    const controller = new AbortController();
    const aborted = code(handle.read(Buffer.alloc(1), 0, 1, null, { signal: controller.signal }));
    await running();
    controller.abort();
    expect(await aborted).toEqual(['ABORT_ERR', 'interrupted']);
    const scoped = runInterruptible({ timeout: 20 }, () => handle.read(Buffer.alloc(1)));
    expect(await code(scoped)).toEqual(['ETIMEDOUT', 'interrupted']);
  }));

test('calls under a folder are found, however the path is written', () =>
  withPipe(async (handle) => {
    const reading = code(handle.read(Buffer.alloc(1)));
    await running();
    expect(listPending({ under: '//./pipe' }).length).toBe(1);
    expect(listPending({ under: dir }).length).toBe(0);
    await interruptUnder('\\\\.\\pipe\\');
    expect(await reading).toEqual(['EINTR', 'interrupted']);
  }));

test("a descriptor of this package in node:fs, and one of Node's here", async () => {
  const file = path.join(dir, 'shared');
  fs.writeFileSync(file, 'hello, world');
  const handle = await ours.open(file, 'r');
  const buffer = Buffer.alloc(5);
  expect(fs.readSync(handle.fd, buffer, 0, 5, 7)).toBe(5);
  expect(String(buffer)).toBe('world');
  expect(fs.fstatSync(handle.fd).size).toBe(12);
  await handle.close();
  expect(() => fs.fstatSync(handle.fd)).toThrow();
  const fd = fs.openSync(file, 'r');
  expect(String(await promisify(readFile)(fd))).toBe('hello, world');
  fs.closeSync(fd);
});

test('the type of a link, where its target tells it', async () => {
  // Wine makes no symbolic links, so both sides are compared by their errors, too.
  const made = async (promises: typeof fs.promises, type?: string) => {
    const link = path.join(dir, `link-${promises === fs.promises}-${type}`);
    return promises.symlink(dir, link, type as never).then(
      () => 'made',
      (error: NodeJS.ErrnoException) => error.message.replace(/link-\w+/, 'link'),
    );
  };
  for (const type of [undefined, 'file', 'dir', 'junction'])
    expect(await made(ours as never, type)).toBe(await made(fs.promises, type));
});

test('a tree whose paths are longer than MAX_PATH', async () => {
  const deep = path.join(dir, ...Array.from({ length: 12 }, (_, i) => `${i}`.padStart(30, 'n')));
  // Node 22.23 puts a prefix before the path that it returns.
  const made = fs.mkdirSync(path.join(dir, 'made/deep'), { recursive: true });
  fs.rmSync(path.join(dir, 'made'), { recursive: true });
  const prefix = made?.slice(0, made.indexOf(dir));
  expect(await ours.mkdir(deep, { recursive: true })).toBe(prefix + deep.slice(0, dir.length + 31));
  await ours.writeFile(path.join(deep, 'file'), 'x');
  expect(await ours.readdir(deep)).toEqual(['file']);
  await ours.cp(deep.slice(0, dir.length + 31), path.join(dir, 'copy'), { recursive: true });
  expect(fs.readdirSync(path.join(dir, 'copy'), { recursive: true }).length).toBe(12);
  for (const top of [deep.slice(0, dir.length + 31), path.join(dir, 'copy')])
    await ours.rm(top, { recursive: true });
  expect(fs.readdirSync(dir).filter((name) => name !== 'shared' && !name.startsWith('link'))).toEqual([]);
});

const main = JSON.stringify(path.join(__dirname, '../../lib'));
const promises = JSON.stringify(path.join(__dirname, '../../lib/fs/promises'));
test('a worker thread ends although its read waits', async () => {
  const source = `require(${promises}).open(${JSON.stringify(pipe.path)}, 'r+').then((handle) => {
    handle.read(Buffer.alloc(1)).catch(() => undefined);
    setTimeout(() => require('node:worker_threads').parentPort.postMessage('reads'), 50);
  });`;
  const worker = new Worker(source, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
  expect(await worker.terminate()).toBe(1);
});

test.each(['process.exit(7)', 'process.exitCode = 7; handle.unref?.()'])(
  'a program ends although its read waits: %s',
  (end) => {
    const source = `require(${promises}).open(${JSON.stringify(pipe.path)}, 'r+').then((handle) => {
    handle.read(Buffer.alloc(1), 0, 1, null, { timeout: 200 }).catch(() => undefined);
    setTimeout(() => { ${end} }, 50);
  });`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([7, '']);
  },
);

test('the hook', () => {
  const register = JSON.stringify(path.join(__dirname, '../../lib/register'));
  const source = `require(${register}); require(${main}).trackPending(true); const fs = require('node:fs');
    fs.promises.readFile(${JSON.stringify(__filename)}).then((text) => console.log(text.length));
    console.log(require(${main}).listPending().map((op) => op.fn()).join());`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual([`readFile\n${fs.statSync(__filename).size}\n`, '']);
});
