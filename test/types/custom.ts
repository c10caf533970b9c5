// Compiled, never run: what of trackOp and nativeApi must compile, what must not, and what the results are.
import * as po from '../../lib';

/** Fails to compile unless both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A>() {
  return <B>(_value: B, ..._same: Same<A, B> extends true ? [] : ['not the same type']): void => {};
}

export async function results(signal: AbortSignal): Promise<void> {
  const info: po.TrackOpInfo = { fn: 'wait', onInterrupt: () => undefined };
  same<number>()(await po.trackOp(info, async () => 1));
  same<string>()(
    await po.trackOp(
      {
        fn: 'wait',
        kind: po.OpKind.Top | po.OpKind.Net,
        params: [1, 'x'],
        pathname: '/x',
        signal,
        timeout: 100,
        onInterrupt: async (reason) => same<unknown>()(reason),
      },
      (given) => {
        same<AbortSignal>()(given);
        return Promise.resolve('x');
      },
    ),
  );
  same<object>()(po.nativeApi);
  same<string>()(po.include);
  same<unknown>()(new po.InterruptError('', {} as never).handlerError);
}

export function refused(): void {
  const onInterrupt = (): void => undefined;
  // @ts-expect-error there is no handler
  void po.trackOp({ fn: 'x' }, async () => 1);
  // @ts-expect-error there is no name
  void po.trackOp({ onInterrupt }, async () => 1);
  // @ts-expect-error nothing to run
  void po.trackOp({ fn: 'x', onInterrupt });
  // @ts-expect-error run gives a promise
  void po.trackOp({ fn: 'x', onInterrupt }, () => 1);
  // @ts-expect-error an option that there is not
  void po.trackOp({ fn: 'x', onInterrupt, labels: 'y' }, async () => 1);
}

export function ended(error: unknown): string {
  if (error instanceof po.TimeoutError) return error.code satisfies 'ETIMEDOUT';
  if (error instanceof po.AbortError) return error.code satisfies 'ABORT_ERR';
  return error instanceof po.InterruptError ? error.outcome : '';
}
