// The control socket: lets `npx pendingop` list and interrupt the calls of this process, also while its event loop is
// blocked. What is done over it is told on the diagnostics channel `pendingop:control`.
import diagnostics from 'node:diagnostics_channel';
import { native } from '../engine/addon';
import { systemError } from '../node/errno-error';

/** Published on the diagnostics channel `pendingop:control` for each order that came over the control socket. */
export interface ControlEvent {
  /** `interrupt`: calls were interrupted. `abort`: a mount was aborted. */
  readonly type: 'interrupt' | 'abort';
  /** How many calls were interrupted, or the mount point that was aborted. */
  readonly subject: string;
  /** The number of the user who gave the order. */
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

/** As PENDINGOP_CONTROL=1 asks for it: a program that was not written for it goes on where there is no place for a socket. */
export function openFromEnvironment(): void {
  try {
    setControl(true);
  } catch (error) {
    process.emitWarning(
      `PENDINGOP_CONTROL=1: the control socket cannot be opened, and the program goes on without one: ${(error as Error).message}`,
    );
  }
}

/** Opens the socket of the process, or closes it. */
export function setControl(on: boolean): void {
  if (!on) {
    native.closeControl();
    return;
  }
  const failed = native.openControl();
  if (failed !== 0) throw systemError(failed, 'listen');
  watch();
}
