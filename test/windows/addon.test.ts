// Functions of other addons on Windows. scripts/wine.mjs compiles the addon and runs this.
import path from 'node:path';
import { interrupt, listPending, nativeApi, type PendingOp, runInterruptible } from '../../lib';
import { until } from '../fixtures/leaks';
import { type Pipe, silentPipe } from './pipe';

let read: (path: string, held: boolean) => Promise<number>;
let pipe: Pipe;
beforeAll(async () => {
  read = require(path.join(__dirname, 'programs/blocking.node')).attach(nativeApi);
  pipe = await silentPipe();
});
afterAll(() => pipe.close());

async function running(): Promise<PendingOp> {
  await until(() => listPending({ state: 'running', fn: 'readByte' }).length === 1, 'a function that runs');
  return listPending()[0] as PendingOp;
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(String, (error) => [error.code, error.outcome]);

test('what a function waits for is cancelled', async () => {
  const reading = code(read(pipe.path, false));
  const [report] = await interrupt([await running()], { grace: 60_000 });
  expect(report?.outcome).toBe('interrupted');
  expect(await reading).toEqual(['EINTR', 'interrupted']);
  const scoped = code(runInterruptible({ timeout: 20 }, () => read(pipe.path, false)));
  expect(await scoped).toEqual(['ETIMEDOUT', 'interrupted']);
});

test('an error of its own, in the numbers of libuv', async () => {
  expect(await code(read('\\\\.\\pipe\\pendingop-none', false))).toEqual(['ENOENT', undefined]);
});

test('a stretch that nothing may interrupt: its caller is freed', async () => {
  const own = await silentPipe();
  const reading = code(read(own.path, true));
  const [report] = await interrupt([await running()], { grace: 20 });
  expect(report?.outcome).toBe('abandoned');
  expect(await reading).toEqual(['EINTR', 'abandoned']);
  expect(listPending().map(({ state }) => state)).toEqual(['abandoned']);
  // The end of the server ends the read.
  await own.close();
  await until(() => listPending().length === 0, 'the end of the function');
});
