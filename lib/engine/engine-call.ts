// The part of a call that the engine knows: the operands for native code, and the functions that it calls at the end.
import type { NativeWork } from './addon';
import type { Done } from './completion';

/**
 * Where the walk of a path begins: the last names of the path are looked up from a directory that is held open
 * (binding/core/base.h).
 */
export interface Base {
  /** The descriptor of the directory; -1: none. */
  readonly directory: number;
  /** The number of names; 0: the whole path is walked, and no directory is used. */
  readonly names: number;
  /**
   * Whether a call that follows symbolic links follows one under the last name. If false, no component below the
   * directory may be a symbolic link.
   */
  readonly follows: boolean;
}

export interface EngineCall {
  readonly type: { readonly fn: string; readonly code: number; readonly changes?: boolean };
  readonly path: string | Uint8Array;
  readonly dest: string | Uint8Array | undefined;
  /**
   * Undefined for most calls: the walk begins at the root or the working directory, and links are followed as the call
   * follows them.
   */
  readonly base: Base | undefined;
  readonly destBase: Base | undefined;
  readonly fd: number;
  /** The operands. operands.ts writes them by their names. */
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
  /** Whether `vector` is read into; otherwise it is written. */
  readonly reads: boolean;
  /** The number by which native code knows the call; -1 before the call is submitted. */
  slot: number;
  /** Marks the package's own calls: they are neither listed nor interrupted. */
  readonly internal?: true;
  /** Called when the op is over, or when its caller was freed before the kernel has returned. */
  finish(done: Done): void;
  /** Called when the kernel has returned from an op whose caller was freed before. */
  release(): void;
}
