// trackOp(): ops whose caller knows how to interrupt them.
import { describe, expect, it, jest } from '@jest/globals';
import {
  AbortError,
  InterruptError,
  interrupt,
  interruptUnder,
  listPending,
  OpKind,
  onPending,
  TimeoutError,
  trackOp,
  trackPending,
} from '../../lib';
import { until } from '../fixtures/leaks';
import { failing, rejection, result } from '../table/tools';

/** A promise with the functions that settle it. */
function gate<T>(): { promise: Promise<T>; open(value: T): void; fail(error: unknown): void } {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

const nothing = (): void => undefined;

function listed(fn: string) {
  const [op] = listPending({ fn });
  if (op === undefined) throw new Error(`${fn} is not listed`);
  return op;
}

describe('an op that nobody interrupts', () => {
  it('gives the result of run, and its handler is not run', async () => {
    const handler = jest.fn<() => void>();
    expect(await trackOp({ fn: 'give', onInterrupt: handler }, async () => 42)).toBe(42);
    const error = new Error('its own');
    expect(await rejection(trackOp({ fn: 'fail', onInterrupt: handler }, () => Promise.reject(error)))).toBe(
      error,
    );
    const thrown = new Error('at once');
    const throws = (): never => {
      throw thrown;
    };
    expect(await rejection(trackOp({ fn: 'throw', onInterrupt: handler }, throws))).toBe(thrown);
    expect(handler).not.toHaveBeenCalled();
    expect(listPending()).toEqual([]);
  });

  it('is listed with its name, kind, parameters and path', async () => {
    const { promise, open } = gate<string>();
    const info = {
      fn: 'query',
      kind: OpKind.Top | OpKind.Net,
      params: ['select 1', Buffer.alloc(7)],
      pathname: '/srv/../db',
      onInterrupt: nothing,
    };
    const op = trackOp(info, () => promise);
    const [listing] = listPending(OpKind.Net);
    expect(listing?.fn()).toBe('query');
    expect(listing?.kind()).toBe(OpKind.Top | OpKind.Net);
    expect(listing?.params()).toEqual(['select 1', 7]);
    expect(listing?.pathname()).toBe('/db');
    expect(listing).toMatchObject({ state: 'running', call: '', threadId: 0, parent: 0, queuedMs: 0 });
    expect(String(listing)).toMatch(/^#\d+ query \/db running /);
    expect(listPending({ under: '/db' })).toHaveLength(1);
    expect(listPending({ kind: OpKind.Custom })).toEqual([]);
    await until(() => (listPending({ olderThan: 1 }).length === 1 ? true : undefined), 'it ages');
    open('row');
    expect(await op).toBe('row');
  });

  it('has defaults: Top and Custom, no parameters, no path', async () => {
    const { promise, open } = gate<void>();
    const op = trackOp({ fn: 'wait', onInterrupt: nothing }, () => promise);
    const [listing] = listPending();
    expect(listing?.kind()).toBe(OpKind.Top | OpKind.Custom);
    expect(listing?.params()).toEqual([]);
    expect(listing?.pathname()).toBe('');
    expect(listing?.mount).toBe('');
    open();
    await op;
  });

  it('is not listed when tracking is off', async () => {
    trackPending(false);
    const { promise, open } = gate<void>();
    const op = trackOp({ fn: 'wait', onInterrupt: nothing }, () => promise);
    trackPending(true);
    expect(listPending()).toEqual([]);
    open();
    await op;
  });
});

describe('an interrupt', () => {
  it('runs the handler once, with the reason, and aborts the signal of run', async () => {
    const { promise, fail } = gate<void>();
    const reasons: unknown[] = [];
    let signal!: AbortSignal;
    const info = {
      fn: 'wait',
      onInterrupt(this: unknown, reason: unknown): void {
        expect(this).toBe(info);
        reasons.push(reason);
        fail(new Error('woken'));
      },
    };
    const op = failing(
      trackOp(info, (given) => {
        signal = given;
        return promise;
      }),
    );
    expect(signal.aborted).toBe(false);
    const reason = new Error('why');
    const reports = interrupt(listPending(), { reason });
    void interrupt(listPending(), { reason: 'again' });
    expect(await reports).toMatchObject([{ outcome: 'interrupted' }]);
    expect(reasons).toEqual([reason]);
    expect(signal.reason).toBe(reason);
    const error = await op;
    expect(error).toBeInstanceOf(InterruptError);
    expect(error).toMatchObject({
      code: 'EINTR',
      syscall: 'wait',
      message: 'EINTR: interrupted system call, wait',
      outcome: 'interrupted',
      cause: reason,
      mayHaveTakenEffect: true,
      bytesDone: 0,
    });
    expect(error).not.toHaveProperty('path');
    expect(error).not.toHaveProperty('handlerError');
    expect(error.op.fn()).toBe('wait');
    expect(error.op.state).toBe('interrupting');
  });

  it('without a reason: the handler gets none, and the signal gets the default one', async () => {
    const seen: unknown[] = [];
    const op = failing(
      trackOp(
        { fn: 'wait', onInterrupt: (reason) => void seen.push(reason) },
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    );
    expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'interrupted' }]);
    expect(seen).toEqual([undefined]);
    expect(await op).not.toHaveProperty('cause');
  });

  it('is `completed` if the op gives its result all the same', async () => {
    const { promise, open } = gate<string>();
    const op = trackOp({ fn: 'wait', onInterrupt: () => open('the real one') }, () => promise);
    expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'completed' }]);
    expect(await op).toBe('the real one');
  });

  it('waits for an async handler no longer than for run', async () => {
    const { promise, fail } = gate<void>();
    const handled = gate<void>();
    const onInterrupt = async (): Promise<void> => {
      await null;
      fail(new Error('woken'));
      await handled.promise;
    };
    const op = failing(trackOp({ fn: 'wait', onInterrupt }, () => promise));
    expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'interrupted' }]);
    handled.open();
    await op;
  });

  it('abandons an op that does not end; it is listed until it ends', async () => {
    const { promise, open } = gate<string>();
    const events: string[] = [];
    const stop = onPending(({ type, op, outcome }) => events.push(`${type} ${op.state} ${outcome ?? ''}`));
    try {
      const op = failing(trackOp({ fn: 'deaf', pathname: '/x', onInterrupt: nothing }, () => promise));
      const started = performance.now();
      expect(await interrupt(listPending(), { grace: 30 })).toMatchObject([{ outcome: 'abandoned' }]);
      expect(performance.now() - started).toBeGreaterThanOrEqual(29);
      const error = await op;
      expect(error).toMatchObject({ outcome: 'abandoned', mayHaveTakenEffect: true, path: '/x' });
      expect(error.message).toBe("EINTR: interrupted system call, deaf '/x'");
      expect(listPending({ state: 'abandoned' })).toHaveLength(1);
      expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'abandoned' }]);
      open('too late');
      await until(() => listPending().length === 0, 'its release');
      expect(events).toEqual([
        'start queued ',
        'interrupt interrupting ',
        'abandon abandoned abandoned',
        'end abandoned abandoned',
        'release abandoned abandoned',
      ]);
    } finally {
      stop();
    }
  });

  it('with a late failure of run makes no unhandled rejection', async () => {
    const { promise, fail } = gate<void>();
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const op = failing(trackOp({ fn: 'deaf', onInterrupt: nothing }, () => promise));
      await interrupt(listPending(), { grace: 0 });
      await op;
      fail(new Error('late'));
      await until(() => listPending().length === 0, 'its release');
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  it('with a shorter grace than the one before shortens it', async () => {
    const { promise, open } = gate<void>();
    const op = failing(trackOp({ fn: 'deaf', onInterrupt: nothing }, () => promise));
    const [long, short] = [
      interrupt(listPending(), { grace: 1_000_000 }),
      interrupt(listPending(), { grace: 5 }),
    ];
    expect(await short).toMatchObject([{ outcome: 'abandoned' }]);
    expect(await long).toMatchObject([{ outcome: 'abandoned' }]);
    await op;
    open();
  });

  it('finds the op by its path, tracked or not', async () => {
    trackPending(false);
    const op = failing(
      trackOp(
        { fn: 'wait', pathname: '/a/b', onInterrupt: nothing },
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      ),
    );
    trackPending(true);
    expect(await interruptUnder('/a/bc')).toEqual([]);
    expect(await interruptUnder('/a')).toMatchObject([{ outcome: 'interrupted' }]);
    await op;
  });

  it('from within run, and from within the handler, does no harm', async () => {
    const op = failing(
      trackOp(
        { fn: 'self', onInterrupt: () => void interrupt(listed('self')) },
        (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', reject);
            void interrupt(listed('self'));
          }),
      ),
    );
    expect((await op).outcome).toBe('interrupted');
  });
});

