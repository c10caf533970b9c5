// What a kind of call is, and what every call takes besides its arguments.
import type { AsyncResource } from 'node:async_hooks';
import type { Done } from '../engine/completion';
import type { Call } from './index';

/** What a kind of call is: one constant for all its calls. */
export interface CallType<T> {
  /** The name as the caller knows it. */
  readonly fn: string;
  readonly code: number;
  /** As Node's errors have it. */
  readonly syscall: string;
  /** Bits of OpKind. */
  readonly kind: number;
  /** Whether it may change the disk. */
  readonly changes: boolean;
  /**
   * It closes a descriptor, which happens in any case: an interrupt frees the caller alone, and a scope that has ended does
   * not refuse it.
   */
  readonly closes?: boolean;
  /** It gives back what was taken: a scope that has ended does not refuse it. */
  readonly givesBack?: boolean;
  /** It opens in one trip with what it opens for: errors of each step but close name the path. */
  readonly inOneTrip?: boolean;
  /** Makes the value out of the completion; what it throws is what the promise rejects with. */
  result(done: Completion, call: Call<T>): T;
  /** Runs once for each start(), before the caller hears of the outcome. */
  readonly settled?: ((call: Call<unknown>) => void) | undefined;
}

/** Hears how a call ended that has no promise. */
export interface CallListener {
  done(value: unknown): void;
  failed(error: unknown): void;
  /** Where it was called. */
  readonly context?: AsyncResource;
}

/** Reader of one completion: valid inside result() only. */
export type Completion = Pick<Done, 'value' | 'numbers' | 'bigints' | 'at' | 'text' | 'bytes' | 'length'>;
