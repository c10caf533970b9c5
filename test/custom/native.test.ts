// pendingop.h: what addons can call, what they get, and which arguments are refused.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { interrupt, listPending, nativeApi, OpKind, onPending } from '../../lib';
import { until } from '../fixtures/leaks';
import { failing, pending, rejection, running, thrown } from '../table/tools';
import { describeAddons, type Example, example, load, type Probe, probe } from './tools';

describeAddons('pendingop.h', () => {
  let addon: Probe;
  beforeEach(() => {
    addon = probe();
    addon.go(false);
  });
  afterEach(async () => {
    addon.go(true);
    await until(() => addon.counts().live === 0, 'all data destroyed');
  });

  describe('the function table', () => {
    it.each([
      ['undefined', undefined],
      ['a number', 7],
      ['another object', {}],
      ['a function', () => undefined],
      ['something that inherits from it', Object.create(nativeApi)],
    ])('is not had from %s', (_, value) => {
      const error = thrown(() => load('example').attach(value));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
      expect(error.message).toContain("require('pendingop').nativeApi");
    });

    it('of a version later than this package’s is refused', () => {
      const error = thrown(() => load('newer').attach(nativeApi));
      expect(error).toMatchObject({ code: 'ERR_PENDINGOP_API_VERSION' });
      expect(error.message).toContain('install a newer pendingop');
    });
  });

  describe('a call', () => {
    it('gives its result as a number when it has no complete function', async () => {
      expect(await addon.run({ fn: 'probe', result: 2 ** 40 })).toBe(2 ** 40);
      expect(await addon.run({ fn: 'probe' })).toBe(0);
    });

    it('gives what its complete function makes', async () => {
      expect(await addon.run({ fn: 'probe', completes: 'text' })).toBe('made');
      expect(await addon.run({ fn: 'probe', completes: 'nothing' })).toBeUndefined();
    });

    it('rejects with what its complete function throws, and the next call works', async () => {
      const error = await rejection<NodeJS.ErrnoException>(addon.run({ fn: 'probe', completes: 'throw' }));
      expect(error).toMatchObject({ code: 'ERR_PROBE', message: 'thrown by complete' });
      const thrownInScript = await rejection(addon.run({ fn: 'probe', completes: 'script' }));
      expect(thrownInScript).toMatchObject({ name: 'RangeError', message: 'in script' });
      expect(await addon.run({ fn: 'probe', completes: 'text' })).toBe('made');
    });

    it('rejects with the system’s error for a negative result', async () => {
      expect(await rejection(addon.run({ fn: 'probe', result: -2, completes: 'text' }))).toMatchObject({
        code: 'ENOENT',
        errno: -2,
        syscall: 'probe',
        message: 'ENOENT: no such file or directory, probe',
      });
      const error = await rejection(addon.run({ fn: 'probe', result: -2, path: '/a' }));
      expect(error).toMatchObject({ path: '/a', message: "ENOENT: no such file or directory, probe '/a'" });
    });

    it('that returns EINTR without an interrupt is made again', async () => {
      expect(await addon.run({ fn: 'probe', does: 'again' })).toBe(5);
      expect(addon.counts().executed).toBe(5);
    });

    it('has a stack of the documented size', async () => {
      expect(await addon.run({ fn: 'probe', does: 'stack' })).toBe(1);
    });

    it('is listed with the name, path and parameters that it was given', async () => {
      const described = { fn: 'probe', path: 'a/../b', kind: OpKind.Top | OpKind.Lock, params: [1, 'x'] };
      const call = addon.run({ ...described, does: 'until-go' });
      const [op] = await running();
      expect(op?.fn()).toBe('probe');
      expect(op?.kind()).toBe(OpKind.Top | OpKind.Lock);
      expect(op?.params()).toEqual([1, 'x']);
      expect(op?.pathname()).toBe(`${process.cwd()}/b`);
      expect(op?.call).toBe('');
      expect(op?.threadId).toBeGreaterThan(0);
      expect(op?.threadId).not.toBe(process.pid);
      addon.go(true);
      await call;
    });

    it('is listed as Custom without a path by default', async () => {
      const call = addon.run({ fn: 'probe', does: 'until-go' });
      const [op] = await running();
      expect(op?.kind()).toBe(OpKind.Top | OpKind.Custom);
      expect(op?.params()).toEqual([]);
      expect(op?.pathname()).toBe('');
      addon.go(true);
      await call;
    });

    it('has events', async () => {
      const events: string[] = [];
      const stop = onPending(({ type, op, outcome }) => events.push(`${type} ${op.fn()} ${outcome ?? ''}`));
      await addon.run({ fn: 'probe' });
      stop();
      expect(events).toEqual(['start probe ', 'end probe completed']);
    });
  });

  describe('bad arguments', () => {
    it.each<[string, Record<string, unknown>, unknown, string, RegExp]>([
      ['no call', { fn: 'x', without: 'call' }, undefined, 'ERR_INVALID_ARG_VALUE', /no call/],
      ['no promise', { fn: 'x', without: 'promise' }, undefined, 'ERR_INVALID_ARG_VALUE', /no place/],
      ['no execute', { fn: 'x', without: 'execute' }, undefined, 'ERR_INVALID_ARG_VALUE', /no execute/],
      ['no name', {}, undefined, 'ERR_INVALID_ARG_TYPE', /call\.fn/],
      ['an empty name', { fn: '' }, undefined, 'ERR_INVALID_ARG_VALUE', /call\.fn/],
      ['a kind that is none', { fn: 'x', kind: 512 }, undefined, 'ERR_OUT_OF_RANGE', /call\.kind/],
      ['params', { fn: 'x', params: 'y' }, undefined, 'ERR_INVALID_ARG_TYPE', /call\.params/],
      ['options', { fn: 'x' }, 7, 'ERR_INVALID_ARG_TYPE', /options/],
      ['an option', { fn: 'x' }, { timeuot: 1 }, 'ERR_INVALID_ARG_VALUE', /'timeuot'/],
      ['a signal', { fn: 'x' }, { signal: 1 }, 'ERR_INVALID_ARG_TYPE', /signal/],
      ['a timeout', { fn: 'x' }, { timeout: -1 }, 'ERR_OUT_OF_RANGE', /timeout/],
    ])('%s: an exception, and the data stays the addon’s', (_, spec, options, code, message) => {
      const error = thrown(() => addon.run(spec, options));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(listPending()).toEqual([]);
      expect(addon.counts().live).toBe(0);
    });

    it('of the example addon throw, too', () => {
      const one: Example = example();
      const call = one as unknown as Record<string, (...args: unknown[]) => unknown>;
      expect(thrown(() => call.countPrimes?.('x')).message).toContain('limit');
      expect(thrown(() => call.read?.(0, 1, 'how')).message).toContain('plain');
      expect(thrown(() => call.ringWait?.({})).message).toContain('no ring');
      expect(one.counts().out).toBe(0);
    });
  });

  describe('an unblock function', () => {
    it('is called once, on another thread, instead of the signal', async () => {
      const call = failing(addon.run({ fn: 'probe', does: 'until-told', result: -5, unblocks: 'tell' }));
      const ops = await running();
      await until(() => addon.counts().executed === 1, 'it executes');
      const reports = await Promise.all([interrupt(...ops), interrupt(...ops)]);
      expect(reports.flat().map(({ outcome }) => outcome)).toEqual(['interrupted', 'interrupted']);
      expect(await call).toMatchObject({ outcome: 'interrupted', mayHaveTakenEffect: true });
      expect(addon.counts()).toMatchObject({ executed: 1, unblocked: 1 });
    });

    it('does not discard a result that there is already', async () => {
      const call = addon.run({ fn: 'probe', does: 'until-told', result: 9, unblocks: 'tell' });
      const ops = await running();
      await until(() => addon.counts().executed === 1, 'it executes');
      expect(await interrupt(...ops)).toMatchObject([{ outcome: 'completed' }]);
      expect(await call).toBe(9);
    });

    it('that does nothing leaves the op abandoned, and is not called again', async () => {
      const call = failing(addon.run({ fn: 'probe', does: 'until-go', unblocks: 'nothing' }));
      const ops = await running();
      await until(() => addon.counts().executed === 1, 'it executes');
      expect(await interrupt(ops, { grace: 20 })).toMatchObject([{ outcome: 'abandoned' }]);
      await call;
      expect(addon.counts()).toMatchObject({ unblocked: 1, live: 1 });
      addon.go(true);
    });

    it('that hangs delays neither the grace nor the interrupts of other ops', async () => {
      const spec = { fn: 'hangs', does: 'until-told', result: 3, unblocks: 'hang' };
      const call = failing(addon.run(spec));
      const other = failing(addon.run({ fn: 'poll', does: 'poll' }));
      await running(2);
      await until(() => addon.counts().executed === 2, 'they execute');
      expect(await interrupt(listPending({ fn: 'hangs' }), { grace: 20 })).toMatchObject([
        { outcome: 'abandoned' },
      ]);
      await call;
      // `execute` has returned. The data is kept, since the unblock function still uses it.
      expect(await interrupt(...listPending({ fn: 'poll' }))).toMatchObject([{ outcome: 'interrupted' }]);
      await other;
      expect(addon.counts().live).toBe(1);
      addon.go(true);
      await pending(0);
    });
  });

  describe('a section that must not be interrupted', () => {
    it('gets neither signal nor unblock function, also nested; they follow its end', async () => {
      const call = failing(addon.run({ fn: 'probe', does: 'nested' }));
      const ops = await running();
      await until(() => addon.counts().executed === 1, 'it executes');
      const report = interrupt(ops, { grace: 1_000_000 });
      await pending(1, { state: 'interrupting' });
      addon.go(true);
      expect(await report).toMatchObject([{ outcome: 'interrupted' }]);
      await call;
    });

    it('that the addon does not end ends with the call', async () => {
      // More calls than workers, so some follow another one on the same thread.
      for (let i = 0; i < 20; i++) await addon.run({ fn: 'probe', does: 'open-stretch' });
      const calls = Array.from({ length: 20 }, () => failing(addon.run({ fn: 'probe', does: 'poll' })));
      const ops = await running(20);
      const reports = await interrupt(ops, { grace: 1_000_000 });
      expect(reports.map(({ outcome }) => outcome)).toEqual(Array(20).fill('interrupted'));
      await Promise.all(calls);
    });
  });

  describe('an op that never began', () => {
    it('is destroyed without an execute: aborted before, or cancelled in the same tick', async () => {
      const error = await rejection(addon.run({ fn: 'probe' }, { signal: AbortSignal.abort() }));
      expect(error).toMatchObject({ outcome: 'cancelled', mayHaveTakenEffect: false });
      expect(addon.counts().live).toBe(0);
      const call = failing(addon.run({ fn: 'probe' }));
      expect(await interrupt(...listPending())).toMatchObject([{ outcome: 'cancelled' }]);
      await call;
      expect(addon.counts()).toMatchObject({ live: 0, executed: 0 });
    });
  });
});

describe('the object for native addons', () => {
  it('is frozen and empty to JavaScript', () => {
    expect(Object.isFrozen(nativeApi)).toBe(true);
    expect(Reflect.ownKeys(nativeApi)).toEqual([]);
  });
});
