import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { runInterruptible, type Scope } from '../../lib';
import { readFile, stat, unlink } from '../../lib/fs/promises';
import { until } from '../fixtures/leaks';
import { failing, result, running, withFifo } from '../table/tools';

const fifo = withFifo();
const REASON = new Error('because');

/** Runs `body` in a scope that then waits for the FIFO. Aborts the scope and returns its error. */
async function aborted(body: (scope: Scope, abort: (reason: unknown) => void) => void): Promise<Error> {
  const controller = new AbortController();
  const failure = failing(
    runInterruptible({ signal: controller.signal }, (scope) => {
      body(scope, (reason) => controller.abort(reason));
      return readFile(fifo().path);
    }),
  );
  await running();
  controller.abort(REASON);
  return failure;
}

describe('onInterrupt', () => {
  it('runs handlers once, the last one first, with the reason', async () => {
    const seen: unknown[] = [];
    await aborted((scope) => {
      scope.onInterrupt((reason) => void seen.push([1, reason]));
      const off = scope.onInterrupt(() => void seen.push('taken away'));
      const twice = (reason: unknown): void => void seen.push([2, reason]);
      scope.onInterrupt(twice);
      scope.onInterrupt(twice)();
      off();
      off();
    });
    expect(seen).toEqual([
      [2, REASON],
      [1, REASON],
    ]);
  });

  it('each handler waits for the one before, and the promise waits for all', async () => {
    const seen: string[] = [];
    await aborted((scope) => {
      scope.onInterrupt(() => void seen.push('last'));
      scope.onInterrupt(async () => {
        seen.push('begin');
        await new Promise((resolve) => setImmediate(resolve));
        seen.push('end');
      });
    });
    expect(seen).toEqual(['begin', 'end', 'last']);
  });

  it('does not wait for a handler that does not end', async () => {
    const last = new Promise<void>((resolve) => {
      void aborted((scope) => {
        scope.onInterrupt(() => resolve());
        scope.onInterrupt(() => new Promise(() => undefined));
      });
    });
    await last;
  });

  it('warns about a handler that failed, and goes on', async () => {
    const script = `
      const warnings = [], seen = [];
      process.on('warning', ({ name, code, detail }) => {
        if (name !== 'DeprecationWarning') warnings.push([name, code, detail.split('\\n')[0]]);
      });
      po.runInterruptible({ timeout: 10 }, (scope) => {
        scope.onInterrupt(() => seen.push('all the same'));
        scope.onInterrupt(() => { throw new Error('thrown'); });
        scope.onInterrupt(() => Promise.reject(new Error('rejected')));
        return new Promise(() => {});
      }).catch(({ code }) => setImmediate(() => console.log(JSON.stringify({ code, seen, warnings }))));`;
    const warning = ['InterruptHandlerWarning', 'PENDINGOP_INTERRUPT_HANDLER'];
    expect(await result(script, ['--no-warnings'])).toEqual({
      code: 'ETIMEDOUT',
      seen: ['all the same'],
      warnings: [
        [...warning, 'Error: rejected'],
        [...warning, 'Error: thrown'],
      ],
    });
  });

  it('a handler makes its calls in no scope', async () => {
    const file = `${fifo().path}-temporary`;
    writeFileSync(file, '');
    const removed: unknown[] = [];
    await aborted((scope) => {
      scope.onInterrupt(async () => void removed.push(await unlink(file)));
    });
    expect(removed).toEqual([undefined]);
  });

  it('a handler is in no scope, also if the scope was ended from inside', async () => {
    await runInterruptible({}, async (scope) => {
      const kinds: boolean[] = [];
      scope.onInterrupt(async () => void kinds.push((await stat('/')).isDirectory()));
      await scope.interrupt();
      await until(() => kinds.length > 0, 'the handler');
      scope.onInterrupt(async () => void kinds.push((await stat('/')).isDirectory()));
      await until(() => kinds.length > 1, 'the late handler');
      expect(kinds).toEqual([true, true]);
    });
  });

  it('runs at once after the end, and not at all when the function has settled first', async () => {
    const seen: string[] = [];
    await runInterruptible({}, async (scope) => {
      scope.onInterrupt(() => void seen.push('before'));
      await scope.interrupt();
      scope.onInterrupt(() => void seen.push('after'))();
      expect(seen).toEqual(['before', 'after']);
    });
    let kept: Scope | undefined;
    await runInterruptible({ timeout: 10 }, (scope) => {
      kept = scope;
      scope.onInterrupt(() => void seen.push('never'));
    });
    kept?.onInterrupt(() => void seen.push('never'));
    await kept?.interrupt();
    expect(seen).toEqual(['before', 'after']);
  });

  it('runs those of inner scopes first', async () => {
    const seen: string[] = [];
    const controller = new AbortController();
    const failure = failing(
      runInterruptible({ signal: controller.signal }, (outer) => {
        outer.onInterrupt(() => void seen.push('outer'));
        return runInterruptible({}, (inner) => {
          inner.onInterrupt(() => void seen.push('inner'));
          return readFile(fifo().path);
        });
      }),
    );
    await running();
    controller.abort();
    await failure;
    expect(seen).toEqual(['inner', 'outer']);
  });

  it('a handler may add another one and interrupt the scope', async () => {
    const seen: unknown[] = [];
    await aborted((scope) => {
      scope.onInterrupt(() => {
        seen.push('first');
        scope.onInterrupt(() => void seen.push('nested'));
        void scope.interrupt().then((reports) => seen.push(reports.length));
      });
    });
    expect(seen.slice(0, 2)).toEqual(['first', 'nested']);
  });
});
