// The seam between TypeScript and native code: the shape of the addon, and the addon itself. Without an addon,
// without-addon/ implements the same shape.
import { findAddon } from './find-addon';
import type { NoAddonError } from './no-addon-error';
import type * as Fallback from './without-addon/native';

/** The functions of one environment (binding/napi/environment.cc). */
export interface NativeEnvironment {
  /** `atOnce` is for the environment without an addon. A worker takes a call when it can. */
  submit(count: number, buffers: unknown[] | undefined, atOnce: boolean): void;
  /**
   * Returns the number of completions in the records; -1: there are none, and the next completion wakes the event loop.
   */
  poll(look: boolean, arm: boolean): number;
  /** Blocks this thread until the op has completed, for at most `ms`. Returns whether the op has completed. */
  waitFor(slot: number, ms: number): boolean;
  /** Returns the bytes that did not fit into the records; undefined: there is not enough memory for them. */
  takeBytes(slot: number): Buffer | undefined;
  /** Returns the value that another addon makes of its function's result. Throws what that addon throws. */
  takeValue(slot: number): unknown;
  interrupt(slot: number, graceMs: number): void;
  /** Writes the state of the op in `slot` into `rows`; with -1, of all ops. Returns the number of ops. */
  snapshot(rows: Float64Array, slot: number): number;
  keepAlive(on: boolean): void;
  /** Returns the number of ops that are not over, or whose completion JavaScript has not read yet. */
  opsOut(): number;
  /** Closes the descriptor on the caller's thread. Returns 0 or -errno. */
  closeNow(fd: number): number;
  /** Removes the descriptor from those that this environment has opened: another owner closes it. */
  forget(fd: number): void;
  /** Returns whether an op of this environment has opened the descriptor and none has closed it since. */
  hasOpened(fd: unknown): boolean;
  /**
   * Opens this environment's queue of file system events. Returns its descriptor, or -errno; -ENOSYS: the system has no
   * such events. When there is something to read, `listener` is called once; it is called again only after
   * readWatches() has returned 0.
   */
  openWatches(listener: () => void): number;
  /** Reads whole events into `buffer`. Returns the number of bytes; 0: there are no events now. */
  readWatches(buffer: Uint8Array): number;
  /** Sets whether the queue keeps the event loop alive. At first it does not. */
  holdForWatches(on: boolean): void;
}

declare const work: unique symbol;
/** A function of another addon, and its data (binding/napi/extension.cc). */
export interface NativeWork {
  readonly [work]: true;
}

declare const loop: unique symbol;
/** The event loop that one copy of the package runs on (binding/napi/loop_ops.cc). */
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
  /** The major number of the device. On FUSE `minor` is the number of the connection. */
  major: number;
  minor: number;
  /** The mount point as text. Bytes that are no UTF-8 are replaced. */
  point: string;
  /** The mount point, one character for each byte. */
  bytes: string;
  type: string;
  source: string;
  /** Whether calls on the mount depend on a server or a daemon. */
  remote: boolean;
}

export interface NativeCounts {
  workers: number;
  idle: number;
  queued: number;
  ops: number;
  /** The environments in use: those that have made a call and have not ended. */
  environments: number;
  signal: number;
  /** Whether workers can be killed. False if the system has no tasks, or refuses to make them. */
  killable: boolean;
}

