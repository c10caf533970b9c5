// Scopes that share files, queues, emitters and streams: each ends alone.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from '@jest/globals';
import { interrupt, listPending, runInterruptible, type Scope, trackOp } from '../../lib';
import { createReadStream, createWriteStream } from '../../lib/fs';
import { open, readFile, stat, writeFile } from '../../lib/fs/promises';
import { withFolder } from '../fixtures/folder';
import { failing, isInterrupted, pending, rejection, running, withFifo } from '../table/tools';

const fifo = withFifo();
const REASON = new Error('because');

/** A scope that lives until the test ends it. */
interface Lives {
  scope: Scope;
  /** Runs a function in the scope. */
  run<T>(act: () => T): T;
  finish(): Promise<void>;
}

/** `label`: the label of its ops. */
function living(label: string): Promise<Lives> {
  return new Promise((resolve) => {
    const over = runInterruptible({ label }, async (scope) => {
      const inside = new AsyncResource('TEST');
      await new Promise<void>((finish) => {
        resolve({
          scope,
          run: (act) => inside.runInAsyncScope(act),
          finish: () => {
            finish();
            return over;
          },
        });
      });
    }).catch((error) => {
      if (!isInterrupted(error)) throw error;
    });
  });
}

describe('a queue of width one', () => {
  type Job = () => Promise<unknown>;

  /** Each entry runs when the one before is over, in the context of that one. */
  class Queue {
    readonly #jobs: Job[] = [];
    #busy = false;

    add<T>(job: () => Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        this.#jobs.push(() => job().then(resolve, reject));
        this.#next();
      });
    }

    #next(): void {
      if (this.#busy) return;
      const job = this.#jobs.shift();
      if (job === undefined) return;
      this.#busy = true;
      void job().finally(() => {
        this.#busy = false;
        this.#next();
      });
    }
  }

  it('runs a bound function in the scope in which it was queued', async () => {
    const [one, two] = [await living('one'), await living('two')];
    const queue = new Queue();
    const first = one.run(() => failing(queue.add(() => readFile(fifo().path))));
    const second = two.run(() => queue.add(AsyncResource.bind(() => readFile(fifo().path, 'utf8'))));
    const third = one.run(() => failing(queue.add(AsyncResource.bind(() => readFile('/')))));
    await pending(1, { label: 'one', state: 'running' });
    await one.scope.interrupt({ reason: REASON });
    expect((await first).cause).toBe(REASON);
    // A call of the ended scope runs it, but it does not belong to that scope.
    await pending(1, { label: 'two', state: 'running' });
    fifo().open();
    fifo().feed('two');
    fifo().close();
    expect(await second).toBe('two');
    expect(await third).toMatchObject({ cause: REASON, outcome: 'cancelled' });
    await Promise.all([one.finish(), two.finish()]);
  });

  it('whose callers wait for their turn keeps each in its scope', async () => {
    const [one, two] = [await living('one'), await living('two')];
    let last: Promise<unknown> = Promise.resolve();
    const turn = async <T>(job: () => Promise<T>): Promise<T> => {
      const before = last;
      let done = (): void => undefined;
      last = new Promise<void>((resolve) => {
        done = resolve;
      });
      await before;
      return job().finally(done);
    };
    const first = one.run(() => failing(turn(() => readFile(fifo().path))));
    const second = two.run(() => turn(() => stat('/')));
    const third = one.run(() => failing(turn(() => stat('/'))));
    await pending(1, { label: 'one', state: 'running' });
    await one.scope.interrupt({ reason: REASON });
    expect((await first).cause).toBe(REASON);
    expect((await second).isDirectory()).toBe(true);
    expect((await third).cause).toBe(REASON);
    await Promise.all([one.finish(), two.finish()]);
  });

  it('runs an unbound function in the scope that goes on', async () => {
    const one = await living('one');
    const queue = new Queue();
    const first = one.run(() => failing(queue.add(() => readFile(fifo().path))));
    const second = failing(queue.add(() => stat('/')));
    await running();
    await one.scope.interrupt({ reason: REASON });
    await first;
    expect(await second).toMatchObject({ cause: REASON, outcome: 'cancelled' });
    await one.finish();
  });
});

it('listeners run in the scope that emits', async () => {
  const [one, two] = [await living('one'), await living('two')];
  const emitter = new EventEmitter();
  const heard: Promise<Error>[] = [];
  one.run(() => emitter.on('go', () => heard.push(failing(readFile(fifo().path)))));
  two.run(() => emitter.emit('go'));
  emitter.emit('go');
  await running(2);
  expect(one.scope.listPending()).toEqual([]);
  expect(two.scope.listPending()).toHaveLength(1);
  await two.scope.interrupt({ reason: REASON });
  expect((await heard[0])?.cause).toBe(REASON);
  await running(1);
  await interrupt(listPending());
  await Promise.all([...heard, one.finish(), two.finish()]);
});

