// The seam between TypeScript and what carries calls out: its shape, and the addon, or what stands for it where there is
// none (without-addon/).
import { findAddon } from './find-addon';
import type { NoAddonError } from './no-addon-error';
import type * as Fallback from './without-addon/native';

/** The functions of one environment: binding/napi/environment.cc. */
export interface NativeEnvironment {
  submit(count: number, buffers: unknown[] | undefined): void;
  /** How many completions lie in the records; -1: none, and the loop will be woken by the next one. */
  poll(look: boolean, arm: boolean): number;
  /** Blocks this thread until the op has completed, or for `ms`; whether it has. */
  waitFor(slot: number, ms: number): boolean;
  /** Returns undefined when there is no memory for another op. */
  takeBytes(slot: number): Buffer | undefined;
  /** Returns what another addon makes of its function's result; throws what the addon throws. */
  takeValue(slot: number): unknown;
  interrupt(slot: number, graceMs: number): void;
  /** Of one slot, or of all with -1. */
  snapshot(rows: Float64Array, slot: number): number;
  keepAlive(on: boolean): void;
  /** The number of ops that are not over, or whose completion JavaScript has not read yet. */
  opsOut(): number;
  /** On the caller's thread. 0, or -errno. */
  closeNow(fd: number): number;
  /** Another owner closes the descriptor from now on. */
  forget(fd: number): void;
  /** Whether an op of this environment has opened it, and none has closed it since. */
  hasOpened(fd: unknown): boolean;
  /**
   * Opens this environment's queue of file system events: its descriptor, or -errno; -ENOSYS where there are none.
   * `listener` is called when there is something to read, and not again before readWatches() has returned 0.
   */
  openWatches(listener: () => void): number;
  /** Bytes of whole events; 0: there are none now. */
  readWatches(buffer: Uint8Array): number;
  /** Whether the event loop waits for that queue; not at first. */
  holdForWatches(on: boolean): void;
}

declare const work: unique symbol;
/** A function of another addon, and its data: binding/napi/extension.cc. */
export interface NativeWork {
  readonly [work]: true;
}

declare const loop: unique symbol;
/** The event loop of one copy of the package: binding/napi/loop_ops.cc. */
export interface NativeLoop {
  readonly [loop]?: true;
}

export type NativeStart = (
  work: NativeWork,
  fn: unknown,
  kind: unknown,
  params: unknown,
  path: unknown,
  options: unknown,
) => Promise<unknown>;

export interface NativeMemory {
  submissions: ArrayBuffer;
  submissionBytes: ArrayBuffer;
  completions: ArrayBuffer;
  completionBytes: ArrayBuffer;
}

export interface NativeMount {
  id: number;
  /** The device; on FUSE `minor` is the number of its connection. */
  major: number;
  minor: number;
  point: string;
  type: string;
  source: string;
  /** Calls on it depend on a server or a daemon. */
  remote: boolean;
}

export interface NativeCounts {
  workers: number;
  idle: number;
  queued: number;
  ops: number;
  /** Environments in use: one for each thread of JavaScript that has made a call and has not ended. */
  environments: number;
  signal: number;
  /** Whether workers can be killed: not where the system has none of the kind, or refuses them. */
  killable: boolean;
}

