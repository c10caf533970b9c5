// trackOp(): ops of the caller's own, until they end, or their signal or timeout ends them.
import { describe, expect, it, jest } from '@jest/globals';
import { AbortError, listPending, OpKind, TimeoutError, trackOp, trackPending } from '../../lib';
import { until } from '../fixtures/leaks';
import { failing, rejection } from '../table/tools';
import { gate, nothing } from './gate';

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
