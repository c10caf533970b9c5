// The control socket: `npx pendingop` lists and interrupts the calls of this process over it, also while its event loop
// is blocked. Each order is published on the diagnostics channel `pendingop:control`.
import diagnostics from 'node:diagnostics_channel';
import { native } from '../engine/addon';
import { EACCES, EADDRINUSE, ENOSYS } from '../node/errno';
import { systemError } from '../node/errno-error';

/** Published on the diagnostics channel `pendingop:control` for each order that came over the control socket. */
export interface ControlEvent {
  /** `interrupt`: calls were interrupted. `abort`: a mount was aborted. */
  readonly type: 'interrupt' | 'abort';
  /** The number of calls that were interrupted, or the mount point that was aborted. */
  readonly subject: string;
  /** The user id of the client that gave the order. */
  readonly uid: number;
}

const channel = diagnostics.channel('pendingop:control');

let watched = false;

function watch(): void {
  if (watched) return;
  watched = true;
  native.watchControl((type, subject, uid) => {
    const event: ControlEvent = { type: type as ControlEvent['type'], subject, uid };
    if (channel.hasSubscribers) channel.publish(event);
  });
}

/**
 * Opens the socket for PENDINGOP_CONTROL=1. If it cannot be opened, warns only: a program that knows nothing of this
 * package must go on.
 */
export function openFromEnvironment(): void {
  try {
    setControl(true);
  } catch (error) {
    process.emitWarning(
      `PENDINGOP_CONTROL=1: the control socket cannot be opened, and the program goes on without one: ${(error as Error).message}`,
    );
  }
}

/** Why the socket cannot be opened, and what can be done. */
const REASONS = new Map([
  [EACCES, 'neither XDG_RUNTIME_DIR nor /tmp has a folder for it that belongs to this user alone'],
  [EADDRINUSE, 'another version of pendingop in this process has opened it; `npm dedupe` leaves one version'],
  [ENOSYS, 'this system has no control sockets'],
]);

function cannotOpen(errno: number): NodeJS.ErrnoException {
  const error = systemError(errno, 'listen');
  const reason = REASONS.get(errno);
  error.message += ` on the control socket${reason === undefined ? '' : `: ${reason}`}`;
  return error;
}

/** Opens or closes the control socket of the process. */
export function setControl(on: boolean): void {
  if (!on) {
    native.closeControl();
    return;
  }
  const failed = native.openControl();
  if (failed !== 0) throw cannotOpen(failed);
  watch();
}
