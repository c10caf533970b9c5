// Node's own code takes a FileHandle of this package for one of Node's.
import { once } from 'node:events';
import fs, { writeFileSync } from 'node:fs';
import nodes, { type FileHandle as NodeFileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listPending, trackPending } from '../../lib';
import { type FileHandle, open } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { thrown } from '../table/tools';

let file: string;

afterEach(() => {
  expect(listPending()).toEqual([]);
  trackPending(false);
});
const folder = withFolder('node-handle');
beforeEach(() => {
  trackPending(true);
  file = folder('file');
  writeFileSync(file, 'content');
});

/** Whether the descriptor is open and leads to the file. */
const isOpen = (fd: number): boolean => {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`) === file;
  } catch {
    return false;
  }
};

test('a handle is an instance of Node’s class', async () => {
  const [ours, theirs] = [await open(file), await nodes.open(file)];
  expect(ours).toBeInstanceOf(theirs.constructor);
  expect(ours.constructor.name).toBe('FileHandle');
  await Promise.all([ours.close(), theirs.close()]);
});

test("Node's own functions and streams take a handle", async () => {
  const handle = await open(file, 'r+');
  await nodes.writeFile(handle as unknown as NodeFileHandle, 'CON');
  const stream = fs.createReadStream('', {
    fd: handle as unknown as NodeFileHandle,
    start: 0,
    encoding: 'utf8',
  });
  const [text] = await once(stream, 'data');
  expect(text).toBe('CONtent');
  await once(stream, 'close');
  expect(handle.fd).toBe(-1);
});

/** Sends to this same thread; the receiver cannot tell the difference. */
function transfer(message: unknown, handle: FileHandle): NodeFileHandle {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(message, [handle as unknown as NodeFileHandle]);
    return receiveMessageOnPort(port2)?.message;
  } finally {
    port1.close();
  }
}

test('a handle can be transferred; the sender’s is closed', async () => {
  const handle = await open(file);
  const { fd } = handle;
  const arrived = transfer(handle, handle);
  expect([handle.fd, arrived.fd]).toEqual([-1, fd]);
  expect(await arrived.readFile('utf8')).toBe('content');
  await expect(handle.read()).rejects.toMatchObject({ code: 'EBADF' });
  await handle.close();
  expect(isOpen(fd)).toBe(true);
  await arrived.close();
  expect(isOpen(fd)).toBe(false);
});

test('a handle can be transferred to a worker thread', async () => {
  const handle = await open(file);
  const script = `const { parentPort, workerData } = require('node:worker_threads');
    workerData.readFile('utf8').then(async (text) => { await workerData.close(); parentPort.postMessage(text); });`;
  const worker = new Worker(script, {
    eval: true,
    workerData: handle,
    transferList: [handle as unknown as NodeFileHandle],
  });
  const exit = once(worker, 'exit');
  const [text] = await once(worker, 'message');
  expect(text).toBe('content');
  await exit;
});

test('a handle in use cannot be transferred', async () => {
  const handle = await open(file);
  const reading = handle.readFile();
  expect(thrown(() => transfer(handle, handle))).toMatchObject({ name: 'DataCloneError' });
  await reading;
  const closing = handle.close();
  expect(thrown(() => transfer(handle, handle))).toMatchObject({ name: 'DataCloneError' });
  await closing;
  expect(thrown(() => transfer(handle, handle))).toMatchObject({ name: 'DataCloneError' });
});

test('a handle stays open if the message cannot be sent', async () => {
  const handle = await open(file);
  const { fd } = handle;
  expect(thrown(() => transfer([handle, () => undefined], handle))).toMatchObject({
    name: 'DataCloneError',
  });
  await setImmediate();
  expect(handle.fd).toBe(fd);
  expect(await handle.readFile('utf8')).toBe('content');
  // The handle is closed while the message is made.
  const message = {
    handle,
    get closing() {
      void handle.close();
      return 1;
    },
  };
  expect(thrown(() => transfer(message, handle))).toMatchObject({ name: 'DataCloneError' });
  await handle.close();
  while (isOpen(fd)) await setImmediate();
});