describe('streams piped from one scope into another', () => {
  const folder = withFolder('mixing');

  const source = (of: Lives): Promise<Readable> =>
    of.run(async () => {
      const stream = createReadStream(fifo().path);
      await once(stream, 'ready');
      return stream;
    });
  const sink = (of: Lives, path: string): Promise<Writable> =>
    of.run(async () => {
      const stream = createWriteStream(path);
      await once(stream, 'ready');
      return stream;
    });

  it('end with the scope that reads; the other works on', async () => {
    fifo().open();
    const [one, two] = [await living('one'), await living('two')];
    const [from, to] = [await source(one), await sink(two, folder('copy'))];
    from.pipe(to);
    fifo().feed('text');
    await pending(1, { label: 'one', fn: 'read', state: 'running' });
    const failed = once(from, 'error');
    await one.scope.interrupt({ reason: REASON });
    expect((await failed)[0]).toMatchObject({ cause: REASON });
    expect(to.destroyed).toBe(false);
    await new Promise<void>((resolve) => to.end(' and more', () => resolve()));
    expect(readFileSync(folder('copy'), 'utf8')).toBe('text and more');
    await Promise.all([one.finish(), two.finish()]);
  });

  it('end with the scope that writes; the other can be read on', async () => {
    const path = folder('file');
    await writeFile(path, 'x'.repeat(300_000));
    fifo().fill();
    const [one, two] = [await living('one'), await living('two')];
    const from = one.run(() => createReadStream(path));
    const to = await sink(two, fifo().path);
    from.pipe(to);
    await pending(1, { label: 'two', state: 'running' });
    const failed = once(to, 'error');
    await two.scope.interrupt({ reason: REASON });
    expect((await failed)[0]).toMatchObject({ cause: REASON });
    let length = 0;
    for await (const chunk of from) length += (chunk as Buffer).length;
    expect(length).toBeGreaterThan(0);
    await Promise.all([one.finish(), two.finish()]);
  });

  it('by pipeline() fail both, and the error is that of the scope', async () => {
    fifo().open();
    const [one, two] = [await living('one'), await living('two')];
    const [from, to] = [await source(one), await sink(two, folder('copy'))];
    const failure = failing(pipeline(from, to));
    await pending(1, { label: 'one', fn: 'read', state: 'running' });
    await one.scope.interrupt({ reason: REASON });
    expect((await failure).cause).toBe(REASON);
    expect(to.destroyed).toBe(true);
    expect((await two.run(() => stat('/'))).isDirectory()).toBe(true);
    await Promise.all([one.finish(), two.finish()]);
  });
});

it('a stream of a scope that is over belongs to the one around it', async () => {
  fifo().open();
  const controller = new AbortController();
  let failure: Promise<Error> | undefined;
  const stream = await new Promise<Readable>((resolve) => {
    failure = failing(
      runInterruptible({ signal: controller.signal, label: 'outer' }, async () => {
        const made = await runInterruptible({ label: 'inner' }, async () => createReadStream(fifo().path));
        await once(made, 'ready');
        resolve(made);
        await new Promise(() => undefined);
      }),
    );
  });
  const errors: Error[] = [];
  stream.on('error', (error) => errors.push(error)).resume();
  await pending(1, { label: 'outer', fn: 'read', state: 'running' });
  const closed = new Promise((resolve) => stream.once('close', resolve));
  controller.abort(REASON);
  expect((await failure)?.cause).toBe(REASON);
  await closed;
  expect(errors.map(({ cause }) => cause)).toEqual([REASON]);
});

it('two scopes on one handle: one ends, the other reads on', async () => {
  fifo().open();
  const handle = await open(fifo().path);
  const [one, two] = [await living('one'), await living('two')];
  const read = (): Promise<number> => handle.read(Buffer.alloc(1)).then(({ bytesRead }) => bytesRead);
  const first = one.run(() => failing(read()));
  const second = two.run(read);
  const outside = read();
  await running(3);
  await one.scope.interrupt({ reason: REASON });
  expect((await first).cause).toBe(REASON);
  await running(2);
  fifo().feed('xy');
  expect([await second, await outside]).toEqual([1, 1]);
  await handle.close();
  await Promise.all([one.finish(), two.finish()]);
});

it('an op that was interrupted with a long grace is abandoned when its scope ends', async () => {
  let waits = (): void => undefined;
  const error = await rejection(
    runInterruptible({}, async (scope) => {
      const own = trackOp(
        { fn: 'deaf', onInterrupt: () => undefined },
        () =>
          new Promise<void>((resolve) => {
            waits = resolve;
          }),
      );
      own.catch(() => undefined);
      void interrupt(listPending(), { grace: 2 ** 30, reason: 'patient' });
      void scope.interrupt({ reason: REASON });
      return own;
    }),
  );
  expect(error).toMatchObject({ outcome: 'abandoned', cause: 'patient' });
  waits();
});
