// A call, from its arguments to its promise. The functions of lib/fs build calls, the engine carries them
// out, and the table shows them.
import type { AsyncResource } from 'node:async_hooks';
import { setTimeout } from 'node:timers';
import { enqueue, interruptCall } from '../engine';
import type { NativeWork } from '../engine/addon';
import { copyTo, scatter } from '../engine/buffers';
import { Code, Ended, State } from '../engine/codes';
import type { Done } from '../engine/completion';
import type { Base } from '../engine/engine-call';
import { defaults, settings } from '../engine/settings';
import { isRelative, workingDirectory } from '../node/path-text';
import { noop } from '../util/noop';
import { once } from '../util/once';
import { outside } from '../util/outside';
import type { CallOptions, Encoding } from '../validate/call-options';
import { validateSignal, validateTimeout } from '../validate/values';
import { unwatchSignal, watchSignal } from './abort-signals';
import { isHooked, promiseContext } from './async-context';
import { type CallScope, currentScope } from './current-scope';
import { type Deadline, removeDeadline, setDeadline } from './deadlines';
import { type Driver, drivers } from './driver';
import type { Outcome } from './errors';
import { observed } from './events';
import { refusal } from './expected-mounts';
import { look } from './in-flight';
import {
  CANCELLED,
  type Ending,
  endingOf,
  Interruption,
  interruptError,
  outsideReason,
  type Why,
} from './interruption';
import { failure } from './kernel-error';
import { tellEnd, tellInterrupt, tellRelease, tellStart } from './notify';
import type { Parts } from './parts';
import { isRestricted, notPermitted } from './permission';
import { settleReleased } from './released';
import { fail, failTraced, leaveContext, succeed } from './settle';
import { callerStack } from './stacks';
import { isTracking } from './tracking';
import type { CallListener, CallType } from './type';
import { mayTakeUsual } from './usual-timeout';

let nextId = 1;

// The executor of the next promise leaves its functions here, so that no call needs a closure.
let lastResolve: (value: unknown) => void;
let lastReject: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/**
 * Every call has all fields, in this order, so that V8 has one hidden class for all of them. Rare fields are in objects
 * of their own.
 */
export class Call<T> {
  readonly type: CallType<T>;
  readonly args: readonly unknown[];
  readonly id = nextId++;
  /** The path as the caller gave it; file URLs are converted. */
  path: string | Uint8Array = '';
  dest: string | Uint8Array | undefined = undefined;
  /** The directories of `path` and `dest`, if a walk holds these open. */
  base: Base | undefined = undefined;
  destBase: Base | undefined = undefined;
  fd = -1;
  /** Operands, which engine/operands.ts writes by their names. */
  readonly i0: number = 0;
  readonly i1: number = 0;
  readonly d0: number = 0;
  readonly d1: number = 0;
  readonly d2: number = 0;
  data: Uint8Array | undefined = undefined;
  vector: readonly NodeJS.ArrayBufferView[] | undefined = undefined;
  into: NodeJS.ArrayBufferView | undefined = undefined;
  offset = 0;
  length = 0;
  handle: object | undefined = undefined;
  handlePath = '';
  parent: Call<unknown> | undefined = undefined;
  /** How names or content in the result are decoded. */
  encoding: Encoding = undefined;
  /** The function of another addon, and its data. */
  work: NativeWork | undefined = undefined;

