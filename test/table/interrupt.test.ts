import { describe, expect, it } from '@jest/globals';
import { InterruptError, type InterruptOptions, interrupt, listPending, PendingOp } from '../../lib';
import { open, stat } from '../../lib/fs/promises';
import { within } from '../fixtures/leaks';
import { failing, rejection, running, withFifo } from './tools';

const fifo = withFifo();
const stuck = (count: number): Promise<InterruptError>[] =>
  Array.from({ length: count }, () => failing(open(fifo().path)));

describe('interrupt', () => {
  it('takes ops one by one', async () => {
    const calls = stuck(3);
    const [first, second, third] = (await running(3)) as [PendingOp, PendingOp, PendingOp];
    expect(await interrupt(first)).toEqual([{ op: first, outcome: 'interrupted' }]);
    const reports = await interrupt(second, third);
    expect(reports.map(({ op }) => op)).toEqual([second, third]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['interrupted', 'interrupted']);
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(InterruptError);
  });

  it.each(['array', 'Set', 'generator', 'iterator'])('takes an iterable: %s', async (how) => {
    const calls = stuck(2);
    const ops = await running(2);
    const shapes: Record<string, Iterable<PendingOp>> = {
      array: ops,
      Set: new Set(ops),
      generator: (function* () {
        yield* ops;
      })(),
      iterator: ops.values(),
    };
    const reports = await interrupt(shapes[how] as Iterable<PendingOp>, { reason: how });
    expect(reports).toEqual(ops.map((op) => ({ op, outcome: 'interrupted' })));
    for (const error of await Promise.all(calls)) expect(error.cause).toBe(how);
  });

  it('takes none', async () => {
    expect(await interrupt()).toEqual([]);
    expect(await interrupt([])).toEqual([]);
    expect(await interrupt([], { grace: 0 })).toEqual([]);
  });

  const none: [string, unknown[]][] = [
    ['null', [null]],
    ['undefined', [undefined]],
    ['a number', [1]],
    ['a string', ['open']],
    ['an object', [{}]],
    ['a promise', [Promise.resolve()]],
    ['a list of something else', [[{}]]],
    ['a hole', [[undefined]]],
    ['a look-alike', [[{ id: 1, fn: () => 'open', kind: () => 1 }]]],
    ['an instance by prototype only', [[{ __proto__: {} }]]],
  ];
  it.each(none)('refuses %s', async (_, args) => {
    const error = await rejection<NodeJS.ErrnoException>(interrupt(...(args as PendingOp[])));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
    expect(error.message).toContain('PendingOp');
  });

  it('refuses a prototype without a call behind it', async () => {
    const fake = Object.create(PendingOp.prototype) as PendingOp;
    const error = await rejection<NodeJS.ErrnoException>(interrupt(fake));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
  });

  it('checks everything before it ends anything', async () => {
    const [call] = stuck(1);
    const [op] = (await running()) as [PendingOp];
    for (const mixed of [
      [op, {}],
      [op, null],
    ]) {
      expect((await rejection<NodeJS.ErrnoException>(interrupt(mixed as PendingOp[]))).code).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
      expect((await rejection<NodeJS.ErrnoException>(interrupt(...(mixed as PendingOp[])))).code).toBe(
        'ERR_INVALID_ARG_TYPE',
      );
    }
    expect((await rejection<NodeJS.ErrnoException>(interrupt([op], { grace: -1 }))).code).toBe(
      'ERR_OUT_OF_RANGE',
    );
    expect(listPending({ state: 'running' })).toHaveLength(1);
    await interrupt(op);
    await call;
  });

  const wrong: [unknown, string][] = [
    [null, 'ERR_INVALID_ARG_TYPE'],
    [5, 'ERR_INVALID_ARG_TYPE'],
    ['x', 'ERR_INVALID_ARG_TYPE'],
    [[], 'ERR_INVALID_ARG_TYPE'],
    [{ grace: '1' }, 'ERR_INVALID_ARG_TYPE'],
    [{ grace: null }, 'ERR_INVALID_ARG_TYPE'],
    [{ grace: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ grace: NaN }, 'ERR_OUT_OF_RANGE'],
    [{ grace: Infinity }, 'ERR_OUT_OF_RANGE'],
    [{ grace: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ graceMs: 5 }, 'ERR_INVALID_ARG_VALUE'],
    [{ timeout: 5 }, 'ERR_INVALID_ARG_VALUE'],
  ];
  it.each(wrong)('refuses the options %j', async (options, code) => {
    expect((await rejection<NodeJS.ErrnoException>(interrupt([], options as InterruptOptions))).code).toBe(
      code,
    );
  });

  it('says completed of an op that is long over', async () => {
    const value = stat('/');
    const [op] = listPending() as [PendingOp];
    expect((await value).isDirectory()).toBe(true);
    for (let i = 0; i < 2; i++) expect(await interrupt(op)).toEqual([{ op, outcome: 'completed' }]);
    expect(op.state).toBe('queued');
  });

  it('says how it ended of an op that was interrupted before', async () => {
    const [call] = stuck(1);
    const [op] = (await running()) as [PendingOp];
    const [first, second, third] = await Promise.all([
      interrupt([op], { reason: 'first' }),
      interrupt([op], { reason: 'second' }),
      interrupt([op, op], { reason: 'third' }),
    ]);
    expect([first, second, third].map((reports) => reports.map(({ outcome }) => outcome))).toEqual([
      ['interrupted'],
      ['interrupted'],
      ['interrupted', 'interrupted'],
    ]);
    expect((await call)?.cause).toBe('first');
    expect((await interrupt(op))[0]?.outcome).toBe('interrupted');
  });

  it('gives no grace when asked for none', async () => {
    const calls = stuck(20);
    const reports = await within(interrupt(await running(20), { grace: 0 }), 'the reports', 5000);
    const errors = await Promise.all(calls);
    expect(reports.map(({ outcome }) => outcome)).toEqual(errors.map(({ outcome }) => outcome));
    for (const { outcome } of errors) expect(['interrupted', 'abandoned']).toContain(outcome);
    // Those given up before the kernel answered are listed until it has.
    for (const op of listPending()) expect(op.state).toBe('abandoned');
    while (listPending().length > 0) await stat('/');
  });

  it.each([undefined, null, 0, '', 'why', new RangeError('why')])(
    'makes the reason the cause: %p',
    async (reason) => {
      const [call] = stuck(1);
      await interrupt(await running(), { reason });
      const error = (await call) as InterruptError;
      expect(error.cause).toBe(reason);
      expect(Object.hasOwn(error, 'cause')).toBe(reason !== undefined);
    },
  );

  it('reports after the promise has rejected', async () => {
    for (let i = 0; i < 50; i++) {
      const order: string[] = [];
      const call = open(fifo().path).catch(() => order.push('rejected'));
      const waiting = (async () => {
        try {
          await call;
        } finally {
          order.push('seen by an async function');
        }
      })();
      const ops = await running();
      await interrupt(ops).then(() => order.push('report'));
      await waiting;
      expect(order).toEqual(['rejected', 'seen by an async function', 'report']);
    }
  });

  it('leaves the handle as it was', async () => {
    const handle = await open(fifo().path, 'r+');
    const failure = failing(handle.read(Buffer.alloc(4)));
    await running();
    await interrupt(handle.listPending());
    expect((await failure).bytesDone).toBe(0);
    await handle.write('text');
    expect((await handle.read(Buffer.alloc(4))).buffer.toString()).toBe('text');
    await handle.close();
  });

  it('leaves the other calls alone', async () => {
    const [first, second] = stuck(2);
    const [op] = (await running(2)) as [PendingOp];
    await interrupt(op);
    await first;
    expect(listPending({ state: 'running' })).toHaveLength(1);
    await interrupt(listPending());
    await second;
  });
});
