// PENDINGOP_TIMEOUT and PENDINGOP_TRACK, for programs that know nothing of this package. What is mistyped there is an
// error at the start: it would be missed only when something hangs.
import type * as Calls from '../call';
import { defaults } from '../engine/settings';
import { argValue } from '../node/errors';
import { validateTimeout } from '../validate/values';

export function applyEnvironment({ PENDINGOP_TIMEOUT, PENDINGOP_TRACK }: NodeJS.ProcessEnv): void {
  if (PENDINGOP_TIMEOUT !== undefined && PENDINGOP_TIMEOUT !== '') {
    const ms = PENDINGOP_TIMEOUT.trim() === '' ? Number.NaN : Number(PENDINGOP_TIMEOUT);
    if (Number.isNaN(ms))
      throw argValue('PENDINGOP_TIMEOUT', PENDINGOP_TIMEOUT, 'must be a number of milliseconds');
    validateTimeout(ms, 'PENDINGOP_TIMEOUT');
    defaults.timeout = ms === Infinity ? 0 : ms;
  }
  if (PENDINGOP_TRACK === undefined || PENDINGOP_TRACK === '' || PENDINGOP_TRACK === '0') return;
  if (PENDINGOP_TRACK !== '1') throw argValue('PENDINGOP_TRACK', PENDINGOP_TRACK, "must be '1' or '0'");
  // Needs the calls themselves.
  (require('../call') as typeof Calls).setTracking(true);
}
