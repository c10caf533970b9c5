import { describe, expect, it } from '@jest/globals';
import {
  AbortError,
  InterruptError,
  interrupt,
  listPending,
  OpKind,
  runInterruptible,
  type Scope,
  TimeoutError,
  trackPending,
} from '../../lib';
import {
  readFile as readFileCallback,
  createReadStream as readStreamOf,
  stat as statCallback,
} from '../../lib/fs';
import { cp, mkdir, open, opendir, readdir, readFile, stat } from '../../lib/fs/promises';
import { failing, pending, rejection, result, running, thrown, withFifo } from '../table/tools';

const fifo = withFifo();
const REASON = new Error('because');

const callbackOf = <T>(act: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => act((error, value) => (error ? reject(error as Error) : resolve(value))));

/** Ways to start a call that waits for the FIFO. */
const ways: Record<string, (path: string) => Promise<unknown>> = {
  'fs/promises': (path) => readFile(path),
  'a FileHandle': (path) => open(path).then((handle) => handle.close()),
  'a callback': (path) => callbackOf((done) => readFileCallback(path, done)),
  'a callback of a callback': (path) =>
    callbackOf((done) => statCallback(path, () => setTimeout(() => readFileCallback(path, done), 1))),
  'a stream': async (path) => {
    for await (const chunk of readStreamOf(path)) void chunk;
  },
  'a later turn of the loop': async (path) => {
    await new Promise((resolve) => setImmediate(resolve));
    await stat('/');
    return readFile(path);
  },
};

describe.each(Object.entries(ways))('%s', (_, way) => {
  it('ends with the signal', async () => {
    const controller = new AbortController();
    const failure = failing(runInterruptible({ signal: controller.signal }, () => way(fifo().path)));
    await running();
    controller.abort(REASON);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({
      code: 'ABORT_ERR',
      cause: REASON,
      outcome: 'interrupted',
      path: fifo().path,
    });
    expect(error.op.pathname()).toBe(fifo().path);
  });

  it('ends with the timeout', async () => {
    const error = await rejection(runInterruptible({ timeout: 50 }, () => way(fifo().path)));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', outcome: 'interrupted', path: fifo().path });
    expect(error.message).toBe(`ETIMEDOUT: timed out after 50 ms, open '${fifo().path}'`);
    expect(error.cause).toBeUndefined();
  });
});

