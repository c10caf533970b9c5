// The type of a call, and the interface of listeners, which get the outcome in place of a promise.
import type { AsyncResource } from 'node:async_hooks';
import type { Done } from '../engine/completion';
import type { Call } from './index';

/** The properties that all calls of one function share: one constant for each function. */
export interface CallType<T> {
  /** The function's name as the caller knows it. */
  readonly fn: string;
  readonly code: number;
  /** The `syscall` of the errors, as Node has it. */
  readonly syscall: string;
  /** Bits of OpKind. */
  readonly kind: number;
  /** Whether the call may change the disk. */
  readonly changes: boolean;
  /**
   * The call closes a descriptor. The close happens in any case: an interrupt only frees the caller, and a
   * scope that has ended does not refuse the call.
   */
  readonly closes?: boolean;
  /** The call gives back a resource. A scope that has ended does not refuse the call. */
  readonly givesBack?: boolean;
  /** The call opens a file and works on it in one native call: errors of each step but close name the path. */
  readonly inOneTrip?: boolean;
  /** Returns the path that the kernel's errors name, if it is another one than `path`; undefined: they name none. */
  readonly pathInErrors?: (path: string) => string | undefined;
  /** Makes the value from the completion. If it throws, the promise rejects with that error. */
  result(done: Completion, call: Call<T>): T;
  /** Called once for each start(), before the caller gets the outcome. */
  readonly settled?: ((call: Call<unknown>) => void) | undefined;
}

/** Gets the outcome of a call that has no promise. */
export interface CallListener {
  done(value: unknown): void;
  failed(error: unknown): void;
  /** The async context in which the call was made. */
  readonly context?: AsyncResource;
}

/** What result() reads of the completion. Valid inside result() only. */
export type Completion = Pick<Done, 'value' | 'numbers' | 'bigints' | 'at' | 'text' | 'bytes' | 'length'>;
