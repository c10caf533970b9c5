// `supported`: what of this package works here.
import { absence, native } from '../engine/addon';
import { besideAddon } from '../engine/find-addon';

/** What works in this process. Everything that is false rejects, or does less: `docs/platforms.md`. */
export interface Supported {
  /**
   * Whether the native addon is loaded. Without it `pendingop/fs`, `pendingop/fs/promises` and `pendingop/register` pass
   * calls on to Node: they are listed, and `signal`, `timeout` and `interrupt()` free their callers, with the outcome
   * `abandoned`.
   */
  readonly native: boolean;
  /** Whether an interrupt can end a call that is in the kernel. */
  readonly interrupt: boolean;
  /** Whether workers can be killed one by one, for file systems on which a signal ends no call. */
  readonly kill: boolean;
  /** Whether `mounts` knows the mounted file systems. */
  readonly mounts: boolean;
  /** `pendingop/lock`. */
  readonly locks: boolean;
  /** `pendingop/command`. */
  readonly commands: boolean;
  /** Functions of other native addons (`nativeApi`). */
  readonly nativeApi: boolean;
  /** Why the addon is not loaded. */
  readonly reason?: string;
}

const isNative = absence === undefined;

/** What of this package works in this process; asked for at any time, it never throws. */
export const supported: Supported = Object.freeze({
  native: isNative,
  interrupt: isNative,
  // Known once the first worker of that kind was asked for: the system may refuse it.
  get kill() {
    return native.counts().killable;
  },
  mounts: isNative && process.platform === 'linux',
  locks: isNative,
  commands: isNative && besideAddon('pendingop-launcher') !== undefined,
  nativeApi: isNative,
  ...(absence !== undefined && { reason: absence.message }),
});
