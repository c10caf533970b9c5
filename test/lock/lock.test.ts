import { constants, existsSync, rmSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { AbortError, interrupt, listPending, OpKind, onPending, TimeoutError } from '../../lib';
import { native } from '../../lib/engine/addon';
import { open, readFile, stat, writeFile } from '../../lib/fs/promises';
import { FileLock, lock, tryLock } from '../../lib/lock';
import { until } from '../fixtures/leaks';
import { failing, rejection } from '../table/tools';
import { endAll, isFree, KINDS, locksOn, waiters, withFile } from './tools';

const file = withFile();

describe.each(KINDS)('%s', (kind) => {
  it('excludes others, in this process and outside, until it is released', async () => {
    const held = await lock(file(), { kind });
    expect(held).toBeInstanceOf(FileLock);
    expect(held).toMatchObject({ path: file(), kind, shared: false, start: 0, length: 0, held: true });
    expect(locksOn(file())).toEqual([
      kind === 'flock' ? 'FLOCK ADVISORY WRITE 0 EOF' : 'OFDLCK ADVISORY WRITE 0 EOF',
    ]);
    expect(isFree(file())).toBe(kind === 'fcntl');
    expect(await tryLock(file(), { kind })).toBeUndefined();
    expect(await tryLock(file(), { kind, shared: true })).toBeUndefined();
    await held.release();
    expect(held.held).toBe(false);
    expect(locksOn(file())).toEqual([]);
    const next = await tryLock(file(), { kind });
    expect(next?.held).toBe(true);
    await next?.release();
  });

  it('is shared by those that ask for it', async () => {
    const one = await lock(file(), { kind, shared: true });
    const two = await tryLock(file(), { kind, shared: true });
    expect(two).toMatchObject({ shared: true, held: true });
    expect(await tryLock(file(), { kind })).toBeUndefined();
    const alone = lock(file(), { kind });
    await waiters();
    await one.release();
    await waiters();
    await two?.release();
    await (await alone).release();
  });

  it('is waited for, listed with its path', async () => {
    const held = await lock(file(), { kind });
    const next = lock(file(), { kind, timeout: Infinity });
    await waiters();
    const [top, step, ...others] = listPending(OpKind.Lock);
    expect(others).toEqual([]);
    expect(top?.fn()).toBe('lock');
    expect(top?.kind()).toBe(OpKind.Top | OpKind.Lock);
    expect(top?.pathname()).toBe(file());
    expect(top?.params()).toEqual([file(), { kind, timeout: Infinity }]);
    expect(step).toMatchObject({ call: kind, state: 'running', parent: top?.id });
    expect(step?.kind()).toBe(OpKind.Lock);
    expect(step?.pathname()).toBe(file());
    expect(step?.threadId).toBeGreaterThan(0);
    expect(listPending({ under: dirname(file()) })).toHaveLength(2);
    await held.release();
    await (await next).release();
  });

  it('is interrupted: nothing is held, and nothing waits', async () => {
    const held = await lock(file(), { kind });
    const failed = failing(lock(file(), { kind }));
    await waiters();
    await endAll();
    expect(await failed).toMatchObject({
      name: 'InterruptError',
      code: 'EINTR',
      syscall: kind,
      path: file(),
      outcome: 'interrupted',
      mayHaveTakenEffect: false,
    });
    expect(locksOn(file())).toHaveLength(1);
    await held.release();
    expect(locksOn(file())).toEqual([]);
  });

  it('ends by its signal and its timeout', async () => {
    const held = await lock(file(), { kind });
    const controller = new AbortController();
    const aborted = failing(lock(file(), { kind, signal: controller.signal }));
    await waiters();
    controller.abort('enough');
    expect(await aborted).toBeInstanceOf(AbortError);
    expect(await aborted).toMatchObject({ cause: 'enough', mayHaveTakenEffect: false });
    const late = await rejection(lock(file(), { kind, timeout: 20 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({ code: 'ETIMEDOUT', path: file(), mayHaveTakenEffect: false });
    expect(await rejection(lock(file(), { kind, signal: AbortSignal.abort() }))).toMatchObject({
      outcome: 'cancelled',
    });
    await held.release();
  });

  it('on a FileHandle: the lock belongs to the open file, and ends with it', async () => {
    const handle = await open(file(), 'r+');
    const other = await open(file(), 'r+');
    const held = await lock(handle, { kind });
    expect(held).toMatchObject({ path: file(), held: true });
    expect(await tryLock(other, { kind })).toBeUndefined();
    const failed = failing(lock(other, { kind }));
    const [op] = await waiters();
    expect(op?.kind()).toBe(OpKind.Top | OpKind.Lock);
    expect(op?.pathname()).toBe(file());
    expect(op?.params()).toEqual([file(), { kind }]);
    expect(other.listPending()).toHaveLength(1);
    expect(await interrupt(other.listPending(), { grace: 60_000 })).toMatchObject([
      { outcome: 'interrupted' },
    ]);
    expect(await failed).toMatchObject({ path: file(), mayHaveTakenEffect: false });
    await handle.close();
    expect(held.held).toBe(false);
    await held.release();
    const next = await lock(other, { kind });
    await next.release();
    // The handle can be used, and locked again.
    expect(await other.readFile('utf8')).toBe('content');
    await (await lock(other, { kind, shared: true })).release();
    expect(locksOn(file())).toEqual([]);
    await other.close();
    expect(await rejection(lock(other, { kind }))).toMatchObject({ code: 'EBADF', message: 'file closed' });
  });

  it('is released at the end of its block', async () => {
    {
      await using held = await lock(file(), { kind });
      expect(held.held).toBe(true);
      expect(locksOn(file())).toHaveLength(1);
    }
    expect(locksOn(file())).toEqual([]);
  });

  it('is released once, however often it is asked to', async () => {
    const held = await lock(file(), { kind });
    const releases = [held.release(), held.release(), held[Symbol.asyncDispose]()];
    await Promise.all(releases);
    await held.release();
    expect(held.held).toBe(false);
  });

  it('200 wait: file calls go on, and each gets the lock in turn', async () => {
    const held = await lock(file(), { kind });
    let inside = 0;
    let most = 0;
    const turns = Array.from({ length: 200 }, async () => {
      const mine = await lock(file(), { kind });
      most = Math.max(most, ++inside);
      await writeFile(`${file()}.turns`, String(inside), { flag: 'a' });
      inside--;
      await mine.release();
    });
    await waiters(200);
    expect(native.counts().workers).toBeGreaterThanOrEqual(200);
    for (let i = 0; i < 50; i++) {
      expect(await readFile(file(), 'utf8')).toBe('content');
      await writeFile(`${file()}.beside`, 'x');
    }
    expect(await waiters(200)).toHaveLength(200);
    await held.release();
    await Promise.all(turns);
    expect(most).toBe(1);
    expect((await stat(`${file()}.turns`)).size).toBe(200);
  });

  it('200 wait and are interrupted together', async () => {
    const held = await lock(file(), { kind });
    const all = Array.from({ length: 200 }, () => failing(lock(file(), { kind })));
    await waiters(200);
    await endAll();
    for (const error of await Promise.all(all)) expect(error.outcome).toBe('interrupted');
    expect(locksOn(file())).toHaveLength(1);
    await held.release();
  });
});

describe('ranges of fcntl', () => {
  const kind = 'fcntl' as const;

  it('exclude where they overlap', async () => {
    const held = await lock(file(), { kind, start: 10, length: 10 });
    expect(locksOn(file())).toEqual(['OFDLCK ADVISORY WRITE 10 19']);
    expect(await tryLock(file(), { kind, start: 0, length: 11 })).toBeUndefined();
    expect(await tryLock(file(), { kind, start: 19, length: 1 })).toBeUndefined();
    expect(await tryLock(file(), { kind, start: 15 })).toBeUndefined();
    const before = await tryLock(file(), { kind, start: 0, length: 10 });
    const after = await tryLock(file(), { kind, start: 20 });
    expect(after).toMatchObject({ start: 20, length: 0, held: true });
    await Promise.all([held.release(), before?.release(), after?.release()]);
  });

  it('may lie beyond the end, as far as numbers go', async () => {
    const start = Number.MAX_SAFE_INTEGER - 1;
    const held = await lock(file(), { kind, start, length: 1 });
    expect(locksOn(file())).toEqual([`OFDLCK ADVISORY WRITE ${start} ${start}`]);
    await held.release();
  });

  it('of one handle are released one by one', async () => {
    const handle = await open(file(), 'r+');
    const one = await lock(handle, { kind, start: 0, length: 5 });
    const two = await lock(handle, { kind, start: 5, length: 5, shared: true });
    await one.release();
    expect(locksOn(file())).toEqual(['OFDLCK ADVISORY READ 5 9']);
    expect([one.held, two.held]).toEqual([false, true]);
    await handle.close();
  });

  it('do not exclude locks of flock', async () => {
    const one = await lock(file(), { kind });
    const two = await tryLock(file());
    expect(two?.held).toBe(true);
    await Promise.all([one.release(), two?.release()]);
  });
});

describe('the file of a path', () => {
  it('is created if it is missing, unless `create` is false', async () => {
    rmSync(file());
    expect(await rejection(lock(file(), { create: false }))).toMatchObject({
      code: 'ENOENT',
      syscall: 'open',
      path: file(),
    });
    expect(existsSync(file())).toBe(false);
    const held = await lock(file(), { shared: true });
    expect((await stat(file())).size).toBe(0);
    await held.release();
  });

  it('may be relative, a URL, or bytes', async () => {
    const targets = [relative(process.cwd(), file()), new URL(`file://${file()}`), Buffer.from(file())];
    for (const target of targets) {
      const held = await lock(target);
      expect(held.path).toBe(file());
      expect(await tryLock(file())).toBeUndefined();
      await held.release();
    }
  });

  it('is not opened for writing for a shared lock', async () => {
    const held = await lock('/proc/self/status', { shared: true });
    await held.release();
  });
});

describe('bad input', () => {
  const cases: [string, () => Promise<unknown>, string, RegExp][] = [
    ['an unknown option', () => lock(file(), { exclusive: true } as object), 'VALUE', /'exclusive'/],
    ['an unknown kind', () => lock(file(), { kind: 'lockf' } as object), 'VALUE', /'flock' or 'fcntl'/],
    ['options that are none', () => lock(file(), 'shared' as unknown as object), 'TYPE', /"options"/],
    ['shared, but no boolean', () => lock(file(), { shared: 1 } as object), 'TYPE', /options\.shared/],
    ['a range for flock', () => lock(file(), { start: 1 }), 'VALUE', /'fcntl'/],
    ['a start below 0', () => lock(file(), { kind: 'fcntl', start: -1 }), 'RANGE', /options\.start/],
    ['a length that is no integer', () => lock(file(), { kind: 'fcntl', length: 0.5 }), 'RANGE', /length/],
    [
      'a range past all numbers',
      () => lock(file(), { kind: 'fcntl', start: 2, length: Number.MAX_SAFE_INTEGER }),
      'RANGE',
      /<= 9_?007/,
    ],
    ['a timeout that is none', () => lock(file(), { timeout: -1 }), 'RANGE', /timeout/],
    ['a signal that is none', () => lock(file(), { signal: {} as AbortSignal }), 'TYPE', /signal/],
    ['no path', () => lock(undefined as unknown as string), 'TYPE', /"target"/],
    ['a descriptor', () => tryLock(3 as unknown as string), 'TYPE', /"target"/],
    ['a handle of another kind', () => lock({ fd: 3 } as unknown as string), 'TYPE', /FileHandle of pend/],
    ['a path with a NUL', () => lock('a\0b'), 'VALUE', /null bytes/],
  ];
  it.each(cases)('%s', async (_, call, code, message) => {
    const error = await rejection<NodeJS.ErrnoException>(call());
    expect(error.code).toBe(code === 'RANGE' ? 'ERR_OUT_OF_RANGE' : `ERR_INVALID_ARG_${code}`);
    expect(error.message).toMatch(message);
  });

  it('create with a handle', async () => {
    const handle = await open(file());
    expect(await rejection(lock(handle, { create: true }))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    await handle.close();
  });

  it('a directory: by a handle and with flock only', async () => {
    const folder = dirname(file());
    expect(await rejection(lock(folder))).toMatchObject({ code: 'EISDIR', syscall: 'open', path: folder });
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    const error = await rejection<NodeJS.ErrnoException>(lock(handle, { kind: 'fcntl' }));
    expect(error).toMatchObject({ code: 'EBADF', syscall: 'fcntl' });
    expect(error.message).toContain('open for writing');
    const held = await lock(handle);
    expect(isFree(folder)).toBe(false);
    await held.release();
    await handle.close();
  });

  it('a descriptor that is open the wrong way', async () => {
    const handle = await open(file(), 'w');
    const error = await rejection<NodeJS.ErrnoException>(tryLock(handle, { kind: 'fcntl', shared: true }));
    expect(error.message).toContain('a shared fcntl lock needs a descriptor that is open for reading');
    await handle.close();
  });

  it('a missing folder', async () => {
    const path = `${file()}.none/${basename(file())}`;
    expect(await rejection(lock(path))).toMatchObject({ code: 'ENOENT', syscall: 'open', path });
  });
});

it('a lock that is interrupted while its file is opened is not held', async () => {
  const all = Array.from({ length: 100 }, () => failing(lock(file())));
  await interrupt(listPending(), { grace: 60_000 });
  for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'EINTR' });
  await until(() => locksOn(file()).length === 0, 'no lock');
});

it.each(['flock', 'openat'])(
  'one that is interrupted the moment after its %s holds nothing',
  async (call) => {
    const fn = call === 'flock' ? 'flock' : 'open';
    // Node warns when the garbage collector closes a handle. The lock would be held until then.
    const warned = jest.spyOn(process, 'emitWarning');
    const stop = onPending(({ type, op }) => {
      if (type === 'end' && op.fn() === fn) void interrupt(listPending({ fn: 'lock' }));
    });
    const error = await rejection(lock(file()));
    stop();
    expect(error).toMatchObject({ code: 'EINTR', outcome: 'interrupted' });
    await until(() => locksOn(file()).length === 0, 'no lock');
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  },
);
