// trackOp(): what an interrupt does to an op, and what is left of one that does not end.
import { describe, expect, it, jest } from '@jest/globals';
import {
  InterruptError,
  interrupt,
  interruptUnder,
  listPending,
  onPending,
  trackOp,
  trackPending,
} from '../../lib';
import { until } from '../fixtures/leaks';
import { failing } from '../table/tools';
import { gate, nothing } from './gate';

function listed(fn: string) {
  const [op] = listPending({ fn });
  if (op === undefined) throw new Error(`${fn} is not listed`);
  return op;
}

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
