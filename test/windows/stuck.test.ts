// Calls that Windows does not cancel. scripts/wine.mjs has made a FIFO on a share, and wine cancels no read of that.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { interrupt, listPending, mounts, type PendingOp, stats } from '../../lib';
import { type FileHandle, open, stat } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';

const share = process.env.PENDINGOP_SHARE as string;
const silent = `${share}silent`;
let reader: FileHandle;
let writer: FileHandle;
beforeEach(async () => {
  // An open for reading and writing does not wait for the other side.
  reader = await open(silent, 'r+');
  writer = await open(silent, 'r+');
});
afterEach(async () => {
  // The close of a handle waits for the reads of the handle.
  if (listPending().length > 0) await writer.write('the end');
  await until(() => listPending().length === 0, 'the end of the reads');
  await reader.close();
  await writer.close();
});

async function running(): Promise<PendingOp> {
  await until(() => listPending({ state: 'running', fn: 'read' }).length === 1, 'a read that runs');
  return listPending({ fn: 'read' })[0] as PendingOp;
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error) => [error.code, error.outcome],
  );

test('its caller is freed, and its late result is dropped', async () => {
  const buffer = Buffer.alloc(4, 'x');
  const reading = outcome(reader.read(buffer));
  const op = await running();
  const [report] = await interrupt([op], { grace: 20 });
  expect(report?.outcome).toBe('abandoned');
  expect(await reading).toEqual(['EINTR', 'abandoned']);
  expect(listPending().map(({ state }) => state)).toEqual(['abandoned']);
  await writer.write('late');
  await op.released;
  expect(listPending()).toEqual([]);
  expect(String(buffer)).toBe('xxxx');
});

test('a timeout and a signal free its caller', async () => {
  const buffer = Buffer.alloc(1);
  expect(await outcome(reader.read(buffer, 0, 1, null, { timeout: 10 }))).toEqual(['ETIMEDOUT', 'abandoned']);
  await writer.write('x');
  await until(() => listPending().length === 0, 'the end of the read');
  const controller = new AbortController();
  const reading = outcome(reader.read(buffer, 0, 1, null, { signal: controller.signal }));
  await running();
  controller.abort();
  expect(await reading).toEqual(['ABORT_ERR', 'abandoned']);
  await writer.write('x');
  await until(() => listPending().length === 0, 'the end of the read');
});

test('the workers of its share wait with it, and no others', async () => {
  const reading = reader.read(Buffer.alloc(1));
  const op = await running();
  expect(op.mount).toBe(share);
  expect(mounts.of(share).pending).toBe(1);
  const busy = stats().lanes.filter(({ workers, idle }) => workers > idle);
  expect(busy.map(({ lane }) => lane)).toEqual([share]);
  expect((await stat(os.tmpdir())).isDirectory()).toBe(true);
  expect((await stat(share)).isDirectory()).toBe(true);
  await writer.write('x');
  expect((await reading).bytesRead).toBe(1);
});

const promises = JSON.stringify(path.join(__dirname, '../../lib/fs/promises'));
const READS = `require(${promises}).open(${JSON.stringify(silent)}, 'r+').then((handle) => {
  handle.read(Buffer.alloc(1), 0, 1, null, { timeout: 20 }).catch(({ outcome }) => said(outcome));
});`;

test.each(['process.exit(7)', 'process.exitCode = 7'])('a program ends although it waits: %s', (end) => {
  const source = `const said = (outcome) => { console.log(outcome); ${end}; }; ${READS}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([7, 'abandoned\n', '']);
});

test('a worker thread ends although it waits', async () => {
  const source = `const said = (outcome) => require('node:worker_threads').parentPort.postMessage(outcome); ${READS}
    setInterval(() => {}, 1000);`;
  const worker = new Worker(source, { eval: true });
  expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('abandoned');
  expect(await worker.terminate()).toBe(1);
  await writer.write('x');
  expect(fs.existsSync(share)).toBe(true);
});