  // Fields of the engine, of the table and of modules that lib/fs does not know.
  slot = -1;
  tracked = false;
  cwd = '';
  stack: string | undefined = undefined;
  /** `starting`: listeners are told of the call, and neither the engine nor a driver has it yet. */
  state: 'new' | 'starting' | 'pending' | 'abandoned' | 'over' = 'new';
  outcome: Outcome | undefined = undefined;
  resolve: (value: unknown) => void = noop;
  reject: (reason: unknown) => void = noop;
  /** The callback that gets the outcome in place of a promise. */
  listener: CallListener | undefined = undefined;
  readonly signal: AbortSignal | undefined;
  /** ms; 0 and Infinity: none. */
  readonly timeout: number;
  /** Whether the call has the timeout of configure(), since it has none of its own. */
  readonly hasUsualTimeout: boolean;
  deadline: Deadline | undefined = undefined;
  interruption: Interruption | undefined = undefined;
  /** The driver that carries the call out in place of a worker. */
  driver: Driver | undefined = undefined;
  /** Gets what the worker made. Returns the driver that goes on with the call; undefined: the call is over. */
  goOn: ((error: unknown, value: unknown) => Driver | undefined) | undefined = undefined;
  /** The innermost scope that the call was made in. */
  scope: CallScope | undefined = undefined;
  /** The caller's async context; set only when hooks or listeners observe calls. */
  context: AsyncResource | undefined = undefined;
  /** When the call was made, and how long it then waited for a worker (ms); set only when listeners observe calls. */
  startedAt = 0;
  queuedMs = 0;

  constructor(type: CallType<T>, args: readonly unknown[], options?: CallOptions | null) {
    this.type = type;
    this.args = args;
    let signal: AbortSignal | undefined;
    let timeout = 0;
    let usual = defaults.timeout > 0 && mayTakeUsual(type.code);
    if (options !== undefined && options !== null) {
      signal = options.signal;
      if (signal !== undefined) validateSignal(signal, 'options.signal');
      if (options.timeout !== undefined) {
        validateTimeout(options.timeout);
        timeout = options.timeout;
        usual = false;
      }
    }
    this.signal = signal;
    this.timeout = usual ? defaults.timeout : timeout;
    this.hasUsualTimeout = usual;
    if (settings.captureStacks) this.stack = callerStack();
  }

  /** Whether `vector` is read into; otherwise it is written. */
  get reads(): boolean {
    return this.type.code === Code.readv;
  }

  /** The signal that is aborted when a composite is interrupted. It ends what the composite waits for besides calls. */
  get pauses(): AbortSignal | undefined {
    return this.driver?.parts?.pauses;
  }

  start(): Promise<T> {
    const promise = new Promise(
      capture as (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
    );
    this.resolve = lastResolve;
    this.reject = lastReject;
    if (this.driver === undefined && isHooked(promise)) this.context = promiseContext();
    this.#launch();
    return promise;
  }

  /** Starts the call without a promise: `listener` gets the outcome. */
  startFor(listener: CallListener): void {
    this.listener = listener;
    this.context = listener.context;
    this.#launch();
  }

  #launch(): void {
    try {
      if (!this.#join()) return;
      if (this.signal?.aborted) {
        this.interruption = new Interruption('abort', this.signal.reason);
        this.interrupted(CANCELLED);
        return;
      }
      const missing = refusal(this as Call<unknown>);
      if (missing !== undefined) {
        this.end('completed', false, missing);
        failTraced(this as Call<unknown>, missing);
        return;
      }
      this.#begin();
      if (this.#isEnded()) return;
      if (isRestricted) {
        const error = this.driver === undefined ? notPermitted(this as Call<unknown>) : undefined;
        if (error !== undefined) throw error;
      }
      if (this.driver === undefined) enqueue(this);
      else this.driver.run();
    } catch (error) {
      if (this.outcome === undefined) this.end('completed', false, () => error);
      fail(this as Call<unknown>, error);
    }
  }

  /** Whether the call closes what was opened. Such a call is made even after an interrupt. */
  get #givesBack(): boolean {
    return this.type.closes === true || this.type.givesBack === true;
  }

  /**
   * Joins its composite, or the scope that it is called in. Returns false if that has ended: the call has ended with
   * it.
   */
  #join(): boolean {
    const family = familyOf(this);
    if (family !== undefined) {
      this.scope = family.call.scope;
      return family.adopt(this);
    }
    this.scope = currentScope();
    const ended = this.scope?.ending;
    if (ended === undefined || this.#givesBack) return true;
    this.interruption = ended.again();
    this.interrupted(CANCELLED);
    return false;
  }

  /**
   * Returns whether a listener of `start` has interrupted the call or its scope. If so, the call has ended.
   */
  #isEnded(): boolean {
    this.state = 'pending';
    if (!this.#givesBack) this.interruption ??= this.scope?.ending?.again();
    if (this.interruption === undefined) return false;
    if (this.type.closes === true) this.#closeAlone();
    else this.interrupted(CANCELLED);
    return true;
  }

  #begin(): void {
    this.state = 'starting';
    this.tracked = this.parent !== undefined ? this.parent.tracked : isTracking();
    // Untracked calls need the folder as well: their errors carry the op.
    if (this.fd < 0 && (isRelative(this.path) || (this.dest !== undefined && isRelative(this.dest))))
      this.cwd = workingDirectory();
    if (this.signal !== undefined) watchSignal(this.signal, this);
    // The usual timeout holds for a composite as a whole, not for its parts.
    const isPart = this.hasUsualTimeout && this.parent !== undefined;
    if (this.timeout > 0 && this.timeout !== Infinity && !isPart) setDeadline(this, this.timeout);
    tellStart(this as Call<unknown>);
  }

