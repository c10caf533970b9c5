// Every kind of op has the label of its scope, ends with it, and does not begin after its end.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AbortError, listPending, mounts, runInterruptible, trackOp } from '../../lib';
import { runCommand } from '../../lib/command';
import * as fs from '../../lib/fs';
import * as fsp from '../../lib/fs/promises';
import { lock } from '../../lib/lock';
import { runTask } from '../../lib/task';
import { describeAddons, example } from '../custom/tools';
import { until } from '../fixtures/leaks';
import { po, runIsolated, withPlace, work } from '../lookup/tools';
import { failing, pending, rejection, withFifo } from '../table/tools';

const REASON = new Error('because');
const fifo = withFifo();
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const last of undo.splice(0).reverse()) await last();
});

/** Prepares outside of any scope, and returns a function that hangs. */
type Prepare = () => Promise<() => Promise<unknown>>;

const onHandle =
  (call: (handle: fsp.FileHandle) => Promise<unknown>): Prepare =>
  async () => {
    fifo().open();
    const handle = await fsp.open(fifo().path, 'r+');
    undo.push(() => handle.close());
    return () => call(handle);
  };

const onFullHandle = (call: (handle: fsp.FileHandle) => Promise<unknown>): Prepare =>
  onHandle((handle) => {
    fifo().fill();
    return call(handle);
  });