export interface Native {
  readonly codes: readonly string[];
  readonly calls: readonly string[];
  readonly steps: readonly string[];
  readonly isMainThread: boolean;
  attach(memory: NativeMemory, onWake: () => void): NativeEnvironment;
  /** Starts the supervisor and chooses the signal. Returns 0 or -errno. */
  start(): number;
  chooseSignal(signal: number): number;
  setMaxThreads(count: number): void;
  setMaxStuckPerMount(count: number): void;
  /** `mode`: a number of Killable, binding/core/runtime.h. */
  setKillable(mode: number): void;
  /**
   * Ends the tasks. Calls in them have `patienceMs` to leave by themselves; tasks that are still in a call are killed
   * then. No task is started before resumeTasks(). Returns the number of killed tasks that the kernel has not released;
   * a negative number: that many tasks could not be killed.
   */
  retireTasks(patienceMs: number): number;
  resumeTasks(): void;
  /** Sets whether a call is answered without a worker if its answer waits for nothing. */
  setInline(on: boolean): void;
  /** Returns the value that pendingop_get() of include/pendingop.h takes. Calls made through it come to `start`. */
  nativeApi(start: NativeStart): object;
  /** The call of another addon's function is over: destroys the data that the call has not used. */
  drop(work: NativeWork): void;
  /** Reads the table of mounts again. Returns its version. */
  refreshMounts(): number;
  /** Returns the mounts that paths can lead to, in the kernel's order. */
  mounts(): NativeMount[];
  /** Returns the id of the mount that an absolute path is on, judged by the text of the path; -1: not known. */
  mountOf(path: Uint8Array): number;
  /** Returns the number of calls stuck on a file system; once the file system is stalled, -1 minus that number. */
  health(major: number, minor: number): number;
  /** Calls `listener` whenever a remote file system has stalled or recovered. */
  watchMounts(listener: () => void): void;
  counts(): NativeCounts;
  /** Returns whether a file of a remote mount is open in this process, or may be. */
  holdsRemoteFile(): boolean;
  /** Returns the two ends of a stream socket, or -errno. */
  socketPair(): [number, number] | number;
  /** Sends descriptors with the first bytes of a stream. Returns 0 or -errno. */
  sendDescriptors(socket: number, bytes: Uint8Array, descriptors: readonly number[]): number;
  /** Closes a socket of socketPair(). */
  closeSocket(fd: number): void;
  /**
   * Reaps the child. Returns undefined while it runs; else its exit code and the signal that ended it, each -1 if it
   * does not apply or is not known.
   */
  reapChild(pid: number): [code: number, signal: number] | undefined;
  /** Opens the control socket. Returns 0 or -errno. */
  openControl(): number;
  closeControl(): void;
  /** Returns the path of the control socket; '' while it is not open. */
  controlPath(): string;
  /**
   * Calls `listener` for each order that came over the control socket: what was done, to what, and the user id of the
   * client.
   */
  watchControl(listener: (what: string, subject: string, uid: number) => void): void;
  /**
   * `listener` interrupts an op that the event loop of this environment carries out. It gets the number of the op, the
   * grace in ms, and a function that takes the number of the outcome (`Ended`). Returns the argument for beginLoopOp().
   */
  watchLoopOps(
    listener: (number: number, graceMs: number, tell: (outcome: number) => void) => void,
  ): NativeLoop;
  /**
   * Announces an op that the event loop carries out. The paths are absolute, '' if there is none. Returns the number of
   * the op in this process.
   */
  beginLoopOp(
    loop: NativeLoop,
    fn: string,
    path: string,
    dest: string,
    subject: string,
    label: string,
  ): number;
  /** `state`: a number of State. */
  markLoopOp(number: number, state: number): void;
  endLoopOp(number: number): void;
  /** Has `signal` write a report of all ops in flight to standard error. Returns 0 or -errno. */
  reportOn(signal: number): number;
  /** Returns the number of a function's name (binding/core/functions.h). */
  functionNumber(name: string): number;
  stats(): NativeStats;
}

/** The counts of the process (binding/napi/control.cc). */
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
  /** `mount`: the mount point, if the lane is that of a remote file system; '' for the other lanes. */
  lanes: { index: number; mount: string; workers: number; idle: number; queued: number }[];
}

function load(): Native {
  const found = findAddon();
  if ('addon' in found) return found.addon as Native;
  const { WithoutAddon } = require('./without-addon/native') as typeof Fallback;
  return new WithoutAddon(found.absence);
}

export const native = load();

// This module reads the setting, since every entry point loads it before its first call, and the setting is one for the
// process.
if (process.env.PENDINGOP_INLINE === '0') native.setInline(false);

/** Why there is no addon; undefined: there is one. */
export const absence: NoAddonError | undefined = (
  native as Native & Partial<Pick<Fallback.WithoutAddon, 'absence'>>
).absence;

/** Without an addon, throws ERR_PENDINGOP_NO_ADDON. `what` is the subject of the message: what needs the addon. */
export function requireAddon(what: string): void {
  if (absence !== undefined) throw absence.for(what);
}
