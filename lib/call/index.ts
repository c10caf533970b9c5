// A call: the record of its arguments, options and state. The functions of lib/fs build calls, the engine carries them
// out, and the table shows them. begin.ts, finish.ts, interrupt.ts and end.ts have what becomes of a call.
import type { AsyncResource } from 'node:async_hooks';
import type { NativeWork } from '../engine/addon';
import { Code } from '../engine/codes';
import type { Done } from '../engine/completion';
import type { Base, EngineCall } from '../engine/engine-call';
import { defaults, settings } from '../engine/settings';
import { noop } from '../util/noop';
import type { CallOptions, Encoding } from '../validate/call-options';
import { validateSignal, validateTimeout } from '../validate/values';
import type { Stoppable } from './abort-signals';
import { isHooked, promiseContext } from './async-context';
import { begin } from './begin';
import type { CallScope } from './current-scope';
import type { Deadline } from './deadlines';
import type { Driver } from './driver';
import type { Outcome } from './errors';
import { finish, release } from './finish';
import { interrupt } from './interrupt';
import type { Interruption, Why } from './interruption';
import { callerStack } from './stacks';
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
export class Call<T> implements EngineCall, Stoppable {
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
  /** The absolute path of the handle, as bytes if it is no text; '' without a handle. */
  handlePath: string | Uint8Array = '';
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
    begin(this);
    return promise;
  }

  /** Starts the call without a promise: `listener` gets the outcome. */
  startFor(listener: CallListener): void {
    this.listener = listener;
    this.context = listener.context;
    begin(this);
  }

  /** Returns a new call that closes what this one closes. */
  closeAgain(): Call<T> {
    const call = new Call({ ...this.type, settled: undefined }, this.args);
    call.fd = this.fd;
    call.handle = this.handle;
    call.handlePath = this.handlePath;
    return call;
  }

  /** Called by the engine: the op is over, or was abandoned. */
  finish(done: Done): void {
    finish(this, done);
  }

  /** Called by the engine: the kernel has released an op whose caller was freed before. */
  release(): void {
    release(this);
  }

  /**
   * Interrupts the call. The promise resolves to its outcome within `graceMs` ms. `timeout`: the ms of a timeout that
   * is not the call's own.
   */
  interrupt(why: Why, reason: unknown, graceMs: number, timeout?: number): Promise<Outcome> {
    return interrupt(this, why, reason, graceMs, timeout);
  }

  /** Interrupted by a signal or a deadline: there is no report to return. */
  stop(why: Why, reason: unknown): void {
    void this.interrupt(why, reason, settings.grace);
  }
}
