// Streams that end before their calls do.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AbortError, listPending, trackPending } from '../../lib';
import { createReadStream } from '../../lib/fs';
import { open } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';

let fifo = '';
afterEach(() => trackPending(false));
const folder = withFolder('destroyed');
beforeEach(() => {
  fifo = folder('fifo');
  execFileSync('mkfifo', [fifo]);
  trackPending(true);
});

const reading = (): boolean => listPending({ fn: 'read', state: 'running' }).length === 1;

it('destroy() interrupts a read that hangs and closes the descriptor, without an `error` event', async () => {
  const writer = fs.openSync(fifo, 'r+');
  try {
    const stream = createReadStream(fifo);
    const errors: unknown[] = [];
    stream.on('error', (error) => errors.push(error)).resume();
    await until(reading, 'the read');
    stream.destroy();
    await once(stream, 'close');
    expect(errors).toEqual([]);
    expect(listPending()).toEqual([]);
  } finally {
    fs.closeSync(writer);
  }
});

it('an abort emits an AbortError with the path and the outcome', async () => {
  const writer = fs.openSync(fifo, 'r+');
  try {
    const controller = new AbortController();
    const stream = createReadStream(fifo, { signal: controller.signal });
    const failed = once(stream, 'error');
    stream.resume();
    await until(reading, 'the read');
    controller.abort(new Error('enough'));
    const [error] = (await failed) as [AbortError];
    expect(error).toBeInstanceOf(AbortError);
    expect(error.outcome).toBe('interrupted');
    expect(error.cause).toEqual(new Error('enough'));
    expect(error.path).toBe(fifo);
  } finally {
    fs.closeSync(writer);
  }
});

it('an abort ends a stream that has no call in flight', async () => {
  const controller = new AbortController();
  const stream = createReadStream(__filename, { signal: controller.signal });
  await once(stream, 'ready');
  const failed = once(stream, 'error');
  controller.abort();
  const [error] = (await failed) as [AbortError];
  expect(error).toBeInstanceOf(AbortError);
  expect(error.name).toBe('AbortError');
});

it.each(['destroy', 'an error'])(
  'a stream over a handle, %s: its read that hangs is interrupted',
  async (how) => {
    const handle = await open(fifo, fs.constants.O_RDWR);
    const stream = handle.createReadStream();
    const errors: unknown[] = [];
    stream.on('error', (error) => errors.push(error)).resume();
    await until(reading, 'the read');
    const own = how === 'destroy' ? undefined : new Error('my own');
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.destroy(own);
    await closed;
    expect(errors).toEqual(own === undefined ? [] : [own]);
    expect(handle.fd).toBe(-1);
    expect(listPending()).toEqual([]);
  },
);

it('while a stream opens a FIFO: destroy() waits for the open as Node does, an abort does not', async () => {
  const waits = (): boolean => listPending({ fn: 'open', state: 'running' }).length === 1;
  const controller = new AbortController();
  const aborted = createReadStream(fifo, { signal: controller.signal });
  const failed = once(aborted, 'error');
  await until(waits, 'the open');
  controller.abort();
  expect((await failed)[0]).toMatchObject({ name: 'AbortError', path: fifo, outcome: 'interrupted' });
  const destroyed = createReadStream(fifo);
  await until(waits, 'the open');
  const closed = once(destroyed, 'close');
  destroyed.destroy();
  fs.closeSync(fs.openSync(fifo, 'r+'));
  await closed;
  expect(listPending()).toEqual([]);
});
