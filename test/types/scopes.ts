// Compiled, never run: what of scopes and of the stall detector must compile, and what must not.
import {
  type InterruptHandler,
  type InterruptReport,
  onStall,
  type PendingOp,
  runInterruptible,
  type Scope,
  type ScopeOptions,
  type StallOptions,
} from '../../lib';

/** Fails to compile unless both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A>() {
  return <B>(_value: B, ..._same: Same<A, B> extends true ? [] : ['not the same type']): void => {};
}

export async function scopes(options: ScopeOptions, handler: InterruptHandler): Promise<void> {
  same<number>()(await runInterruptible({}, async () => 1));
  same<string>()(
    await runInterruptible({ label: 'x', timeout: 1, signal: AbortSignal.abort() }, () => 'plain'),
  );
  same<undefined>()(await runInterruptible(options, async () => undefined));
  await runInterruptible({ signal: undefined, timeout: undefined, label: undefined }, async (scope) => {
    scope satisfies Scope;
    same<AbortSignal>()(scope.signal);
    same<string>()(scope.label);
    same<() => void>()(scope.onInterrupt(handler));
    scope.onInterrupt(async () => {});
    scope.onInterrupt((reason: unknown) => void reason);
    same<PendingOp[]>()(scope.listPending());
    same<InterruptReport[]>()(await scope.interrupt());
    same<InterruptReport[]>()(await scope.interrupt({ grace: 1, reason: 'x' }));
    // @ts-expect-error
    scope.signal = AbortSignal.abort();
  });
  // @ts-expect-error milliseconds
  await runInterruptible({ timeout: '1' }, async () => {});
  // @ts-expect-error no such option
  await runInterruptible({ after: 1 }, async () => {});
  // @ts-expect-error
  await runInterruptible({});
}

export function stalls(options: StallOptions): void {
  same<() => void>()(onStall(options, () => {}));
  onStall({ after: 1 }, (op) => same<PendingOp>()(op));
  // @ts-expect-error
  onStall({}, () => {});
}
