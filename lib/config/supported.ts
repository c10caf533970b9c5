// `supported`: which parts of this package work here.
import { absence, native } from '../engine/addon';
import { launcherPath } from '../engine/find-addon';
import { isWindows } from '../node/windows';

/** What works in this process. What is false here rejects, or does less: `docs/platforms.md`. */
export interface Supported {
  /**
   * Whether the native addon is loaded. Without it `pendingop/fs`, `pendingop/fs/promises` and `pendingop/register`
   * pass calls on to Node: the calls are listed, and `signal`, `timeout` and `interrupt()` free their callers with the
   * outcome `abandoned`.
   */
  readonly native: boolean;
  /** Whether an interrupt can end a call that is in the kernel. */
  readonly interrupt: boolean;
  /** Whether workers can be killed one by one, for file systems on which a signal ends no call. */
  readonly kill: boolean;
  /** Whether `mounts` knows the mounted file systems. */
  readonly mounts: boolean;
  /** Whether `pendingop/lock` works. */
  readonly locks: boolean;
  /** Whether `pendingop/command` works. */
  readonly commands: boolean;
  /** Whether other native addons can run functions here (`nativeApi`). */
  readonly nativeApi: boolean;
  /** Why the addon is not loaded; left out if it is. */
  readonly reason?: string;
}

const isNative = absence === undefined;

/** What of this package works in this process. It can be read at any time and never throws. */
export const supported: Supported = Object.freeze({
  native: isNative,
  interrupt: isNative,
  // A getter, since the answer may change: the system may refuse the first such worker.
  get kill() {
    return native.counts().killable;
  },
  mounts: isNative && (process.platform === 'linux' || isWindows),
  locks: isNative,
  commands: isNative && launcherPath() !== undefined,
  nativeApi: isNative,
  ...(absence !== undefined && { reason: absence.message }),
});
