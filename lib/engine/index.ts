// The engine, between calls and the addon. It submits all calls of one tick with one native call, and settles completed
// calls.
//
// Under the hook a call that changes something is submitted as it is made, together with what was made before it: Node's
// pool starts it then, and programs rely on that. They block until the disk shows the effect, or for a while, and then
// write by writeSync() (sonic-boom's flushSync).
//
// How the event loop learns of completions: after a submit the engine polls in the loop's next turn (setImmediate), for
// some microseconds if necessary, since most calls are over by then and a wake-up costs more than the call. Only if no
// call has completed does the engine ask native code to wake the loop (poll with `arm`). A promise never settles in the
// turn that submitted its call, so calls that are over at once do not keep the loop from timers and sockets.
import { atExit } from '../node/at-exit';
import { signalInUse, systemError } from '../node/errno-error';
import { patch } from '../node/patch';
import { now } from '../util/clock';
import { outside, outsideDomain } from '../util/outside';
import { setImmediate } from '../util/timers';
import { type NativeEnvironment, native } from './addon';
import { Ended } from './codes';
import { COMPLETIONS, completionBytes, completions, done, WAITED_FOR } from './completion';
import type { EngineCall } from './engine-call';
import './rights';
import { anyInFlight, callAt, freeSlot } from './slots';
import { isFull, submissionBytes, submissions, submit, withdraw, write } from './submission';

let environment: NativeEnvironment | undefined;
let flushIsDue = false;
let pollScheduled = false;
let keptAlive = false;
/** The number of calls whose callers wait. They keep the event loop alive. */
let waiting = 0;
/** Calls that do not keep the event loop alive: those of watchers and of background probes. */
const unheld = new Set<EngineCall>();

/** Returns this thread's environment; undefined before the first call. */
export const attached = (): NativeEnvironment | undefined => environment;

function attach(): void {
  const failed = native.start();
  if (failed !== 0) throw failed === -16 ? signalInUse(signalName()) : systemError(failed, 'pthread_create');
  // The wake-up serves all calls, so it must not run in the scope of the first call.
  environment = outside(() =>
    native.attach({ submissions, submissionBytes, completions, completionBytes }, poll),
  );
  atExit(submitAtEnd);
}

function signalName(): string {
  const { signal } = native.counts();
  return signal === 0 ? 'for interrupts' : String(signal);
}

/** From the event 'exit' on there is no end of the tick: each call is submitted at once. */
let ends = false;

function submitAtEnd(): void {
  ends = true;
  if (flushIsDue) flush();
}

/** Writes the call into the records. These are submitted at the end of this tick at the latest. */
export function enqueue(call: EngineCall): void {
  if (environment === undefined) attach();
  if (isFull()) flush();
  write(call);
  waiting++;
  if (ends || (call.type.changes === true && patch.areOurs !== undefined && !waitIsNext)) {
    if (submit(environment as NativeEnvironment, true)) lookSoon();
    return;
  }
  if (flushIsDue) return;
  flushIsDue = true;
  if (gathers) gatheredSince = now();
  else outsideDomain(flushSoon);
}

let waitIsNext = false;

/** Runs `start`, which starts a call that waitFor() follows at once: that submits the call. */
export function startToWait(start: () => void): void {
  waitIsNext = true;
  try {
    start();
  } finally {
    waitIsNext = false;
  }
}

/** The ms that a call waits at most for other calls to be submitted with. */
const LONGEST_GATHER = 0.1;
let gathers = false;
let gatheredSince = 0;

/**
 * Until gatherNoMore(), calls wait to be submitted together. When many callbacks run in a row, ticks and promises run
 * after each of them; without gathering, the calls of each callback would be a submission of their own.
 */
export function gather(): void {
  gathers = true;
}

/** Submits the gathered calls if they have waited for long enough. Called now and then until gatherNoMore(). */
export function submitGathered(): void {
  if (flushIsDue && now() - gatheredSince > LONGEST_GATHER) flush();
}

export function gatherNoMore(): void {
  gathers = false;
  if (flushIsDue) flush();
}

const settled = Promise.resolve();

function flush(): void {
  flushIsDue = false;
  if (submit(environment as NativeEnvironment)) lookSoon();
}

/**
 * An event from another source of the loop (an fs.watch event, say) may report the effect of a finished call. Finished
 * calls are settled before new ones are submitted, so that their callers go on first, as with Node's own pool. This
 * happens at most once between two polls, and not for calls made by callers that a poll has just settled: calls that
 * are over at once must not keep the loop from timers and sockets.
 */
let looks: 'not yet' | 'next' | 'no more' = 'next';

function flushSoon(): void {
  settled.then(flushInTurn);
}

function flushInTurn(): void {
  if (looks === 'not yet') {
    looks = 'next';
  } else if (looks === 'next') {
    looks = 'no more';
    const env = environment as NativeEnvironment;
    settle(env.poll(true, false), env);
  }
  flush();
}

function lookSoon(): void {
  if (pollScheduled) return;
  pollScheduled = true;
  outside(() => setImmediate(poll));
}

