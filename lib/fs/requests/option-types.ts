// Types for Node's functions with more options than Node's.
import type { PathLike } from 'node:fs';
import type { CallOptions } from '../../validate/call-options';

/** What ends a synchronous call. Given among Node's options, or, for functions that take none, as a last argument. */
export interface SyncOptions {
  /**
   * ms that the caller waits. If the time is over, the call is interrupted, and after the grace at most a TimeoutError
   * is thrown. 0 and `Infinity`: no timeout, and a worker makes the call.
   * @default none: the function is Node's own
   */
  timeout?: number | undefined;
}

// biome-ignore lint/complexity/noBannedTypes: to tell callbacks.
type Whole = PathLike | NodeJS.ArrayBufferView | Date | readonly unknown[] | Function;

/** Adds options `O` to an argument that is an object of options. */
type Wider<T, O> = T extends object ? (T extends Whole ? T : T & O) : T;
type WiderAll<A extends unknown[], O> = { [K in keyof A]: Wider<A[K], O> };

type Signature<A extends unknown[], R, O> = (...args: WiderAll<A, O>) => R;

/** Node's function, each of its overloads also with options `O` among its own. */
export type Takes<F, O = CallOptions> = F &
  (F extends {
    (...args: infer A1): infer R1;
    (...args: infer A2): infer R2;
    (...args: infer A3): infer R3;
    (...args: infer A4): infer R4;
    (...args: infer A5): infer R5;
    (...args: infer A6): infer R6;
    (...args: infer A7): infer R7;
    (...args: infer A8): infer R8;
  }
    ? Signature<A1, R1, O> &
        Signature<A2, R2, O> &
        Signature<A3, R3, O> &
        Signature<A4, R4, O> &
        Signature<A5, R5, O> &
        Signature<A6, R6, O> &
        Signature<A7, R7, O> &
        Signature<A8, R8, O>
    : unknown);

/** Node's function with options `O` behind its other arguments. */
export type TakesLast<F extends (...args: never[]) => unknown, O = SyncOptions> = F &
  ((...args: [...Parameters<F>, options: O]) => ReturnType<F>);
