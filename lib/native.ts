// The addon and its shape.
import { join } from 'node:path';

/** The functions of one environment: binding/napi/environment.cc. */
export interface NativeEnvironment {
  submit(count: number, buffers: unknown[] | undefined): void;
  /** How many completions lie in the records; -1: none, and the loop will be woken by the next one. */
  poll(spinMicroseconds: number, arm: boolean): number;
  /** Blocks this thread until the op has completed, or for `ms` (negative: any time); whether it has. */
  waitFor(slot: number, ms: number): boolean;
  /** Undefined: there was no memory for it. */
  takeBytes(slot: number): Buffer | undefined;
  interrupt(slot: number, graceMs: number): void;
  /** Of one slot, or of all with -1. */
  snapshot(rows: Float64Array, slot: number): number;
  keepAlive(on: boolean): void;
  /** Ops that are not over, or of which JavaScript has not heard yet: none when nothing is pending. */
  opsOut(): number;
  /** On the caller's thread. 0, or -errno. */
  closeNow(fd: number): number;
}

export interface NativeMemory {
  submissions: ArrayBuffer;
  submissionBytes: ArrayBuffer;
  completions: ArrayBuffer;
  completionBytes: ArrayBuffer;
  /** A worker thread: what it has open when it ends is to be closed. */
  isThread: boolean;
}

export interface NativeCounts {
  workers: number;
  idle: number;
  queued: number;
  ops: number;
  signal: number;
}

export interface Native {
  readonly codes: readonly string[];
  readonly calls: readonly string[];
  readonly steps: readonly string[];
  attach(memory: NativeMemory, onWake: () => void): NativeEnvironment;
  /** 0, or -errno. */
  start(): number;
  chooseSignal(signal: number): number;
  setMaxThreads(count: number): void;
  counts(): NativeCounts;
}

function load(): Native {
  // Another build of the addon, by its path: how the test suite runs against the portable backend.
  const other = process.env.PENDINGOP_ADDON;
  if (other) return require(other) as Native;
  const find = require('node-gyp-build') as (root: string) => unknown;
  return find(join(__dirname, '..')) as Native;
}

export const native = load();
