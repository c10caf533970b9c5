// Types of Node's functions that take more options than Node's do.
import type { PathLike } from 'node:fs';
import type { CallOptions } from '../../validate/call-options';

/** What ends a synchronous call; among the options of Node, or behind the last argument. */
export interface SyncOptions {
  /**
   * ms that the caller waits at most, the grace added when the kernel does not give the call up; then a TimeoutError
   * is thrown. 0 and Infinity: any time, on a worker.
   * @default none: the function is that of Node
   */
  timeout?: number | undefined;
}

// biome-ignore lint/complexity/noBannedTypes: to tell callbacks.
type Whole = PathLike | NodeJS.ArrayBufferView | Date | readonly unknown[] | Function;

/** An argument that is an object of options takes those of ours, too. */
type Wider<T, O> = T extends object ? (T extends Whole ? T : T & O) : T;
type WiderAll<A extends unknown[], O> = { [K in keyof A]: Wider<A[K], O> };

type Signature<A extends unknown[], R, O> = (...args: WiderAll<A, O>) => R;

/** Node's function, all of its overloads, and each of them with options `O` among its own. */
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

/** Node's function with options `O` behind all of its arguments. */
export type TakesLast<F extends (...args: never[]) => unknown, O = SyncOptions> = F &
  ((...args: [...Parameters<F>, options: O]) => ReturnType<F>);