describe('runInterruptible', () => {
  it('resolves and rejects as the function does', async () => {
    expect(await runInterruptible({}, async () => 1)).toBe(1);
    expect(await runInterruptible({ timeout: Infinity, label: '' }, () => 'plain')).toBe('plain');
    const bad = (): Promise<never> => {
      throw REASON;
    };
    expect(await rejection(runInterruptible({ timeout: 1e12 }, bad))).toBe(REASON);
    expect(await rejection(runInterruptible({}, () => Promise.reject(REASON)))).toBe(REASON);
  });

  it.each([
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [[], 'ERR_INVALID_ARG_TYPE'],
    [{ signal: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: null }, 'ERR_INVALID_ARG_TYPE'],
    [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ timeout: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ label: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ timeOut: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ])('rejects %j', async (options, code) => {
    let calls = 0;
    const promise = runInterruptible(options as object, () => ++calls);
    expect(await rejection<NodeJS.ErrnoException>(promise)).toMatchObject({ code });
    expect(calls).toBe(0);
  });

  it('rejects a value that is no function', async () => {
    const promise = runInterruptible({}, undefined as unknown as () => void);
    expect(await rejection<NodeJS.ErrnoException>(promise)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('does not call the function when the signal is aborted already', async () => {
    let calls = 0;
    const signal = AbortSignal.abort(REASON);
    const error = await rejection(runInterruptible({ signal, label: 'late' }, () => ++calls));
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ cause: REASON, outcome: 'cancelled', mayHaveTakenEffect: false });
    expect(error).toMatchObject({ syscall: 'runInterruptible' });
    expect(error.op.fn()).toBe('runInterruptible');
    expect(error.op.label).toBe('late');
    expect(calls).toBe(0);
  });

  it('with a tiny timeout ends at once', async () => {
    const error = await rejection(runInterruptible({ timeout: 0.001 }, () => readFile(fifo().path)));
    expect(error).toBeInstanceOf(TimeoutError);
  });

  it('rejects within the grace, whatever the function waits for', async () => {
    const controller = new AbortController();
    let scope: Scope | undefined;
    const failure = failing(
      runInterruptible({ signal: controller.signal, label: 'stuck' }, (own) => {
        scope = own;
        return new Promise(() => undefined);
      }),
    );
    controller.abort(REASON);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({
      cause: REASON,
      outcome: 'abandoned',
      mayHaveTakenEffect: true,
      bytesDone: 0,
    });
    expect(scope?.signal.reason).toBe(REASON);
    const timedOut = await rejection(
      runInterruptible({ timeout: 5, label: 'a b' }, () => new Promise(() => undefined)),
    );
    expect(timedOut.message).toBe("ETIMEDOUT: timed out after 5 ms, runInterruptible 'a b'");
    expect(timedOut.op.pathname()).toBe('');
    expect('path' in timedOut).toBe(false);
  });

  it('settles as the function does if that settles in time', async () => {
    const given = await runInterruptible({ timeout: 20 }, async () => {
      const error = await rejection(readFile(fifo().path));
      expect(error).toBeInstanceOf(TimeoutError);
      return 'instead';
    });
    expect(given).toBe('instead');
  });

  it('refuses the next calls, without a system call', async () => {
    const controller = new AbortController();
    await runInterruptible({ signal: controller.signal }, async () => {
      const failure = failing(readFile(fifo().path));
      await running();
      controller.abort(REASON);
      const made = `${fifo().path}-made`;
      for (const attempt of [
        () => stat('/'),
        () => mkdir(made),
        () => readdir('/', { recursive: true }),
        () => cp('/none', made),
        () => opendir('/'),
        () => callbackOf((done) => statCallback('/', done)),
        () => runInterruptible({}, () => stat('/')),
      ]) {
        const error = await rejection(attempt());
        expect(error).toBeInstanceOf(AbortError);
        expect(error).toMatchObject({ outcome: 'cancelled', cause: REASON, mayHaveTakenEffect: false });
        expect(error.op.state).toBe('queued');
      }
      await failure;
    });
    expect((await rejection<NodeJS.ErrnoException>(stat(`${fifo().path}-made`))).code).toBe('ENOENT');
  });

  it('still closes files after its end', async () => {
    const controller = new AbortController();
    await runInterruptible({ signal: controller.signal }, async () => {
      const handle = await open('/');
      const dir = await opendir('/');
      controller.abort();
      await handle.close();
      await dir.close();
      expect(handle.fd).toBe(-1);
    });
  });

  it('does not end calls outside, on the same handle, either', async () => {
    fifo().open();
    const handle = await open(fifo().path, 'r');
    const reads = (): Promise<number> => handle.read(Buffer.alloc(1)).then(({ bytesRead }) => bytesRead);
    const outside = reads();
    await running(1);
    const error = await rejection(
      runInterruptible({ timeout: 50 }, async () => {
        const inside = reads();
        await pending(2);
        return inside;
      }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    await running(1);
    fifo().feed('x');
    expect(await outside).toBe(1);
    await handle.close();
  });

  it('does not end a call that was started before and is waited for inside', async () => {
    const controller = new AbortController();
    const before = readFile(fifo().path);
    const failure = failing(runInterruptible({ signal: controller.signal }, () => before));
    await running();
    controller.abort();
    expect(await failure).toMatchObject({ outcome: 'abandoned', syscall: 'runInterruptible' });
    const unrelated = failing(before);
    await interrupt(listPending());
    expect(await unrelated).toBeInstanceOf(InterruptError);
  });

  it('ends composites, which are listed once', async () => {
    let tops = 0;
    const controller = new AbortController();
    const error = await rejection(
      runInterruptible({ signal: controller.signal, label: 'walk' }, async (scope) => {
        const walk = failing(readdir('/proc', { recursive: true }));
        tops = scope.listPending().filter((op) => op.kind() & OpKind.Top).length;
        for (const op of scope.listPending()) expect(op.label).toBe('walk');
        controller.abort(REASON);
        throw await walk;
      }),
    );
    expect(tops).toBe(1);
    expect(error).toBeInstanceOf(AbortError);
    expect(error.op.fn()).toBe('readdir');
  });

  it('does not end calls in flight when the function settles', async () => {
    const controller = new AbortController();
    let kept: Scope | undefined;
    let reading: Promise<unknown> = Promise.resolve();
    await runInterruptible({ signal: controller.signal, timeout: 10, label: 'over' }, async (scope) => {
      kept = scope;
      reading = readFile(fifo().path, 'utf8');
    });
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [op] = await running();
    expect(op?.label).toBe('over');
    expect(kept?.listPending()).toEqual([]);
    expect(await kept?.interrupt()).toEqual([]);
    fifo().open();
    fifo().feed('late');
    fifo().close();
    expect(await reading).toBe('late');
  });

  it('ends calls that are not tracked', async () => {
    trackPending(false);
    try {
      const failure = failing(runInterruptible({ timeout: 30 }, () => readFile(fifo().path)));
      expect(listPending()).toEqual([]);
      expect(await failure).toBeInstanceOf(TimeoutError);
    } finally {
      trackPending(true);
    }
  });

  it('shares a signal among many, without a warning', async () => {
    const script = `
      const controller = new AbortController();
      const warnings = [];
      process.on('warning', ({ name, message }) => name === 'DeprecationWarning' || warnings.push(message));
      const one = () => po.runInterruptible({ signal: controller.signal }, () => new Promise(() => {}));
      const all = Promise.allSettled(Array.from({ length: 50 }, one));
      controller.abort(1);
      all.then((given) => {
        const causes = given.filter(({ reason }) => reason.cause === 1).length;
        setImmediate(() => console.log(JSON.stringify({ causes, warnings })));
      });`;
    expect(await result(script)).toEqual({ causes: 50, warnings: [] });
  });

  it('keeps the loop alive until its timeout, and no longer than its end', async () => {
    const script = `
      po.runInterruptible({ timeout: 1e9 }, async () => 1).then(() =>
        po.runInterruptible({ timeout: 20 }, () => new Promise(() => {})).catch(({ code }) =>
          console.log(JSON.stringify(code))));`;
    expect(await result(script)).toBe('ETIMEDOUT');
  });
});

describe('Scope', () => {
  it('lists its own', async () => {
    const other = failing(stat(fifo().path).then(() => readFile(fifo().path)));
    await running();
    await runInterruptible({ label: 'mine' }, async (scope) => {
      expect(scope.listPending()).toEqual([]);
      const failure = failing(readFile(fifo().path));
      const [op] = scope.listPending();
      expect(scope.listPending()).toHaveLength(1);
      expect(listPending()).toHaveLength(2);
      expect(listPending({ label: 'mine' }).map(({ id }) => id)).toEqual([op?.id]);
      expect(listPending({ label: '' })).toHaveLength(1);
      expect(op?.toString()).toContain('[mine]');
      await scope.interrupt();
      await failure;
    });
    await interrupt(listPending());
    await other;
  });

  it('interrupts its ops, reports the outcomes, and ends', async () => {
    const outside = failing(readFile(fifo().path));
    await runInterruptible({}, async (scope) => {
      const handled: unknown[] = [];
      scope.onInterrupt((reason) => void handled.push(reason));
      const failure = failing(readFile(fifo().path));
      await running(2);
      const reports = await scope.interrupt({ reason: REASON, grace: 1000 });
      expect(reports.map(({ op, outcome }) => [op.fn(), outcome])).toEqual([['readFile', 'interrupted']]);
      expect(await failure).toMatchObject({ name: 'InterruptError', cause: REASON });
      expect(await rejection(stat('/'))).toMatchObject({ name: 'InterruptError', cause: REASON });
      expect(scope.signal.reason).toBeInstanceOf(InterruptError);
      expect(handled).toEqual([REASON]);
      expect(await scope.interrupt()).toEqual([]);
    });
    await interrupt(listPending());
    await outside;
  });

  it('rejects bad options, and goes on', async () => {
    await runInterruptible({}, async (scope) => {
      expect(await rejection<NodeJS.ErrnoException>(scope.interrupt({ grace: -1 }))).toMatchObject({
        code: 'ERR_OUT_OF_RANGE',
      });
      await stat('/');
    });
  });

  it('has a signal', async () => {
    const error = await rejection(
      runInterruptible({ timeout: 10 }, (scope) => {
        expect(scope.signal).toBe(scope.signal);
        return new Promise((_, reject) => {
          scope.signal.addEventListener('abort', () => reject(scope.signal.reason));
        });
      }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    await runInterruptible({}, (scope) => expect(scope.signal.aborted).toBe(false));
  });

  it('refuses a handler that is no function', async () => {
    await runInterruptible({}, (scope) => {
      const add = (): unknown => scope.onInterrupt(undefined as unknown as () => void);
      expect(thrown(add).code).toBe('ERR_INVALID_ARG_TYPE');
    });
  });
});
