// trackOp(): handlers that fail, and who hears of it.
import { describe, expect, it } from '@jest/globals';
import { interrupt, listPending, trackOp } from '../../lib';
import { failing, result } from '../table/tools';
import { gate } from './gate';

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