/** Runs in the loop: as an immediate after a submit, or woken by a completion. */
function poll(): void {
  pollScheduled = false;
  looks = 'next';
  if (withdrawn.length > 0) settleWithdrawn();
  const env = environment as NativeEnvironment;
  let count = env.poll(true, false);
  if (count === 0) {
    if (keptAlive !== waiting > 0) {
      keptAlive = waiting > 0;
      env.keepAlive(keptAlive);
    }
    count = env.poll(false, true);
    if (count < 0) return;
  }
  looks = 'not yet';
  do {
    settle(count, env);
    if (count < COMPLETIONS) break;
    count = env.poll(false, false);
  } while (count > 0);
  if (waiting === 0 && keptAlive) {
    keptAlive = false;
    env.keepAlive(false);
  }
  // Abandoned calls are in flight, too: the loop still has to learn of their release.
  if (anyInFlight()) lookSoon();
}

function settle(count: number, env: NativeEnvironment): void {
  for (let i = 0; i < count; i++) {
    done.read(i, env);
    settleOne();
  }
}

/**
 * Settles the call of the completion that was read last. A listener may make a call and block for it, which reads
 * another completion into `done`.
 */
function settleOne(): void {
  const call = callAt(done.slot) as EngineCall;
  if (done.last) freeSlot(done.slot);
  if (done.outcome === Ended.released) {
    call.release();
  } else {
    waitNoMore(call);
    call.finish(done);
  }
}

function waitNoMore(call: EngineCall): void {
  if (unheld.size === 0 || !unheld.delete(call)) waiting--;
}

/** Sets whether a call in flight keeps the event loop alive. At first each call does. */
export function keepsLoop(call: EngineCall, keeps: boolean): void {
  if (keeps !== unheld.has(call)) return;
  if (keeps) unheld.delete(call);
  else unheld.add(call);
  waiting += keeps ? 1 : -1;
  // If the loop is not kept alive here, it may end before anything wakes it.
  if (keptAlive === waiting > 0) return;
  keptAlive = waiting > 0;
  (environment as NativeEnvironment).keepAlive(keptAlive);
}

/** The ms after which a blocked thread returns to JavaScript, so that Node can terminate it. */
const LONGEST_SLEEP = 50;

/**
 * Blocks this thread until the call has settled, for at most `ms` (negative: any time). Returns whether the call has
 * settled. No code of another call runs meanwhile: calls that complete are settled in the loop's next turn.
 */
export function waitFor(call: EngineCall, ms: number): boolean {
  flush();
  const env = environment as NativeEnvironment;
  const settled = sleepUntil(env, call, ms < 0 ? Infinity : now() + ms);
  if (settled) {
    done.read(WAITED_FOR, env);
    settleOne();
  }
  // While this thread was blocked, native code may have suppressed a wake-up for other calls.
  if (anyInFlight()) lookSoon();
  return settled;
}

function sleepUntil(env: NativeEnvironment, call: EngineCall, end: number): boolean {
  for (let from = now(); ; ) {
    const ms = Math.max(0, Math.min(LONGEST_SLEEP, end - from));
    if (env.waitFor(call.slot, ms)) return true;
    // If the thread was terminated meanwhile, it ends here: it cannot end in native code.
    const to = now();
    // Native code did not sleep, so the environment is about to end.
    if (to >= end || to - from < ms / 2) return false;
    from = to;
  }
}

/**
 * Calls that were taken back out of the records. They settle in the loop's next turn, and keep their slots until then.
 */
let withdrawn: EngineCall[] = [];

function settleWithdrawn(): void {
  const given = withdrawn;
  withdrawn = [];
  for (const call of given) {
    freeSlot(call.slot);
    waitNoMore(call);
    done.withdrawn();
    call.finish(done);
  }
}

/** Ends a call in flight. It settles within `graceMs`. */
export function interruptCall(call: EngineCall, graceMs: number): void {
  if (withdraw(call)) {
    withdrawn.push(call);
  } else {
    (environment as NativeEnvironment).interrupt(call.slot, graceMs);
  }
  lookSoon();
}

/** Opens this environment's queue of file system events, as NativeEnvironment.openWatches() says. */
export function openWatches(listener: () => void): number {
  if (environment === undefined) attach();
  // The queue serves all watchers, so `listener` runs outside of any scope.
  return outside(() => (environment as NativeEnvironment).openWatches(listener));
}
export const readWatches = (buffer: Uint8Array): number => environment?.readWatches(buffer) ?? 0;
export const holdForWatches = (on: boolean): void => environment?.holdForWatches(on);

/** Returns whether this environment has opened the descriptor and has not closed it since. */
export const hasOpened = (fd: unknown): boolean => environment?.hasOpened(fd) === true;

/** Removes the descriptor from those that this environment has opened: another owner closes it. */
export const disown = (fd: number): void => environment?.forget(fd);

/** Closes a descriptor on this thread, and blocks until it is closed. Returns 0 or -errno. */
export const closeBlocking = (fd: number): number => (environment as NativeEnvironment).closeNow(fd);
