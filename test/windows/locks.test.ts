// pendingop/lock on Windows. scripts/wine.mjs runs this.
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { interrupt, listPending, OpKind, type PendingOp } from '../../lib';
import { open } from '../../lib/fs/promises';
import { lock, tryLock } from '../../lib/lock';
import { until } from '../fixtures/leaks';

let dir: string;
let file: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'locks-'));
  file = path.join(dir, 'file');
  fs.writeFileSync(file, 'content');
});
afterEach(() => fs.rmSync(dir, { recursive: true }));

/** Waits until `count` calls wait for a lock, and returns them. */
async function waiters(count = 1): Promise<PendingOp[]> {
  const found = (): PendingOp[] =>
    listPending({ kind: OpKind.Lock, state: 'running' }).filter((op) => op.call !== '');
  await until(() => found().length === count, `${count} calls wait`);
  return found();
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error) => [error.code, error.outcome, error.mayHaveTakenEffect],
  );

/** Starts another program, and waits until it has printed something. */
async function other(file: string, args: string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.on('data', (text) => {
    said += text;
  });
  await until(() => said.includes('\n'), `${file} has said something`);
  return { child, said: said.trim() };
}

async function end(child: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await over;
}

describe.each(['flock', 'fcntl'] as const)('%s', (kind) => {
  it('excludes others until it is released, and holds up no reads and writes', async () => {
    const held = await lock(file, { kind });
    expect(held).toMatchObject({ path: file, kind, held: true });
    expect(await tryLock(file, { kind })).toBeUndefined();
    expect(await tryLock(file, { kind, shared: true })).toBeUndefined();
    fs.writeFileSync(file, 'more content');
    expect(fs.readFileSync(file, 'utf8')).toBe('more content');
    await held.release();
    expect(held.held).toBe(false);
    await (await tryLock(file, { kind }))?.release();
    fs.unlinkSync(file);
  });

  it('is shared by those that ask for it', async () => {
    const one = await lock(file, { kind, shared: true });
    const two = await tryLock(file, { kind, shared: true });
    expect(two?.held).toBe(true);
    expect(await tryLock(file, { kind })).toBeUndefined();
    const alone = lock(file, { kind });
    await waiters();
    await one.release();
    await waiters();
    await two?.release();
    await (await alone).release();
  });

  it('is waited for, listed, and interrupted', async () => {
    const held = await lock(file, { kind });
    const next = failure(lock(file, { kind }));
    const [step] = await waiters();
    expect(step).toMatchObject({ call: kind, state: 'running' });
    expect(listPending({ under: dir })).toHaveLength(2);
    const [report] = await interrupt(listPending({ fn: 'lock' }), { grace: 60_000 });
    expect(report?.outcome).toBe('interrupted');
    expect(await next).toEqual(['EINTR', 'interrupted', false]);
    const controller = new AbortController();
    const aborted = failure(lock(file, { kind, signal: controller.signal }));
    await waiters();
    controller.abort();
    expect(await aborted).toEqual(['ABORT_ERR', 'interrupted', false]);
    expect(await failure(lock(file, { kind, timeout: 20 }))).toEqual(['ETIMEDOUT', 'interrupted', false]);
    await held.release();
    await (await lock(file, { kind })).release();
  });

  it('on a FileHandle: goes with it; a lock that waits holds up neither its reads nor its close', async () => {
    const handle = await open(file, 'r+');
    const second = await open(file, 'r+');
    const held = await lock(handle, { kind });
    const waits = failure(lock(second, { kind }));
    await waiters();
    expect(await second.readFile('utf8')).toBe('content');
    await interrupt(second.listPending(), { grace: 60_000 });
    expect(await waits).toEqual(['EINTR', 'interrupted', false]);
    await handle.close();
    expect(held.held).toBe(false);
    await (await lock(second, { kind })).release();
    await second.close();
  });

  it('40 that wait: each gets its turn', async () => {
    const held = await lock(file, { kind });
    let inside = 0;
    const most: number[] = [];
    const turns = Array.from({ length: 40 }, async () => {
      const mine = await lock(file, { kind });
      most.push(++inside);
      await open(file).then((handle) => handle.close());
      inside--;
      await mine.release();
    });
    await waiters(40);
    await held.release();
    await Promise.all(turns);
    expect(Math.max(...most)).toBe(1);
  });

  it('of another program is waited for, and ends with that program', async () => {
    const holder = path.join(__dirname, '../lock/programs/holder.cjs');
    const args = [holder, path.join(__dirname, '../../lib'), file, kind, 'hold'];
    const { child } = await other(process.execPath, args);
    try {
      expect(await tryLock(file, { kind })).toBeUndefined();
      const next = lock(file, { kind });
      await waiters();
      await end(child);
      await (await next).release();
    } finally {
      if (child.exitCode === null && child.signalCode === null) await end(child);
    }
  });
});

test('ranges exclude where they overlap, up to the largest number, and are no business of flock', async () => {
  const kind = 'fcntl' as const;
  const held = await lock(file, { kind, start: 10, length: 10 });
  expect(await tryLock(file, { kind, start: 0, length: 11 })).toBeUndefined();
  expect(await tryLock(file, { kind, start: 19, length: 1 })).toBeUndefined();
  expect(await tryLock(file, { kind })).toBeUndefined();
  const last = Number.MAX_SAFE_INTEGER - 1;
  const others = [
    await tryLock(file, { kind, start: 0, length: 10 }),
    await tryLock(file, { kind, start: last, length: 1 }),
    await tryLock(file),
  ];
  expect(others.map((one) => one?.held)).toEqual([true, true, true]);
  expect(await tryLock(file, { kind, start: 20 })).toBeUndefined();
  for (const one of [held, ...others]) await one?.release();
});

test('on one handle a second flock takes the place of the first; of two ranges each is released alone', async () => {
  const handle = await open(file, 'r+');
  const one = await lock(handle);
  await lock(handle, { shared: true });
  expect((await tryLock(file, { shared: true }).then(async (mine) => mine?.release())) === undefined).toBe(
    true,
  );
  expect(await tryLock(file)).toBeUndefined();
  await one.release();
  await (await lock(file)).release();
  const kind = 'fcntl' as const;
  const low = await lock(handle, { kind, start: 0, length: 5 });
  await lock(handle, { kind, start: 5, length: 5 });
  await low.release();
  expect(await tryLock(file, { kind, start: 5, length: 1 })).toBeUndefined();
  await (await lock(file, { kind, start: 0, length: 5 })).release();
  await handle.close();
});

test('a program that locks all bytes, and a lock of the whole file', async () => {
  const program = path.join(__dirname, 'programs/lock-all.exe');
  const first = await other(program, [file]);
  expect(first.said).toBe('held');
  expect(await tryLock(file)).toBeUndefined();
  await end(first.child);
  const held = await lock(file);
  const second = await other(program, [file]);
  expect(second.said).toBe('refused');
  await end(second.child);
  await held.release();
});

test('what cannot be locked', async () => {
  const code = async (promise: Promise<unknown>) => promise.catch((error) => [error.code, error.syscall]);
  expect(await code(lock(path.join(dir, 'none'), { create: false }))).toEqual(['ENOENT', 'open']);
  const handle = await open(file);
  await handle.close();
  expect(await code(lock(handle))).toEqual(['EBADF', 'flock']);
  await (await lock(path.join(dir, 'made'), { shared: true })).release();
  expect(fs.existsSync(path.join(dir, 'made'))).toBe(true);
});