describe('a handler that fails', () => {
  it.each([
    ['at once', 'sync'],
    ['later', 'async'],
  ])('%s is told of by the error, and the op goes on to be abandoned', async (_, how) => {
    const { promise, open } = gate<void>();
    const failure = new Error('no way');
    const onInterrupt =
      how === 'async'
        ? async (): Promise<void> => {
            await null;
            throw failure;
          }
        : (): never => {
            throw failure;
          };
    const op = failing(trackOp({ fn: 'wait', onInterrupt }, () => promise));
    expect(await interrupt(listPending(), { grace: 10, reason: 'r' })).toMatchObject([
      { outcome: 'abandoned' },
    ]);
    expect(await op).toMatchObject({ outcome: 'abandoned', cause: 'r', handlerError: failure });
    open();
  });

  it('still aborts the signal of run', async () => {
    const onInterrupt = (): never => {
      throw undefined;
    };
    const op = failing(
      trackOp(
        { fn: 'wait', onInterrupt },
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      ),
    );
    await interrupt(...listPending());
    const error = await op;
    expect(error.outcome).toBe('interrupted');
    expect(error).toHaveProperty('handlerError', undefined);
  });

  // In a child process, since the `process` of a jest test emits no warnings.
  it('is a warning if no error can carry it', async () => {
    const heard = await result(
      `const heard = [];
      process.on('warning', ({ name, code, message, detail }) => heard.push({ name, code, message, detail }));
      const gate = () => {
        const made = {};
        made.promise = new Promise((resolve, reject) => Object.assign(made, { open: resolve, fail: reject }));
        return made;
      };
      (async () => {
        po.trackPending(true);
        const run = gate();
        const onInterrupt = () => {
          run.open('all the same');
          throw new Error('first');
        };
        const given = po.trackOp({ fn: 'gives', onInterrupt }, () => run.promise);
        await po.interrupt(...po.listPending());
        const [late, handler] = [gate(), gate()];
        const lost = po.trackOp({ fn: 'late', onInterrupt: () => handler.promise }, () => late.promise);
        await Promise.all([po.interrupt(po.listPending(), { grace: 0 }), lost.catch(() => undefined)]);
        handler.fail(new Error('second'));
        late.open();
        while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
        console.log(JSON.stringify({ given: await given, heard }));
      })();`,
      ['--no-warnings'],
    );
    const warning = { name: 'InterruptHandlerWarning', code: 'PENDINGOP_INTERRUPT_HANDLER' };
    expect(heard).toEqual({
      given: 'all the same',
      heard: [
        {
          ...warning,
          message: "The onInterrupt handler of 'gives' failed",
          detail: expect.stringContaining('first'),
        },
        {
          ...warning,
          message: "The onInterrupt handler of 'late' failed",
          detail: expect.stringContaining('second'),
        },
      ],
    });
  });
});

