// The environment variables for programs that know nothing of this package. An invalid value throws at the start;
// ignored, it would be missed only when something stalls.
import type * as Expected from '../call/expected-mounts';
import { setTracking } from '../call/tracking';
import { defaults } from '../engine/settings';
import { argValue } from '../node/errors';
import { placeText, unescapedBytes } from '../node/path-text';
import { validateTimeout } from '../validate/values';
import type * as Configure from './configure';
import type * as Control from './control';

/** The variable of each setting of configure(). docs/table.md has the same table. */
export const VARIABLES = {
  signal: 'PENDINGOP_SIGNAL',
  maxThreads: 'PENDINGOP_MAX_THREADS',
  maxStuckPerMount: 'PENDINGOP_MAX_STUCK',
  killable: 'PENDINGOP_KILLABLE',
  grace: 'PENDINGOP_GRACE',
  inline: 'PENDINGOP_INLINE',
  timeout: 'PENDINGOP_TIMEOUT',
  captureStacks: 'PENDINGOP_CAPTURE_STACKS',
  control: 'PENDINGOP_CONTROL',
} as const;

/** The variables that are passed on to configure(). The others are read below. */
const NUMBERS = ['maxThreads', 'maxStuckPerMount', 'grace'] as const;
const TEXTS = ['killable', 'signal'] as const;

/**
 * Has configure() check and set what the variables say. configure() is loaded only if one is set, since it loads native
 * code.
 */
function applySettings(env: NodeJS.ProcessEnv): void {
  const set = (setting: keyof typeof VARIABLES, value: unknown): void => {
    const { configure } = require('./configure') as typeof Configure;
    try {
      configure({ [setting]: value });
    } catch (error) {
      (error as Error).message = `${VARIABLES[setting]}: ${(error as Error).message}`;
      throw error;
    }
  };
  for (const setting of NUMBERS) {
    const text = env[VARIABLES[setting]];
    if (text === undefined || text === '') continue;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value)) throw argValue(VARIABLES[setting], text, 'must be a number');
    set(setting, value);
  }
  for (const setting of TEXTS) {
    const text = env[VARIABLES[setting]];
    if (text !== undefined && text !== '') set(setting, /^\d+$/.test(text) ? Number(text) : text);
  }
  if (isOn(VARIABLES.captureStacks, env[VARIABLES.captureStacks])) set('captureStacks', true);
}

/** Returns whether a variable that is a switch is on. */
function isOn(name: string, value: string | undefined): boolean {
  if (value === undefined || value === '' || value === '0') return false;
  if (value !== '1') throw argValue(name, value, "must be '1' or '0'");
  return true;
}

export function applyEnvironment(env: NodeJS.ProcessEnv): void {
  const { PENDINGOP_TIMEOUT, PENDINGOP_TRACK, PENDINGOP_INLINE, PENDINGOP_CONTROL } = env;
  if (PENDINGOP_TIMEOUT !== undefined && PENDINGOP_TIMEOUT !== '') {
    const ms = PENDINGOP_TIMEOUT.trim() === '' ? Number.NaN : Number(PENDINGOP_TIMEOUT);
    if (Number.isNaN(ms))
      throw argValue('PENDINGOP_TIMEOUT', PENDINGOP_TIMEOUT, 'must be a number of milliseconds');
    validateTimeout(ms, 'PENDINGOP_TIMEOUT');
    defaults.timeout = ms === Infinity ? 0 : ms;
  }
  // Only checked here: lib/engine/addon.ts applies it when the addon is loaded.
  isOn('PENDINGOP_INLINE', PENDINGOP_INLINE);
  for (const point of (env.PENDINGOP_EXPECT_MOUNTS ?? '').split(':').filter((one) => one !== '')) {
    if (!point.startsWith('/'))
      throw argValue('PENDINGOP_EXPECT_MOUNTS', point, 'must be absolute paths, with colons between them');
    (require('../call/expected-mounts') as typeof Expected).expectMount(
      unescapedBytes(placeText(point)).replace(/(?<=.)\/+$/, ''),
    );
  }
  applySettings(env);
  if (isOn('PENDINGOP_TRACK', PENDINGOP_TRACK)) setTracking(true);
  // The control socket loads native code.
  if (isOn('PENDINGOP_CONTROL', PENDINGOP_CONTROL))
    (require('./control') as typeof Control).openFromEnvironment();
}
