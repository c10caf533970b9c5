// Calls that hang on every system: on a FIFO without its other end, on an empty pipe, on a full one.
import { constants, readlinkSync } from 'node:fs';
import type { Stream } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import * as fs from '../../lib/fs';
import * as fsp from '../../lib/fs/promises';
import { Fifo } from '../fixtures/fifo';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { Child, descendants } from '../fixtures/processes';
import { Fate } from './place';

describe('a FIFO', () => {
  let fifo: Fifo;
  let before: OpenDescriptors;

  beforeEach(async () => {
    await fsp.stat('/');
    fifo = await Fifo.make();
    before = new OpenDescriptors();
  });

  afterEach(async () => {
    await fifo.remove();
    await before.closed();
  });

  const blocked = (call: string): Promise<unknown> =>
    until(() => listPending({ under: fifo.path }).some((op) => op.call === call), `it is in ${call}`);

  /** Interrupts everything on the FIFO. The kernel returns EINTR for each. */
  async function end(fate: Fate): Promise<Fate> {
    const reports = await interrupt(listPending({ under: fifo.path }), { grace: 60_000 });
    expect(reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect(fate.over).toBe(true);
    expect(fate.error).toMatchObject({
      name: 'InterruptError',
      code: 'EINTR',
      outcome: 'interrupted',
      path: fifo.path,
    });
    return fate;
  }

  it.each(['r', 'w'])('an open for %s is interrupted', async (flags) => {
    const fate = new Fate(fsp.open(fifo.path, flags));
    await blocked('openat');
    await end(fate);
    expect(fate.error).toMatchObject({ syscall: 'open', mayHaveTakenEffect: flags === 'w' });
    expect(listPending()).toEqual([]);
  });

  it('readFile is interrupted, in its open and in its read', async () => {
    let fate = new Fate(fsp.readFile(fifo.path));
    await blocked('openat');
    expect((await end(fate)).error?.syscall).toBe('open');
    fifo.open();
    fate = new Fate(fsp.readFile(fifo.path));
    await blocked('read');
    expect((await end(fate)).error).toMatchObject({ syscall: 'read', bytesDone: 0 });
  });

  it('bytesDone says how much was read, and the rest is not lost', async () => {
    fifo.open();
    const fate = new Fate(fsp.readFile(fifo.path));
    await blocked('read');
    fifo.feed('four');
    await end(fate);
    // 4: the worker has read them. 0: it has not, and the next reader gets them.
    expect([0, 4]).toContain(fate.error?.bytesDone);
    fifo.feed('more');
    const handle = await fsp.open(fifo.path, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8));
    expect(buffer.toString('latin1', 0, bytesRead)).toBe(fate.error?.bytesDone === 4 ? 'more' : 'fourmore');
    await handle.close();
  });

  it.each([3, 100_000])('a read of %i bytes is interrupted; the handle reads on', async (size) => {
    fifo.open();
    const handle = await fsp.open(fifo.path, 'r');
    const buffer = Buffer.alloc(size, 'm');
    const fate = new Fate(handle.read(buffer));
    await blocked('read');
    await end(fate);
    expect(buffer.equals(Buffer.alloc(size, 'm'))).toBe(true);
    const next = handle.read(buffer);
    fifo.feed('abc');
    expect(await next).toMatchObject({ bytesRead: 3 });
    expect(buffer.toString('latin1', 0, 3)).toBe('abc');
    await handle.close();
  });

  it('a write to the full pipe is interrupted; the handle writes on', async () => {
    const handle = await fsp.open(fifo.path, constants.O_RDWR);
    const full = fifo.fill();
    const fate = new Fate(handle.write(Buffer.from('more')));
    await blocked('write');
    await end(fate);
    // A write that had moved any byte would have returned their number.
    expect(fate.error).toMatchObject({ syscall: 'write', mayHaveTakenEffect: true, bytesDone: 0 });
    const { bytesRead } = await handle.read(Buffer.alloc(full));
    expect(bytesRead).toBe(full);
    expect(await handle.write(Buffer.from('more'))).toMatchObject({ bytesWritten: 4 });
    await handle.close();
  });

  it.each<[string, (path: string, options: fs.CallOptions) => Stream]>([
    ['createReadStream', fs.createReadStream],
    ['createWriteStream', fs.createWriteStream],
  ])('%s: an abort of its open is one AbortError, as that of a read is', async (_, create) => {
    const controller = new AbortController();
    const stream = create(fifo.path, { signal: controller.signal });
    const events: string[] = [];
    stream.on('close', () => events.push('close'));
    const failed = new Promise<Error>((resolve) => {
      stream.on('error', (error) => {
        events.push('error');
        resolve(error);
      });
    });
    await blocked('openat');
    controller.abort('enough');
    expect(await failed).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
    await until(() => events.includes('close'), 'it is closed');
    expect(events).toEqual(['error', 'close']);
    expect(listPending()).toEqual([]);
  });

  it('a signal and a timeout end a call', async () => {
    const controller = new AbortController();
    const aborted = new Fate(fsp.readFile(fifo.path, { signal: controller.signal }));
    const late = new Fate(fsp.stat('/').then(() => fsp.open(fifo.path, 'r', 0o666, { timeout: 20 })));
    await blocked('openat');
    controller.abort('enough');
    expect((await aborted.settled).error).toMatchObject({
      name: 'AbortError',
      cause: 'enough',
      outcome: 'interrupted',
    });
    expect((await late.settled).error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      outcome: 'interrupted',
    });
  });

  it('hundreds of calls are interrupted at once', async () => {
    const fates = Array.from({ length: 300 }, () => new Fate(fsp.open(fifo.path, 'r')));
    await until(() => listPending({ state: 'running' }).length === 300, 'all run');
    const reports = await interrupt(listPending(), { grace: 60_000 });
    expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['interrupted']));
    expect(fates.every((fate) => fate.over)).toBe(true);
    expect(listPending()).toEqual([]);
  });

  it('a signal destroys a stream', async () => {
    fifo.open();
    const handle = await fsp.open(fifo.path, 'r');
    const controller = new AbortController();
    const stream = handle.createReadStream({ signal: controller.signal } as object);
    const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
    stream.resume();
    await blocked('read');
    controller.abort();
    expect((await failed).name).toBe('AbortError');
    await until(() => listPending().length === 0, 'the read has ended');
    await handle.close();
  });
});

describe('a pipe', () => {
  let pipe = '';
  let child: Child;

  beforeEach(async () => {
    child = Child.start('sh', ['-c', 'cat | cat']);
    // Node's stdio are sockets; the shell makes a pipe between the two programs.
    const find = (): string | undefined =>
      descendants(child.pid)
        .map((pid) => `/proc/${pid}/fd/0`)
        .find((path) => targetOf(path).startsWith('pipe:'));
    pipe = await until(find, 'a pipe between two processes').then(String);
  });

  afterEach(async () => {
    child.endInput();
    await child.wait();
  });

  it('a read waits until its writer is gone, and can be interrupted before', async () => {
    const handle = await fsp.open(pipe, 'r');
    const fate = new Fate(handle.read(Buffer.alloc(3)));
    await until(() => handle.listPending().some((op) => op.call === 'read'), 'it reads');
    expect(await interrupt(handle.listPending(), { grace: 60_000 })).toMatchObject([
      { outcome: 'interrupted' },
    ]);
    expect(fate.error).toMatchObject({ code: 'EINTR', syscall: 'read', path: pipe });
    const rest = handle.readFile();
    child.endInput();
    expect(await rest).toHaveLength(0);
    await handle.close();
  });
});

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The writer has ended meanwhile.
    return '';
  }
}