describe('signal and timeout', () => {
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it('end the op as they end a file call', async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const onInterrupt = (reason: unknown): void => void reasons.push(reason);
    const aborted = failing(trackOp({ fn: 'wait', onInterrupt, signal: controller.signal }, untilAborted));
    controller.abort('stop');
    const abort = await aborted;
    expect(abort).toBeInstanceOf(AbortError);
    expect(abort).toMatchObject({ code: 'ABORT_ERR', cause: 'stop', outcome: 'interrupted' });

    let reason: unknown;
    const timeout = await rejection(
      trackOp({ fn: 'wait', onInterrupt, timeout: 5 }, (signal) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return untilAborted(signal);
      }),
    );
    expect(timeout).toBeInstanceOf(TimeoutError);
    expect(timeout).toMatchObject({ code: 'ETIMEDOUT', message: 'ETIMEDOUT: timed out after 5 ms, wait' });
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(reasons).toEqual(['stop', undefined]);
  });

  it('that is aborted already: run is not called', async () => {
    const run = jest.fn(async () => 1);
    const onInterrupt = jest.fn<() => void>();
    const error = await rejection(trackOp({ fn: 'wait', onInterrupt, signal: AbortSignal.abort('no') }, run));
    expect(error).toMatchObject({ outcome: 'cancelled', mayHaveTakenEffect: false, cause: 'no' });
    expect(run).not.toHaveBeenCalled();
    expect(onInterrupt).not.toHaveBeenCalled();
  });

  it('that comes after the end does nothing', async () => {
    const controller = new AbortController();
    const onInterrupt = jest.fn<() => void>();
    let inner!: AbortSignal;
    await trackOp({ fn: 'wait', onInterrupt, signal: controller.signal }, async (signal) => {
      inner = signal;
    });
    controller.abort();
    expect(onInterrupt).not.toHaveBeenCalled();
    expect(inner.aborted).toBe(false);
  });
});

