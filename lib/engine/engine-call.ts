// What the engine knows of a call: the operands that native code takes, and who is told of the end.
import type { NativeWork } from './addon';
import type { Done } from './completion';

/** From where a path is walked: the names at its end, from a directory that is held open. binding/core/base.h. */
export interface Base {
  /** Its descriptor; -1: none. */
  readonly directory: number;
  /** How many names; 0: all of the path, from no directory. */
  readonly names: number;
  /**
   * Whether a symbolic link under the last name is followed by a call that would follow it. Where it is not, none is that
   * lies below the directory.
   */
  readonly follows: boolean;
}

export interface EngineCall {
  readonly type: { readonly fn: string; readonly code: number };
  readonly path: string | Uint8Array;
  readonly dest: string | Uint8Array | undefined;
  /** Undefined, as for most: from the root or the working directory, links followed as the call follows them. */
  readonly base: Base | undefined;
  readonly destBase: Base | undefined;
  readonly fd: number;
  /** The words of its record: operands.ts has their names. */
  readonly i0: number;
  readonly i1: number;
  readonly d0: number;
  readonly d1: number;
  readonly d2: number;
  readonly data: Uint8Array | undefined;
  vector: readonly NodeJS.ArrayBufferView[] | undefined;
  readonly into: NodeJS.ArrayBufferView | undefined;
  readonly offset: number;
  readonly length: number;
  /** The function of another addon, and its data. */
  readonly work: NativeWork | undefined;
  /** Whether its vector is read into, as against written. */
  readonly reads: boolean;
  /** The number that native code knows it by; -1 before it is submitted. */
  slot: number;
  /** One of the package's own, that is not listed and not interrupted. */
  readonly internal?: true;
  /** The op is over, or its caller was freed before the kernel has returned. */
  finish(done: Done): void;
  /** The kernel has returned from an op whose caller was freed before. */
  release(): void;
}
