import { describe, expect, it } from '@jest/globals';
import { AbortError, listPending, runInterruptible, type Scope, TimeoutError } from '../../lib';
import { readFile, stat } from '../../lib/fs/promises';
import { failing, pending, rejection, running, withFifo } from '../table/tools';

const fifo = withFifo();
const REASON = new Error('because');

describe('nested scopes', () => {
  it('end with the outer one, with its error', async () => {
    const controller = new AbortController();
    const inner: Promise<Error>[] = [];
    const outer = failing(
      runInterruptible({ signal: controller.signal }, async () => {
        inner.push(failing(runInterruptible({ timeout: 1e6 }, () => readFile(fifo().path))));
        inner.push(failing(runInterruptible({}, () => runInterruptible({}, () => readFile(fifo().path)))));
        return Promise.all(inner.map(async (failure) => Promise.reject(await failure)));
      }),
    );
    await running(2);
    controller.abort(REASON);
    for (const error of [await outer, ...(await Promise.all(inner))]) {
      expect(error).toBeInstanceOf(AbortError);
      expect(error.cause).toBe(REASON);
    }
  });

  it('end and leave the outer one be', async () => {
    const given = await runInterruptible({ label: 'outer' }, async (outer) => {
      const reading = readFile(fifo().path, 'utf8');
      const error = await rejection(runInterruptible({ timeout: 20 }, () => readFile(fifo().path)));
      expect(error).toBeInstanceOf(TimeoutError);
      expect((await stat('/')).isDirectory()).toBe(true);
      expect(outer.listPending()).toHaveLength(1);
      fifo().open();
      fifo().feed('still there');
      fifo().close();
      return reading;
    });
    expect(given).toBe('still there');
  });

  it('list what is inside, with the innermost label', async () => {
    const scopes: Scope[] = [];
    const failure = failing(
      runInterruptible({ label: 'outer' }, (outer) => {
        scopes.push(outer);
        return Promise.all([
          readFile(fifo().path),
          runInterruptible({ label: 'inner' }, (inner) => {
            scopes.push(inner);
            return readFile(fifo().path);
          }),
          runInterruptible({}, () => readFile(fifo().path)),
        ]);
      }),
    );
    await pending(3);
    const labels = (scope?: Scope): string[] | undefined => scope?.listPending().map(({ label }) => label);
    expect(labels(scopes[0])).toEqual(['outer', 'inner', 'outer']);
    expect(labels(scopes[1])).toEqual(['inner']);
    expect(listPending({ label: 'outer' })).toHaveLength(2);
    await scopes[0]?.interrupt();
    await failure;
  });

  it('hand the ops that they leave behind to the outer one', async () => {
    const controller = new AbortController();
    let late: Promise<Error> | undefined;
    const left: Promise<Error>[] = [];
    await runInterruptible({ signal: controller.signal }, async (outer) => {
      await runInterruptible({ timeout: 10 }, async () => {
        left.push(failing(readFile(fifo().path)));
        late = new Promise((resolve) => setImmediate(resolve)).then(() => failing(readFile(fifo().path)));
        // Nobody waits for this op.
        left.push(failing(runInterruptible({}, () => readFile(fifo().path))));
      });
      await running(3);
      expect(outer.listPending()).toHaveLength(3);
      controller.abort(REASON);
      for (const failure of [...left, late]) expect((await failure)?.cause).toBe(REASON);
      expect((await rejection(stat('/'))).cause).toBe(REASON);
    });
  });

  it('do not begin in one that has ended', async () => {
    const controller = new AbortController();
    await runInterruptible({ signal: controller.signal }, async () => {
      controller.abort(REASON);
      let calls = 0;
      const error = await rejection(runInterruptible({}, () => ++calls));
      expect(error).toMatchObject({ cause: REASON, outcome: 'cancelled', syscall: 'runInterruptible' });
      expect(calls).toBe(0);
    });
  });

  it('share nothing with their siblings', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const failures = [one, two].map(({ signal }) =>
      failing(runInterruptible({ signal }, () => readFile(fifo().path))),
    );
    await running(2);
    one.abort(1);
    expect((await failures[0])?.cause).toBe(1);
    await running(1);
    two.abort(2);
    expect((await failures[1])?.cause).toBe(2);
  });
});