describe('bad input', () => {
  const good = { fn: 'wait', onInterrupt: nothing };
  it.each<[string, unknown, unknown, string, RegExp]>([
    ['no info', undefined, async () => 1, 'ERR_INVALID_ARG_TYPE', /"info"/],
    ['no name', { onInterrupt: nothing }, async () => 1, 'ERR_INVALID_ARG_TYPE', /info\.fn/],
    ['an empty name', { ...good, fn: '' }, async () => 1, 'ERR_INVALID_ARG_VALUE', /info\.fn/],
    ['no handler', { fn: 'wait' }, async () => 1, 'ERR_INVALID_ARG_TYPE', /info\.onInterrupt/],
    ['no run', good, undefined, 'ERR_INVALID_ARG_TYPE', /"run"/],
    ['a kind that is none', { ...good, kind: 512 }, async () => 1, 'ERR_OUT_OF_RANGE', /info\.kind/],
    ['a kind of nothing', { ...good, kind: 0 }, async () => 1, 'ERR_OUT_OF_RANGE', /info\.kind/],
    ['parameters', { ...good, params: 'x' }, async () => 1, 'ERR_INVALID_ARG_TYPE', /info\.params/],
    ['a path', { ...good, pathname: 7 }, async () => 1, 'ERR_INVALID_ARG_TYPE', /info\.pathname/],
    ['a NUL', { ...good, pathname: 'a\0' }, async () => 1, 'ERR_INVALID_ARG_VALUE', /info\.pathname/],
    ['a signal', { ...good, signal: 'x' }, async () => 1, 'ERR_INVALID_ARG_TYPE', /signal/],
    ['a timeout', { ...good, timeout: -1 }, async () => 1, 'ERR_OUT_OF_RANGE', /timeout/],
    [
      'a mistyped option',
      { ...good, onInterupt: nothing },
      async () => 1,
      'ERR_INVALID_ARG_VALUE',
      /onInterupt/,
    ],
  ])('%s', async (_, info, run, code, message) => {
    const call = trackOp as (info: unknown, run: unknown) => Promise<unknown>;
    const error = await rejection<NodeJS.ErrnoException>(call(info, run));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(listPending()).toEqual([]);
  });
});
