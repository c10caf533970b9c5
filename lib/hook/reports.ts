// PENDINGOP_REPORT_STALLS and PENDINGOP_REPORT_SIGNAL, for programs that know nothing of this package.
import { constants } from 'node:os';
import type * as Addon from '../engine/addon';
import { EBUSY } from '../node/errno';
import { systemError } from '../node/errno-error';
import { argValue } from '../node/errors';
import type * as Stalls from './report-stalls';

const MOST_MS = 2 ** 31 - 1;

function signalOf(name: string): number {
  const number = constants.signals[name as NodeJS.Signals];
  if (number === undefined)
    throw argValue('PENDINGOP_REPORT_SIGNAL', name, 'must be the name of a signal, such as SIGUSR2');
  return number;
}

export function applyReports({ PENDINGOP_REPORT_STALLS, PENDINGOP_REPORT_SIGNAL }: NodeJS.ProcessEnv): void {
  if (PENDINGOP_REPORT_STALLS !== undefined && PENDINGOP_REPORT_STALLS !== '') {
    const ms = Number(PENDINGOP_REPORT_STALLS);
    if (PENDINGOP_REPORT_STALLS.trim() === '' || !(ms >= 0 && ms <= MOST_MS))
      throw argValue(
        'PENDINGOP_REPORT_STALLS',
        PENDINGOP_REPORT_STALLS,
        `must be a number of milliseconds from 0 to ${MOST_MS}`,
      );
    if (ms > 0) (require('./report-stalls') as typeof Stalls).reportStalls(ms);
  }
  if (PENDINGOP_REPORT_SIGNAL === undefined || PENDINGOP_REPORT_SIGNAL === '') return;
  const number = signalOf(PENDINGOP_REPORT_SIGNAL);
  const { native } = require('../engine/addon') as typeof Addon;
  // The signal is set up once in a process, but its worker threads load the hook, too.
  if (!native.isMainThread) return;
  const failed = native.reportOn(number);
  if (failed === 0) return;
  const why =
    failed === EBUSY
      ? 'the signal has another handler already; choose another signal'
      : systemError(failed, 'sigaction').message;
  throw argValue('PENDINGOP_REPORT_SIGNAL', PENDINGOP_REPORT_SIGNAL, `cannot be used: ${why}`);
}
