// configure(): the settings of the process.
import { constants } from 'node:os';
import { native } from '../engine/addon';
import { defaults, settings } from '../engine/settings';
import { EALREADY, EBUSY, EINVAL } from '../node/errno';
import { signalInUse, systemError } from '../node/errno-error';
import { argType, argValue, invalidState } from '../node/errors';
import { validateGrace } from '../validate/grace';
import { validateBoolean, validateInteger, validateObject, validateTimeout } from '../validate/values';
import { setControl } from './control';

/** Settings of the whole process, for configure(). A setting that is left out stays as it is. */
export interface Configuration {
  /**
   * The signal that makes a worker leave the kernel, by name or number. Choose it before the first call: afterwards
   * configure() throws ERR_INVALID_STATE. If the signal already has a handler, configure() throws ERR_SIGNAL_IN_USE.
   * @default a real-time signal that nobody handles
   */
  signal?: NodeJS.Signals | number | undefined;
  /**
   * The greatest number of workers in the process, all environments together: 1 to 1 000 000.
   * @default 16384
   */
  maxThreads?: number | undefined;
  /**
   * When this many calls are stuck on one remote file system, new calls on it fail at once with a StalledError. A call
   * is stuck when it has not come back for a second or longer: see `Mount.stuck`.
   * @default 1000
   */
  maxStuckPerMount?: number | undefined;
  /**
   * Linux: which workers can be killed, one by one, to end calls that no signal ends. `auto`: those of remote file
   * systems (NFS, CIFS, FUSE and the like). `always`: those of local file systems, too. `never`: none. If the system
   * refuses such workers, threads take their place, whatever is set.
   * @default 'auto'
   */
  killable?: Killable | undefined;
  /**
   * Linux: whether a call on a local file is answered on the caller's thread, without a worker, if the kernel has the
   * answer in memory and nothing has to be waited for: docs/cached-calls.md.
   * @default true; false with PENDINGOP_INLINE=0
   */
  inline?: boolean | undefined;
  /**
   * ms between an interrupt and the moment when the caller is free at the latest, whatever the kernel does.
   * @default 100
   */
  grace?: number | undefined;
  /**
   * ms without progress after which a call on a file ends, if it has no timeout of its own; 0 and `Infinity`: no
   * timeout. A call that makes progress (a copy, a large read) may take any time. Calls on pipes, sockets and
   * terminals, and calls that wait for locks, are not affected.
   * @default 0
   */
  timeout?: number | undefined;
  /**
   * Whether ops remember the stack of their caller (PendingOp.stack). It costs some microseconds a call.
   * @default false
   */
  captureStacks?: boolean | undefined;
  /**
   * Whether the process has a control socket, over which `npx pendingop` of the same user lists its calls and
   * interrupts them: docs/control.md.
   * @default false; true with PENDINGOP_CONTROL=1
   */
  control?: boolean | undefined;
}

/** Which workers can be killed one by one: see Configuration.killable. */
export type Killable = 'auto' | 'always' | 'never';

/** The modes in the order of binding/core/runtime.h. */
const KILLABLE: readonly unknown[] = ['auto', 'always', 'never'] satisfies Killable[];

const MOST_THREADS = 1_000_000;

/**
 * Changes settings of the process. All settings are checked first: if one is invalid, none is changed.
 *
 * @param options - what to change; settings left out stay as they are
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE for an invalid setting; ERR_SIGNAL_IN_USE and
 *   ERR_INVALID_STATE for `signal`; the system's error if the control socket cannot be opened
 * @example
 * ```ts
 * import { configure } from 'pendingop';
 * configure({ grace: 50, timeout: 30_000, maxStuckPerMount: 200 });
 * ```
 */
export function configure(options: Configuration): void {
  validateObject(options, 'options');
  for (const key of Object.keys(options)) {
    if (!KNOWN.has(key))
      throw argValue('options', options, `has no setting called '${key}' (known: ${[...KNOWN].join(', ')})`);
  }
  const { signal, maxThreads, maxStuckPerMount, grace, killable, inline, timeout } = options;
  const { captureStacks, control } = options;
  if (maxThreads !== undefined) validateInteger(maxThreads, 'options.maxThreads', 1, MOST_THREADS);
  if (maxStuckPerMount !== undefined)
    validateInteger(maxStuckPerMount, 'options.maxStuckPerMount', 0, MOST_THREADS);
  if (killable !== undefined && !KILLABLE.includes(killable))
    throw argValue('options.killable', killable, "must be 'auto', 'always' or 'never'");
  if (inline !== undefined) validateBoolean(inline, 'options.inline');
  if (grace !== undefined) validateGrace(grace, 'options.grace');
  validateTimeout(timeout);
  if (captureStacks !== undefined) validateBoolean(captureStacks, 'options.captureStacks');
  if (control !== undefined) validateBoolean(control, 'options.control');
  if (signal !== undefined) chooseSignal(signal);
  if (maxThreads !== undefined) native.setMaxThreads(maxThreads);
  if (maxStuckPerMount !== undefined) native.setMaxStuckPerMount(maxStuckPerMount);
  if (killable !== undefined) {
    native.setKillable(KILLABLE.indexOf(killable));
    settings.killable = killable;
  }
  if (inline !== undefined) native.setInline(inline);
  if (grace !== undefined) settings.grace = grace;
  if (timeout !== undefined) defaults.timeout = timeout === Infinity ? 0 : timeout;
  if (captureStacks !== undefined) settings.captureStacks = captureStacks;
  if (control !== undefined) setControl(control);
}

/**
 * Signals by which the kernel reports a fault of the program itself. Our handler, which returns, would hide the crash,
 * or run again and again.
 */
const FAULTS: readonly unknown[] = [
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGSYS',
].map((name) => constants.signals[name as NodeJS.Signals]);
const KNOWN = new Set([
  'signal',
  'maxThreads',
  'maxStuckPerMount',
  'grace',
  'killable',
  'inline',
  'timeout',
  'captureStacks',
  'control',
]);

function chooseSignal(signal: unknown): void {
  let number = signal;
  if (typeof signal === 'string') number = constants.signals[signal as NodeJS.Signals];
  else if (typeof signal !== 'number') throw argType('options.signal', 'of type string or number', signal);
  if (!Number.isInteger(number))
    throw argValue('options.signal', signal, 'must be the name or the number of a signal of this system');
  if (FAULTS.includes(number))
    throw argValue(
      'options.signal',
      signal,
      'must not be a signal that tells of a fault: a handler for it would hide a crash',
    );
  const failed = native.chooseSignal(number as number);
  if (failed === 0) return;
  if (failed === EBUSY) throw signalInUse(String(signal));
  if (failed === EINVAL) throw argValue('options.signal', signal, 'must be a signal that can be handled');
  if (failed === EALREADY)
    throw invalidState('Calls have run already: configure({ signal }) has to come before the first call');
  throw systemError(failed, 'sigaction');
}