export interface Native {
  readonly codes: readonly string[];
  readonly calls: readonly string[];
  readonly steps: readonly string[];
  readonly isMainThread: boolean;
  attach(memory: NativeMemory, onWake: () => void): NativeEnvironment;
  /** 0, or -errno. */
  start(): number;
  chooseSignal(signal: number): number;
  setMaxThreads(count: number): void;
  setMaxStuckPerMount(count: number): void;
  /** A number of binding/core/runtime.h, Killable. */
  setKillable(mode: number): void;
  /**
   * Ends the workers that are processes of their own, which the calls in them have `patienceMs` to leave by themselves;
   * until resumeTasks() none is started. How many of them the kernel still has, killed; or, negative, how many were not
   * killed.
   */
  retireTasks(patienceMs: number): number;
  resumeTasks(): void;
  /** Whether calls are answered without a worker where that waits for nothing. */
  setInline(on: boolean): void;
  /** What pendingop_get() of include/pendingop.h takes: its calls come to `start`. */
  nativeApi(start: NativeStart): object;
  /** The call of another addon's function is over: what it has not used is destroyed. */
  drop(work: NativeWork): void;
  /** Reads the table of mounts again. Returns its version. */
  refreshMounts(): number;
  /** Those that paths lead to, in the kernel's order. */
  mounts(): NativeMount[];
  /** The id of the mount that an absolute path is on, by its text; -1: not known. */
  mountOf(path: Uint8Array): number;
  /** How many calls are stuck on a file system; -1 - that many once it is stalled. */
  health(major: number, minor: number): number;
  /** `listener` is called whenever a remote file system has stalled or recovered. */
  watchMounts(listener: () => void): void;
  counts(): NativeCounts;
  /** Whether a file of a remote mount is open in this process, or may be. */
  holdsRemoteFile(): boolean;
  /** Two ends of a stream socket, or -errno. */
  socketPair(): [number, number] | number;
  /** Sends descriptors with the first bytes of a stream. 0, or -errno. */
  sendDescriptors(socket: number, bytes: Uint8Array, descriptors: readonly number[]): number;
  /** One that socketPair() has made. */
  closeSocket(fd: number): void;
  /** Undefined while that child runs; else its exit code and the signal that ended it: -1 is neither, or not known. */
  reapChild(pid: number): [code: number, signal: number] | undefined;
  /** Opens the control socket. 0, or -errno. */
  openControl(): number;
  closeControl(): void;
  /** '' while it is not open. */
  controlPath(): string;
  /** `listener` hears what was done over the socket, to what, and whose command it was. */
  watchControl(listener: (what: string, subject: string, uid: number) => void): void;
  /**
   * `listener` is to interrupt an op that the event loop of this environment carries out: its number, the grace in ms,
   * and what is to be called with the number of its outcome (`Ended`). Returns what beginLoopOp() takes.
   */
  watchLoopOps(
    listener: (number: number, graceMs: number, tell: (outcome: number) => void) => void,
  ): NativeLoop;
  /** Such an op has begun; the paths absolute, '' where there is none. Returns its number in the process. */
  beginLoopOp(
    loop: NativeLoop,
    fn: string,
    path: string,
    dest: string,
    subject: string,
    label: string,
  ): number;
  /** `state`: a number of `State`. */
  markLoopOp(number: number, state: number): void;
  endLoopOp(number: number): void;
  /** A report of all ops in flight on standard error when that signal comes. 0, or -errno. */
  reportOn(signal: number): number;
  /** The number of a function's name: binding/core/functions.h. */
  functionNumber(name: string): number;
  stats(): NativeStats;
}

/** binding/napi/control.cc */
export interface NativeStats {
  queued: number;
  running: number;
  interrupting: number;
  abandoned: number;
  stuck: number;
  oldestQueuedMs: number;
  functions: { fn: string; ended: number[]; queuedMs: number; runningMs: number }[];
  queuedBuckets: number[];
  runningBuckets: number[];
  /** `mount`: the mount point of a remote file system's; '' for the others. */
  lanes: { index: number; mount: string; workers: number; idle: number; queued: number }[];
}

function load(): Native {
  const found = findAddon();
  if ('addon' in found) return found.addon as Native;
  const { WithoutAddon } = require('./without-addon/native') as typeof Fallback;
  return new WithoutAddon(found.absence);
}

export const native = load();

// Here, since it is for the whole process, whatever part of the package is loaded first.
if (process.env.PENDINGOP_INLINE === '0') native.setInline(false);

/** Why there is no addon; undefined where there is one. */
export const absence: NoAddonError | undefined = (
  native as Native & Partial<Pick<Fallback.WithoutAddon, 'absence'>>
).absence;

/** Throws ERR_PENDINGOP_NO_ADDON without one. `what`: what needs it, as the subject of the message. */
export function requireAddon(what: string): void {
  if (absence !== undefined) throw absence.for(what);
}
