// scope.ended: when the function, the handlers and the ops of a scope are over. And the grace of a scope.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { listPending, runInterruptible, type Scope } from '../../lib';
import { open, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { StallFs } from '../fixtures/stallfs';
import { rejection, withFifo } from '../table/tools';

const fifo = withFifo();

/** A promise and what settles it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function isOver(scope: Scope): Promise<boolean> {
  return Promise.race([scope.ended.then(() => true), delay(10, false)]);
}

describe('scope.ended', () => {
  it('waits for the clean-up of its function, longer than the grace', async () => {
    const cleaned = gate();
    let scope!: Scope;
    const promise = runInterruptible({ timeout: 20, grace: 20 }, async (own) => {
      scope = own;
      try {
        await open(fifo().path);
      } finally {
        await cleaned.opened;
      }
    });
    expect(await rejection(promise)).toMatchObject({ name: 'TimeoutError', outcome: 'abandoned' });
    expect(await isOver(scope)).toBe(false);
    cleaned.open();
    await scope.ended;
  });

  it('waits for handlers, longer than the grace, those of inner scopes included', async () => {
    const [outer, inner] = [gate(), gate()];
    let scope!: Scope;
    const promise = runInterruptible({ timeout: 20, grace: 10 }, (own) => {
      scope = own;
      own.onInterrupt(() => outer.opened);
      return runInterruptible({}, (nested) => {
        nested.onInterrupt(() => inner.opened);
        return open(fifo().path);
      });
    });
    await rejection(promise);
    expect(await isOver(scope)).toBe(false);
    outer.open();
    expect(await isOver(scope)).toBe(false);
    inner.open();
    await scope.ended;
  });

  it('settles after the ops that a function has left behind, also if nothing was interrupted', async () => {
    let scope!: Scope;
    let left!: Promise<unknown>;
    await runInterruptible({}, async (own) => {
      scope = own;
      await stat('/');
      left = open(fifo().path).then((handle) => handle.close());
    });
    expect(await isOver(scope)).toBe(false);
    fifo().open();
    await left;
    await scope.ended;
  });
});

describeWith('stallfs', 'scope.ended, on a file system that stalls', () => {
  it('waits for ops that were abandoned', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      let scope!: Scope;
      await rejection(
        runInterruptible({ timeout: 50, grace: 20 }, (own) => {
          scope = own;
          return stat(join(fs.path, 'missing'));
        }),
      );
      expect(listPending({ state: 'abandoned' })).toHaveLength(1);
      expect(await isOver(scope)).toBe(false);
      await fs.normal();
      await fs.release();
      await scope.ended;
      expect(listPending()).toEqual([]);
    } finally {
      await fs.unmount();
    }
  });
});

describe('the grace of a scope', () => {
  it('is the time that its function has, also if it is longer than the default', async () => {
    const value = await runInterruptible({ timeout: 10, grace: 60_000 }, async (scope) => {
      await new Promise((resolve) => scope.signal.addEventListener('abort', resolve));
      // The default is 100.
      await delay(200);
      return 'cleaned up';
    });
    expect(value).toBe('cleaned up');
  });

  it('is the time that handlers have', async () => {
    let done = false;
    await runInterruptible({ grace: 60_000 }, async (scope) => {
      scope.onInterrupt(async () => {
        await delay(200);
        done = true;
      });
      void scope.interrupt();
    });
    expect(done).toBe(true);
  });

  it('is checked', async () => {
    expect(await rejection(runInterruptible({ grace: -1 }, () => 1))).toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    });
    expect(await rejection(runInterruptible({ grace: '1' as never }, () => 1))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