  /** Called by the engine: the op is over, or was abandoned. */
  finish(done: Done): void {
    if (observed('end')) this.queuedMs = done.queuedMs;
    if (done.outcome !== Ended.completed) {
      if (this.interruption === undefined && !done.lost) this.#toldFromOutside();
      if (done.outcome === Ended.cancelled && this.type.closes === true) this.#closeAlone();
      else this.interrupted(endingOf(done), !done.last);
      return;
    }
    if (this.abortedAfterwards) {
      const outcome = 'completed';
      const effect = this.type.changes && done.value >= 0;
      this.interrupted({ outcome, effect, bytesDone: 0, step: '' });
      return;
    }
    if (done.value < 0) {
      const make = once(failure(this, done));
      if (this.#goesOn(make)) return;
      this.end('completed', false, make);
      failTraced(this as Call<unknown>, make);
      return;
    }
    let value: T;
    try {
      // The earlier bytes were read straight into the buffer.
      if (this.into !== undefined) {
        if (done.length > 0) copyTo(this.into, this.offset + done.value - done.length, done.view());
      } else if (this.vector !== undefined && this.reads) scatter(this.vector, done.view());
      value = this.type.result(done, this);
    } catch (error) {
      this.end('completed', false, () => error);
      fail(this as Call<unknown>, error);
      return;
    }
    if (this.#goesOn(undefined, value)) return;
    if (this.type.changes) familyOf(this)?.tookEffect();
    this.end('completed');
    succeed(this as Call<unknown>, value);
  }

  /** Returns whether a driver goes on with the call. */
  #goesOn(failed: (() => Error) | undefined, value?: unknown): boolean {
    if (this.goOn === undefined) return false;
    const driver = this.goOn(failed?.() ?? null, value);
    if (driver === undefined) return false;
    this.driver = driver;
    // The interrupt came when the worker was done.
    if (this.interruption !== undefined)
      this.interrupted({ outcome: 'interrupted', effect: false, bytesDone: 0, step: '' });
    else driver.run();
    return true;
  }

  /**
   * Notes an interrupt from outside: nothing in this environment has interrupted the call, so the order came over the
   * control socket.
   */
  #toldFromOutside(): void {
    this.interruption = new Interruption('interrupt', outsideReason());
    tellInterrupt(this as Call<unknown>);
  }

  /**
   * Whether the signal was aborted after the call was done. Where Node itself takes a signal, its call rejects then,
   * too, although the file was read or written.
   */
  get abortedAfterwards(): boolean {
    const { code } = this.type;
    if (this.signal === undefined || (code !== Code.readFile && code !== Code.writeFile)) return false;
    // Checked here, since a signal that is no EventTarget has no listener.
    if (this.signal.aborted) this.interruption ??= new Interruption('abort', this.signal.reason);
    return this.interruption?.why === 'abort';
  }

