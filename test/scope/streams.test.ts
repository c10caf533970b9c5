// Streams, emitters and queued operations belong to the scope in which they were made, whoever consumes them.
import { EventEmitter, once } from 'node:events';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { AbortError, interrupt, listPending, runInterruptible, type Scope } from '../../lib';
import { createReadStream, createWriteStream } from '../../lib/fs';
import { open, opendir } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { failing, isInterrupted, pending, rejection, running, withFifo } from '../table/tools';

const fifo = withFifo();
const REASON = new Error('because');

interface Made {
  stream: Readable;
  scope: Scope;
  over: Promise<unknown>;
  finish(): void;
}

/** A stream of a scope that lives until finish(). */
function streamInside(
  make: () => Readable | Promise<Readable>,
  controller = new AbortController(),
): Promise<Made> {
  return new Promise((resolve) => {
    const over = runInterruptible({ signal: controller.signal, label: 'maker' }, async (scope) => {
      const stream = await make();
      await new Promise<void>((finish) => resolve({ stream, scope, over, finish }));
    }).catch(isInterrupted);
  });
}

const makers: Record<string, () => Readable | Promise<Readable>> = {
  createReadStream: async () => {
    const stream = createReadStream(fifo().path);
    await once(stream, 'ready');
    return stream;
  },
  'a stream on a handle': async () => {
    const stream = (await open(fifo().path)).createReadStream();
    // The stream has finished its construction, so the test's own read starts the reading.
    await new Promise((resolve) => setImmediate(resolve));
    return stream;
  },
};

describe.each(Object.entries(makers))('%s', (_, make) => {
  it('belongs to its scope although it is read outside', async () => {
    fifo().open();
    const { stream, scope, over, finish } = await streamInside(make);
    const first = once(stream, 'data');
    fifo().feed('one');
    expect(String((await first)[0])).toBe('one');
    const [op] = await pending(1, { label: 'maker', fn: 'read', state: 'running' });
    expect(scope.listPending().map(({ id }) => id)).toEqual([op?.id]);
    const failed = once(stream, 'close').catch((error) => error);
    const errors: Error[] = [];
    stream.on('error', (error) => errors.push(error));
    await scope.interrupt({ reason: REASON });
    await failed;
    expect(errors.map(({ cause }) => cause)).toEqual([REASON]);
    finish();
    await over;
  });

  it('goes on when another scope ends that consumes it', async () => {
    fifo().open();
    const { stream, over, finish } = await streamInside(make);
    const consumer = new AbortController();
    const failure = failing(
      runInterruptible({ signal: consumer.signal }, async () => {
        await once(stream, 'data');
        await new Promise(() => undefined);
      }),
    );
    fifo().feed('x');
    await pending(1, { label: 'maker', fn: 'read', state: 'running' });
    consumer.abort(REASON);
    expect(await failure).toBeInstanceOf(AbortError);
    const next = once(stream, 'data');
    fifo().feed('y');
    expect(String((await next)[0])).toBe('y');
    stream.destroy();
    fifo().close();
    await once(stream, 'close');
    finish();
    await over;
  });
});

describe('a stream that outlives its scope', () => {
  it('belongs to the scope that consumes it', async () => {
    fifo().open();
    const stream = await runInterruptible({}, async () => createReadStream(fifo().path));
    await once(stream, 'ready');
    const controller = new AbortController();
    const failure = failing(
      runInterruptible({ signal: controller.signal, label: 'consumer' }, async () => {
        for await (const chunk of stream) void chunk;
      }),
    );
    await pending(1, { label: 'consumer', fn: 'read', state: 'running' });
    controller.abort(REASON);
    expect((await failure).cause).toBe(REASON);
  });
});

it('a write stream that is written to outside ends with its scope', async () => {
  fifo().fill();
  let stream: Writable | undefined;
  const failure = failing(
    runInterruptible({ label: 'writer' }, async (scope) => {
      const made = createWriteStream(fifo().path);
      stream = made;
      await once(made, 'open');
      await pending(1, { label: 'writer', fn: 'write', state: 'running' });
      const failed = once(made, 'close');
      await Promise.all([scope.interrupt({ reason: REASON }), failed]);
    }),
  );
  await until(() => stream?.listenerCount('open') === 0 && stream.writable, 'the stream');
  stream?.write('x');
  expect((await failure).cause).toBe(REASON);
  expect(stream?.destroyed).toBe(true);
});

it('listeners for data run in the scope of the stream', async () => {
  fifo().open();
  let inside: Promise<Error> | undefined;
  const error = await rejection(
    runInterruptible({ timeout: 100, label: 'hears' }, () => {
      const emitter = new EventEmitter();
      const heard = new Promise((_, reject) => {
        emitter.once('ready', () => {
          const reading = open(fifo().path).then((handle) =>
            handle.read(Buffer.alloc(8)).finally(() => handle.close()),
          );
          inside = failing(reading);
          reading.catch(reject);
        });
      });
      const stream = createReadStream(fifo().path);
      stream.once('data', () => {
        stream.on('error', () => undefined).destroy();
        emitter.emit('ready');
      });
      fifo().feed('x');
      return heard;
    }),
  );
  expect(error.op.label).toBe('hears');
  expect(await inside).toBe(error);
});

it('operations that a Dir has queued belong to the scopes of their callers', async () => {
  const dir = await opendir(dirname(fifo().path));
  const controller = new AbortController();
  const first = dir.read();
  // After the only entry: another call has to find that there are no more.
  const failure = failing(runInterruptible({ signal: controller.signal }, () => dir.read()));
  const last = dir.read();
  controller.abort(REASON);
  expect((await first)?.name).toBe('fifo');
  expect((await failure).cause).toBe(REASON);
  expect(await last).toBe(null);
  await dir.close();
});

it('a close that waits for reads belongs to the scope of its caller', async () => {
  fifo().open();
  const handle = await open(fifo().path);
  const outside = failing(handle.read(Buffer.alloc(1)));
  await running();
  const closed = runInterruptible({ timeout: 1e6, label: 'closer' }, () => handle.close());
  await interrupt(listPending());
  await outside;
  await closed;
  expect(handle.fd).toBe(-1);
});

it('a web stream stays in its scope', async () => {
  fifo().open();
  const handle = await open(fifo().path);
  await runInterruptible({ label: 'web' }, async (scope) => {
    const reader = handle.readableWebStream().getReader();
    const read = failing(reader.read());
    await pending(1, { label: 'web', state: 'running' });
    await scope.interrupt({ reason: REASON });
    expect((await read).cause).toBe(REASON);
  });
  await handle.close();
});