const everything: Record<string, Prepare> = {
  'a promise function': async () => () => fsp.readFile(fifo().path),
  'a callback function': async () => () =>
    new Promise((resolve, reject) => {
      fs.readFile(fifo().path, (error, data) => (error ? reject(error) : resolve(data)));
    }),
  'FileHandle.read()': onHandle((handle) => handle.read(Buffer.alloc(1), 0, 1, null)),
  'FileHandle.readv()': onHandle((handle) => handle.readv([Buffer.alloc(1)])),
  'FileHandle.readFile()': onHandle((handle) => handle.readFile()),
  'FileHandle.write()': onFullHandle((handle) => handle.write(Buffer.alloc(1 << 16))),
  'FileHandle.writev()': onFullHandle((handle) => handle.writev([Buffer.alloc(1 << 16)])),
  'FileHandle.writeFile()': onFullHandle((handle) => handle.writeFile(Buffer.alloc(1 << 16))),
  cp: async () => () =>
    fsp.cp(join(fifo().path, '..'), join(fifo().path, '../../copied'), {
      recursive: true,
      filter: () => fsp.readFile(fifo().path).then(() => true),
    }),
  'trackOp()': async () => () => trackOp({ fn: 'waits', onInterrupt: () => undefined }, abortOf),
  'runCommand()': async () => () => runCommand('sleep', ['1000']),
  'runTask()': async () => () =>
    runTask(() => {
      for (;;);
    }),
  'lock()': async () => {
    const held = await lock(`${fifo().path}.lock`);
    undo.push(() => held.release());
    return () => lock(`${fifo().path}.lock`);
  },
};
/** Rejects when it is aborted. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const ids = (ops: readonly { id: number }[]): string => ops.map(({ id }) => id).join();

function scoped(prepare: Prepare): void {
  it('is labelled, and ends with its scope', async () => {
    const call = await prepare();
    const controller = new AbortController();
    let own: Error | undefined;
    const failure = failing(
      runInterruptible({ signal: controller.signal, label: 'mine' }, async (scope) => {
        const calling = call().catch((error) => {
          own = error;
          throw error;
        });
        await until(() => listPending({ label: 'mine', state: 'running' }).length > 0, 'it runs');
        // A part of a composite may have ended in the kernel between the two looks.
        const isSame = (): boolean => ids(scope.listPending()) === ids(listPending({ label: 'mine' }));
        await until(isSame, 'both list the same');
        return calling;
      }),
    );
    await pending(0, { state: 'queued' });
    await until(() => listPending({ label: 'mine', state: 'running' }).length > 0, 'it runs');
    controller.abort(REASON);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error.cause).toBe(REASON);
    await until(() => own !== undefined, 'the call itself rejects');
    expect(own).toBeInstanceOf(AbortError);
    await until(() => listPending().length === 0, 'an empty table');
  });

  it('does not begin in one that has ended', async () => {
    const call = await prepare();
    let refused: Promise<Error> | undefined;
    await rejection(
      runInterruptible({}, async (scope) => {
        await scope.interrupt({ reason: REASON });
        refused = failing(call());
        expect(listPending({ label: '' })).toEqual([]);
        await refused;
        throw await refused;
      }),
    );
    expect(await refused).toMatchObject({ code: 'EINTR', outcome: 'cancelled', cause: REASON });
    expect(listPending()).toEqual([]);
  });

  it('that was started outside goes on when a scope ends that waits for it', async () => {
    const call = await prepare();
    const stop = new AbortController();
    const outer = failing(runInterruptible({ signal: stop.signal, label: 'outer' }, call));
    await until(() => listPending({ label: 'outer', state: 'running' }).length > 0, 'it runs');
    await rejection(
      runInterruptible({}, async (scope) => {
        const waiting = Promise.race([outer, abortOf(scope.signal)]);
        await scope.interrupt();
        return waiting;
      }),
    );
    expect(listPending({ label: 'outer', state: 'running' }).length).toBeGreaterThan(0);
    stop.abort(REASON);
    expect(await outer).toBeInstanceOf(AbortError);
    await until(() => listPending().length === 0, 'an empty table');
  });
}

describe.each(Object.entries(everything))('%s', (_, prepare) => scoped(prepare));

describeAddons('an op of another addon', () => {
  scoped(async () => {
    const addon = example();
    const fd = openSync(fifo().path, 'r+');
    undo.push(() => closeSync(fd));
    return () => addon.read(fd, 1, 'stub');
  });
});

describe('helper processes', () => {
  const place = withPlace();

  it('end with the scope of their call, and do not start after its end', async () => {
    const controller = new AbortController();
    const failure = failing(
      po.runInterruptible({ signal: controller.signal, label: 'mine' }, () =>
        runIsolated(work, ['block', place.fifo(), place.log(), 'one']),
      ),
    );
    await until(() => place.lines().length === 1, 'it has begun');
    expect(po.listPending({ label: 'mine' }).map((op) => op.fn())).toEqual(['runIsolated']);
    controller.abort(REASON);
    expect(await failure).toMatchObject({ name: 'AbortError', outcome: 'killed', cause: REASON });
    const refused = await rejection(
      po.runInterruptible({}, async (scope) => {
        await scope.interrupt();
        return runIsolated(work, ['block', place.fifo(), place.log(), 'two']);
      }),
    );
    expect(refused).toMatchObject({ outcome: 'cancelled' });
    expect(place.lines()).toHaveLength(1);
  });
});

describe('an op that closes or unlocks', () => {
  let path: string;
  beforeEach(() => {
    path = `${fifo().path}.lock`;
  });

  it('is not refused: a lock on a handle of its user', async () => {
    const handle = await fsp.open(path, 'w+');
    await rejection(
      runInterruptible({}, async (scope) => {
        const held = await lock(handle);
        try {
          await scope.interrupt();
          await fsp.stat('/');
        } finally {
          await held.release();
          expect(held.held).toBe(false);
        }
      }),
    );
    // On another open file.
    await (await lock(path, { timeout: 10_000 })).release();
    await handle.close();
  });

  it('is not refused: a lock on a path, a Dir, a FileHandle', async () => {
    await rejection(
      runInterruptible({}, async (scope) => {
        const held = await lock(path);
        const dir = await fsp.opendir('/');
        const handle = await fsp.open(path);
        await scope.interrupt();
        await held.release();
        await dir.close();
        await handle.close();
        return fsp.stat('/');
      }),
    );
    expect(listPending()).toEqual([]);
  });
});

it('mounts.statfs() does not report a mount as stalled because its scope has ended', async () => {
  const error = await rejection(
    runInterruptible({}, async (scope) => {
      await scope.interrupt({ reason: REASON });
      return mounts.statfs();
    }),
  );
  expect(error).toMatchObject({ outcome: 'cancelled', cause: REASON });
});

it('a write of one scope and a read of another on one handle: each ends alone', async () => {
  const handle = await fsp.open(fifo().path, 'r+');
  const reader = new AbortController();
  const read = failing(
    runInterruptible({ signal: reader.signal }, () => handle.read(Buffer.alloc(1), 0, 1, null)),
  );
  const other = runInterruptible({ label: 'other' }, () => handle.read(Buffer.alloc(1), 0, 1, null));
  await pending(2, { state: 'running' });
  reader.abort(REASON);
  expect(await read).toBeInstanceOf(AbortError);
  expect(listPending().map(({ label }) => label)).toEqual(['other']);
  const fd = openSync(fifo().path, 'r+');
  writeSync(fd, 'x');
  expect((await other).bytesRead).toBe(1);
  closeSync(fd);
  await handle.close();
});