  /**
   * A close always happens: if it is interrupted in the queue, its caller is freed, and a new call closes in its stead.
   */
  #closeAlone(): void {
    const call = new Call({ ...this.type, settled: undefined }, this.args);
    call.fd = this.fd;
    call.handle = this.handle;
    call.handlePath = this.handlePath;
    outside(() => call.start().catch(noop));
    this.interrupted({ ...CANCELLED, outcome: 'abandoned' });
  }

  /** Called by the engine: the kernel has released an op whose caller was freed before. */
  release(): void {
    this.state = 'over';
    tellRelease(this as Call<unknown>);
    familyOf(this)?.released();
    leaveContext(this as Call<unknown>);
    settleReleased(this as Call<unknown>);
  }

  /**
   * Ends the call, but does not settle its promise: the caller of end() does that right afterwards, with the error that
   * `error` makes. `lingers`: the kernel still has the call.
   */
  end(outcome: Outcome, lingers = false, error?: () => unknown): void {
    const began = this.state !== 'new';
    this.state = lingers ? 'abandoned' : 'over';
    this.outcome = outcome;
    if (this.signal !== undefined) unwatchSignal(this.signal, this);
    if (this.deadline !== undefined) removeDeadline(this);
    familyOf(this)?.leave(this, outcome);
    this.type.settled?.(this);
    if (lingers && this.driver !== undefined) drivers.mark(this.driver, 'abandoned');
    if (began) tellEnd(this as Call<unknown>, outcome, lingers, error);
    this.interruption?.over(outcome);
    if (!lingers) settleReleased(this as Call<unknown>);
  }

  /** Ends the call with the error of its interruption. `lingers`: the kernel still has the call. */
  interrupted(ending: Ending, lingers = false): void {
    const make = once(interruptError(this, ending));
    if (ending.effect) familyOf(this)?.tookEffect();
    this.end(ending.outcome, lingers, make);
    failTraced(this as Call<unknown>, make);
    familyOf(this)?.check();
  }

  /**
   * Interrupts the call. The promise resolves to its outcome within `graceMs` ms. `timeout`: the ms of a timeout that
   * is not the call's own.
   */
  interrupt(why: Why, reason: unknown, graceMs: number, timeout?: number): Promise<Outcome> {
    if (this.state === 'abandoned' || this.state === 'over')
      return Promise.resolve(this.outcome ?? 'completed');
    const first = this.interruption === undefined;
    this.interruption ??= new Interruption(why, reason, timeout);
    const report = this.interruption.report();
    // Emitted before the end: a composite may end at once.
    if (first) tellInterrupt(this as Call<unknown>);
    if (this.state === 'starting') return report;
    if (this.driver !== undefined) {
      drivers.mark(this.driver, 'interrupting');
      this.driver.stop(why, reason, graceMs);
    } else {
      const seen = look(this);
      this.interruption.seen = seen;
      const queued = seen === undefined || seen.state === State.queued;
      if (this.type.closes === true && queued && graceMs > 0) this.#giveUpLater(graceMs);
      else interruptCall(this, graceMs);
    }
    return report;
  }

  /**
   * A close in the queue keeps its place for the grace: most closes are over within it, and are not reported as
   * interrupted.
   */
  #giveUpLater(graceMs: number): void {
    const giveUp = (): void => {
      if (this.state === 'pending') interruptCall(this as Call<unknown>, 0);
    };
    // The call itself keeps the loop alive, so the timer must not.
    outside(() => setTimeout(giveUp, graceMs).unref());
  }

  /** Interrupted by a signal or a deadline: there is no report to return. */
  stop(why: Why, reason: unknown): void {
    void this.interrupt(why, reason, settings.grace);
  }
}

/** Returns the parts of the composite that the call belongs to. */
function familyOf(call: Call<unknown>): Parts | undefined {
  return call.parent === undefined ? undefined : call.parent.driver?.parts;
}
