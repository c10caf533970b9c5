// Look-ups, isolated calls and tasks on Windows. scripts/wine.mjs runs this.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { interrupt, listPending, lookup, OpKind, runIsolated } from '../../lib';
import { TaskPool } from '../../lib/task';
import { until } from '../fixtures/leaks';

let dir: string;
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'helpers-'));
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(String, (error) => [error.code, error.outcome]);

test('a look-up has the result of dns.lookup()', async () => {
  const found = await promisify(lookup)('localhost', { family: 4 });
  expect(found).toEqual({ address: '127.0.0.1', family: 4 });
});

test('an isolated call: its result, its error, and its end by a kill', async () => {
  const file = path.join(dir, 'module.cjs');
  const text = `module.exports = (how, ready) => {
    if (how === 'fails') throw new RangeError('so');
    if (how !== 'waits') return process.pid;
    require('node:fs').writeFileSync(ready, String(process.pid));
    for (;;);
  };`;
  fs.writeFileSync(file, text);
  expect(await runIsolated(file, ['works'])).not.toBe(process.pid);
  await expect(runIsolated(file, ['fails'])).rejects.toThrow(new RangeError('so'));
  const ready = path.join(dir, 'ready');
  const waiting = outcome(runIsolated(file, ['waits', ready]));
  await until(() => fs.existsSync(ready) && fs.readFileSync(ready, 'utf8') !== '', 'the module runs');
  const pid = Number(fs.readFileSync(ready, 'utf8'));
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 60_000 });
  expect(report?.outcome).toBe('killed');
  expect(await waiting).toEqual(['EINTR', 'killed']);
  expect(() => process.kill(pid, 0)).toThrow();
});

test('a task: its result, and its end in the middle of a loop', async () => {
  const pool = new TaskPool({ maxThreads: 1 });
  try {
    expect(await pool.run((n: number) => n * 2, 21)).toBe(42);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const spinning = outcome(
      pool.run((at: Int32Array) => {
        Atomics.store(at, 0, 1);
        for (;;);
      }, gate),
    );
    await until(() => Atomics.load(gate, 0) !== 0, 'the task runs');
    const [report] = await interrupt(listPending(OpKind.Task), { grace: 60_000 });
    expect(report?.outcome).toBe('killed');
    expect(await spinning).toEqual(['EINTR', 'killed']);
  } finally {
    await pool.close();
  }
});
