import { constants } from 'node:os';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { AbortError, InterruptError, interrupt, listPending, PendingOp, TimeoutError } from '../../lib';
import { open, readFile, rename, stat, writeFile } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { failing, rejection, running, withFifo } from './tools';

const fifo = withFifo();
const { EINTR, ETIMEDOUT } = constants.errno;

const interrupted = async (reason?: unknown): Promise<InterruptError> => {
  const failure = failing(open(fifo().path));
  await interrupt(await running(), { reason });
  return failure;
};

describe('InterruptError', () => {
  it('is what an interrupted call rejects with', async () => {
    const error = await interrupted();
    expect(error).toBeInstanceOf(InterruptError);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(AbortError);
    expect(error).not.toBeInstanceOf(TimeoutError);
    expect(error.constructor).toBe(InterruptError);
    expect(error.name).toBe('InterruptError');
    expect(error.message).toBe(`EINTR: interrupted system call, open '${fifo().path}'`);
    expect(String(error)).toBe(`InterruptError: ${error.message}`);
    expect(error).toMatchObject({
      code: 'EINTR',
      errno: -EINTR,
      syscall: 'open',
      path: fifo().path,
      outcome: 'interrupted',
      mayHaveTakenEffect: false,
      bytesDone: 0,
    });
    expect('dest' in error).toBe(false);
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect(error.op).toBeInstanceOf(PendingOp);
    expect(error.op.fn()).toBe('open');
    expect(error.op.pathname()).toBe(fifo().path);
  });

  it('has a cause when there is a reason', async () => {
    const reason = new RangeError('why');
    expect((await interrupted(reason)).cause).toBe(reason);
  });

  it('has both paths of a call on two', async () => {
    const failure = failing(rename('/none/a', '/none/b'));
    await interrupt(listPending());
    const error = await failure;
    expect(error.message).toBe("EINTR: interrupted system call, rename '/none/a' -> '/none/b'");
    expect(error).toMatchObject({
      path: '/none/a',
      dest: '/none/b',
      outcome: 'cancelled',
      mayHaveTakenEffect: false,
    });
  });

  it('tells how far a write got, and that it took effect', async () => {
    const failure = failing(writeFile(fifo().path, Buffer.alloc(1 << 20)));
    await running();
    fifo().open();
    await until(() => listPending()[0]?.call === 'write', 'writeFile in its write');
    await interrupt(listPending());
    const error = await failure;
    expect(error).toMatchObject({ syscall: 'write', mayHaveTakenEffect: true, outcome: 'interrupted' });
    expect(error.bytesDone).toBeGreaterThan(0);
    expect(error.bytesDone).toBeLessThan(1 << 20);
  });

  it('names the handle’s path', async () => {
    const handle = await open(fifo().path, 'r+');
    const failure = failing(handle.read(Buffer.alloc(1)));
    await running();
    await interrupt(handle.listPending());
    expect(await failure).toMatchObject({ syscall: 'read', path: fifo().path, bytesDone: 0 });
    await handle.close();
  });

  it('can be inspected without an end', async () => {
    const error = await interrupted(new Error('the reason'));
    const text = inspect(error);
    expect(text).toMatch(/^InterruptError: EINTR: interrupted system call, open/);
    expect(text).toContain("code: 'EINTR'");
    expect(text).toContain("outcome: 'interrupted'");
    expect(text).toContain('[cause]: Error: the reason');
    expect(text).not.toContain('PendingOp');
    expect(text.length).toBeLessThan(3000);
    expect(inspect(error, { depth: Infinity, showHidden: true }).length).toBeLessThan(30_000);
    expect(Object.keys(error)).not.toContain('op');
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'EINTR', outcome: 'interrupted' });
  });

  it('says who waited', async () => {
    async function whoWaits(): Promise<void> {
      await open(fifo().path);
    }
    const failure = failing(whoWaits());
    await interrupt(await running());
    expect((await failure).stack).toContain('whoWaits');
  });
});

describe('AbortError', () => {
  it('is what an aborted call rejects with', async () => {
    const controller = new AbortController();
    const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    await running();
    controller.abort();
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toBeInstanceOf(InterruptError);
    expect(error.constructor).toBe(AbortError);
    expect(error.name).toBe('AbortError');
    expect(error.message).toBe('The operation was aborted');
    expect(error).toMatchObject({ code: 'ABORT_ERR', errno: -EINTR, syscall: 'open', path: fifo().path });
    expect(error.outcome).toBe('interrupted');
    expect(error.cause).toBe(controller.signal.reason);
  });

  it.each([null, 0, '', { code: 'x' }])('has the reason as its cause: %p', async (reason) => {
    const controller = new AbortController();
    const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    await running();
    controller.abort(reason);
    expect((await failure).cause).toBe(reason);
  });
});

describe('TimeoutError', () => {
  it('is what a call rejects with whose time is up', async () => {
    const error = await rejection(open(fifo().path, 'r', undefined, { timeout: 30 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toBeInstanceOf(InterruptError);
    expect(error.name).toBe('TimeoutError');
    expect(error.message).toBe(`ETIMEDOUT: timed out after 30 ms, open '${fifo().path}'`);
    expect(error).toMatchObject({
      code: 'ETIMEDOUT',
      errno: -ETIMEDOUT,
      syscall: 'open',
      outcome: 'interrupted',
    });
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });
});

describe('the first who ends a call', () => {
  it('decides which error it is', async () => {
    const controller = new AbortController();
    const failure = failing(readFile(fifo().path, { signal: controller.signal, timeout: 1e6 } as object));
    const report = interrupt(await running(), { reason: 'first' });
    controller.abort('second');
    await report;
    const error = await failure;
    expect(error.constructor).toBe(InterruptError);
    expect(error.cause).toBe('first');
  });

  it('is the abort when it comes first', async () => {
    const controller = new AbortController();
    const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    const ops = await running();
    controller.abort('first');
    await interrupt(ops, { reason: 'second' });
    expect(await failure).toMatchObject({ name: 'AbortError', cause: 'first' });
  });
});

it('errors of the kernel are not ours', async () => {
  const error = await rejection<NodeJS.ErrnoException>(stat('/none'));
  expect(error).not.toBeInstanceOf(InterruptError);
  expect({ ...error }).toEqual({ errno: -2, code: 'ENOENT', syscall: 'stat', path: '/none' });
});
