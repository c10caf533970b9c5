// A call: from its arguments to its promise. What the functions of lib/fs build, the engine carries, and the table
// shows.
import { performance } from 'node:perf_hooks';
import { Code, Ended, OpKind, Step } from './codes';
import { removeDeadline, setDeadline } from './deadlines';
import { type Done, enqueue, interruptCall, look, type Seen } from './engine';
import {
  AbortError,
  type InterruptDetails,
  InterruptError,
  type Outcome,
  systemError,
  TimeoutError,
} from './errors';
import { emit, observed } from './events';
import { validateSignal, validateTimeout } from './fs/checks';
import { fileTooLarge } from './fs/node-errors';
import { native } from './native';
import { type OpState, PendingOp } from './pending-op';
import { settings } from './settings';
import { unwatchSignal, watchSignal } from './signals';
import { textOf, workingDirectory } from './text';

export interface CallOptions {
  /** Ends the call when it is aborted; the promise then rejects with an AbortError. */
  signal?: AbortSignal | undefined;
  /** Milliseconds from the call; the promise then rejects with a TimeoutError. Infinity: none. */
  timeout?: number | undefined;
}

/** What a kind of call is: one constant for all its calls. */
export interface CallType<T> {
  /** The name as the caller knows it. */
  readonly fn: string;
  readonly code: number;
  /** As Node's errors have it. */
  readonly syscall: string;
  /** Bits of OpKind. */
  readonly kind: number;
  /** Whether it may change the disk. */
  readonly changes: boolean;
  /** Makes the value out of the completion; what it throws is what the promise rejects with. */
  result(done: Completion, call: Call<T>): T;
  /** Runs once for each start(), before the caller hears of the outcome. */
  readonly settled?: ((call: Call<unknown>) => void) | undefined;
}

/** Reader of one completion: valid inside result() only. */
export type Completion = Pick<Done, 'value' | 'numbers' | 'bigints' | 'at' | 'text' | 'bytes' | 'length'>;

type Why = 'interrupt' | 'abort' | 'timeout';

let nextId = 1;
let tracking = 0;

/** Counted: tracking is on while the count is positive. */
export function setTracking(on: boolean): void {
  tracking = on ? tracking + 1 : Math.max(0, tracking - 1);
}

// Where the executor of the next promise leaves its functions: no closure for each call.
let lastResolve: (value: unknown) => void;
let lastReject: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

const nothing = (): void => undefined;

/**
 * Rejects with an error made a moment later, in a reaction that the caller's own promise waits for: there V8 knows
 * which async functions wait, and the stack names them.
 */
function rejectTraced(resolve: (value: unknown) => void, make: () => Error): void {
  const thrower = (): never => {
    const error = make();
    Error.captureStackTrace(error, thrower);
    throw error;
  };
  resolve(Promise.resolve().then(nothing).then(thrower));
}

/** Where the package was called: its own frames left out. */
function callerStack(): string {
  const lines = new Error().stack?.split('\n') ?? [];
  return lines.filter((line, i) => i > 0 && !line.includes(__dirname)).join('\n');
}

export class Call<T> {
  readonly type: CallType<T>;
  readonly args: readonly unknown[];
  readonly id = nextId++;
  /** As the caller gave it, file URLs converted. */
  path: string | Uint8Array = '';
  dest: string | Uint8Array | undefined = undefined;
  fd = -1;
  i0 = 0;
  i1 = 0;
  d0 = 0;
  d1 = 0;
  d2 = 0;
  data: Uint8Array | undefined = undefined;
  vector: readonly NodeJS.ArrayBufferView[] | undefined = undefined;
  into: NodeJS.ArrayBufferView | undefined = undefined;
  offset = 0;
  length = 0;
  handle: object | undefined = undefined;
  handlePath = '';
  parent: Call<unknown> | undefined = undefined;
  extra: unknown = undefined;

  // The engine's and the table's.
  slot = -1;
  tracked = false;
  cwd = '';
  stack: string | undefined = undefined;
  state: 'new' | 'pending' | 'abandoned' | 'over' = 'new';
  outcome: Outcome | undefined = undefined;

  // lib/deadlines.ts
  deadline = 0;
  nextDeadline: Call<unknown> | undefined = undefined;
  previousDeadline: Call<unknown> | undefined = undefined;

  #resolve: ((value: unknown) => void) | undefined = undefined;
  #reject: ((reason: unknown) => void) | undefined = undefined;
  readonly #signal: AbortSignal | undefined;
  readonly timeout: number;
  #why: Why | undefined = undefined;
  #reason: unknown = undefined;
  #reports: ((outcome: Outcome) => void)[] | undefined = undefined;
  #composite: CompositeState | undefined = undefined;
  #seen: Seen | undefined = undefined;

  constructor(type: CallType<T>, args: readonly unknown[], options?: CallOptions | null) {
    this.type = type;
    this.args = args;
    let signal: AbortSignal | undefined;
    let timeout = 0;
    if (options !== undefined && options !== null) {
      signal = options.signal;
      if (signal !== undefined) validateSignal(signal, 'options.signal');
      if (options.timeout !== undefined) {
        validateTimeout(options.timeout);
        timeout = options.timeout === 0 ? Number.MIN_VALUE : options.timeout;
      }
    }
    this.#signal = signal;
    this.timeout = timeout;
    if (settings.captureStacks) this.stack = callerStack();
  }

  /** Where `writeFile` has whether to flush; native code reads it from d2. */
  set i2(value: number) {
    this.d2 = value;
  }

  /** Whether its vector is read into, as against written. */
  get reads(): boolean {
    return this.type.code === Code.readv;
  }

  start(): Promise<T> {
    const promise = new Promise(
      capture as (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
    );
    this.#resolve = lastResolve;
    this.#reject = lastReject;
    try {
      if (this.parent !== undefined && !this.parent.#adopt(this as Call<unknown>)) return promise;
      if (this.#signal !== undefined && this.#isAborted(this.#signal)) return promise;
      this.#begin();
      enqueue(this as Call<unknown>);
    } catch (error) {
      this.#failedToStart(error);
    }
    return promise;
  }

  /** Whether it was before the start; the promise is rejected then. */
  #isAborted(signal: AbortSignal): boolean {
    if (!signal.aborted) return false;
    this.#reason = signal.reason;
    this.#why = 'abort';
    this.#interrupted('cancelled', false, 0, '');
    return true;
  }

  #failedToStart(error: unknown): void {
    if (this.outcome === undefined) this.#end('completed');
    this.#reject?.(error);
  }

  #begin(): void {
    this.state = 'pending';
    this.tracked = this.parent !== undefined ? this.parent.tracked : tracking > 0;
    // Not only of tracked ones: an error has the op, too.
    if (this.#isRelative()) this.cwd = workingDirectory();
    if (this.#signal !== undefined) watchSignal(this.#signal, this as Call<unknown>);
    if (this.timeout > 0 && this.timeout !== Infinity) setDeadline(this as Call<unknown>);
    if (observed('start')) emit('start', PendingOp.of(this as Call<unknown>, 'queued'));
  }

  #isRelative(): boolean {
    return this.fd < 0 && (isRelative(this.path) || (this.dest !== undefined && isRelative(this.dest)));
  }

  /** The engine: the op is over, or was given up. */
  finish(outcome: number, done: Done): void {
    if (outcome === Ended.cancelled && this.type.code === Code.close) {
      this.#closeAlone();
      return;
    }
    if (outcome !== Ended.completed) {
      const ended =
        outcome === Ended.cancelled
          ? 'cancelled'
          : outcome === Ended.interrupted
            ? 'interrupted'
            : 'abandoned';
      const effect = ended === 'abandoned' ? this.type.changes : ended === 'interrupted' && done.tookEffect;
      this.#interrupted(ended, effect, done.bytesDone, native.steps[done.step] as string, !done.last);
      return;
    }
    if (done.value < 0) {
      const make = this.#failure(done);
      this.#end('completed');
      rejectTraced(this.#resolve as (value: unknown) => void, make);
      return;
    }
    let value: T;
    try {
      if (this.into !== undefined) fill(this.into, this.offset, done);
      else if (this.vector !== undefined && this.reads) scatter(this.vector, done);
      value = this.type.result(done, this);
    } catch (error) {
      this.#end('completed');
      this.#reject?.(error);
      return;
    }
    const family = this.#family();
    if (family !== undefined && this.type.changes) family.tookEffect = true;
    this.#end('completed');
    this.#resolve?.(value);
  }

  /** A close always happens: an interrupt in the queue frees the caller, and a call of its own goes on in its stead. */
  #closeAlone(): void {
    const call = new Call({ ...this.type, settled: undefined }, this.args);
    call.fd = this.fd;
    call.handle = this.handle;
    call.handlePath = this.handlePath;
    call.start().catch(nothing);
    this.#interrupted('abandoned', false, 0, '');
  }

  /** The engine: the kernel has let go of an op whose caller left before. */
  release(): void {
    this.state = 'over';
    if (observed('release')) emit('release', PendingOp.of(this as Call<unknown>, 'abandoned'), this.outcome);
  }

  #failure(done: Done): () => Error {
    const step = done.step;
    const errno = done.value;
    if (step === Step.tooLarge) {
      const size = done.numbers()[done.at] as number;
      return () => fileTooLarge(size);
    }
    const { syscall, code } = this.type;
    if (step === Step.own) {
      const named = this.fd < 0;
      const path = failedPath(code, done, textOf(this.path));
      const dest = this.dest === undefined ? undefined : textOf(this.dest);
      return () => systemError(errno, syscall, named ? path : undefined, named ? dest : undefined);
    }
    const name = native.steps[step] as string;
    const path = name === 'open' ? textOf(this.path) : undefined;
    return () => systemError(errno, name, path);
  }

  /** Settles the bookkeeping; the promise itself is the caller's to settle right after. */
  #end(outcome: Outcome, lingers = false): void {
    const began = this.state !== 'new';
    this.state = lingers ? 'abandoned' : 'over';
    this.outcome = outcome;
    if (this.#signal !== undefined) unwatchSignal(this.#signal, this as Call<unknown>);
    if (this.deadline !== 0) removeDeadline(this as Call<unknown>);
    const family = this.#family();
    if (family !== undefined) {
      family.children.delete(this as Call<unknown>);
      // It was over before the interrupt reached it: what its composite waits for next may be no call.
      if (family.stopping && outcome === 'completed') setImmediate(() => family.check?.());
    }
    this.type.settled?.(this as Call<unknown>);
    if (began) this.#tell(outcome, lingers ? 'abandoned' : 'running');
    const reports = this.#reports;
    if (reports === undefined) return;
    this.#reports = undefined;
    // After the promise of the op itself, which settles some microtasks from now.
    setImmediate(() => {
      for (const report of reports) report(outcome);
    });
  }

  #tell(outcome: Outcome, state: OpState): void {
    const call = this as Call<unknown>;
    if (outcome === 'abandoned' && observed('abandon')) emit('abandon', PendingOp.of(call, state), outcome);
    if (observed('end')) emit('end', PendingOp.of(call, state), outcome);
  }

  #interrupted(outcome: Outcome, effect: boolean, bytesDone: number, step: string, lingers = false): void {
    const make = this.#interruption(outcome, effect, bytesDone, step);
    const composite = this.#family();
    if (composite !== undefined) {
      composite.tookEffect ||= effect;
      if (outcome === 'abandoned') composite.abandoned = true;
    }
    this.#end(outcome, lingers);
    rejectTraced(this.#resolve as (value: unknown) => void, make);
    composite?.check?.();
  }

  #interruption(
    outcome: Outcome,
    mayHaveTakenEffect: boolean,
    bytesDone: number,
    step: string,
  ): () => InterruptError {
    const syscall = step === '' ? this.type.syscall : step;
    const path = this.fd >= 0 ? this.handlePath || undefined : textOf(this.path);
    const dest = this.dest === undefined ? undefined : textOf(this.dest);
    const where = path === undefined ? '' : ` '${path}'`;
    const tail = `${syscall}${where}${dest === undefined ? '' : ` -> '${dest}'`}`;
    const state = outcome === 'cancelled' ? 'queued' : outcome === 'abandoned' ? 'abandoned' : 'interrupting';
    const op = PendingOp.of(this as Call<unknown>, state, look(this as Call<unknown>) ?? this.#seen);
    const cause = this.#reason;
    const details: InterruptDetails = {
      syscall,
      path,
      dest,
      op,
      outcome,
      mayHaveTakenEffect,
      bytesDone,
      cause,
    };
    switch (this.#why) {
      case 'abort':
        return () => new AbortError(details);
      case 'timeout':
        return () =>
          new TimeoutError(`ETIMEDOUT: timed out after ${Math.round(this.timeout)} ms, ${tail}`, details);
      default:
        return () => new InterruptError(`EINTR: interrupted system call, ${tail}`, details);
    }
  }

  /** Ends the call. Gives how, once that is known: within `graceMs` (ms). */
  interrupt(why: Why, reason: unknown, graceMs: number): Promise<Outcome> {
    if (this.state === 'abandoned' || this.state === 'over')
      return Promise.resolve(this.outcome ?? 'completed');
    const first = this.#why === undefined;
    if (first) {
      this.#why = why;
      this.#reason = reason;
    }
    const report = new Promise<Outcome>((resolve) => {
      this.#reports ??= [];
      this.#reports.push(resolve);
    });
    // Before the end, which a composite may come to at once.
    if (first && observed('interrupt'))
      emit('interrupt', PendingOp.of(this as Call<unknown>, 'interrupting'));
    if (this.#composite === undefined) this.#seen = look(this as Call<unknown>);
    if (this.#composite !== undefined) this.#interruptChildren(why, reason, graceMs);
    else interruptCall(this as Call<unknown>, graceMs);
    return report;
  }

  /** A signal or a deadline: nobody waits for a report. */
  stop(why: Why, reason: unknown): void {
    void this.interrupt(why, reason, settings.grace);
  }

  /** The composite that it is a part of. */
  #family(): CompositeState | undefined {
    return this.parent === undefined ? undefined : this.parent.#composite;
  }

  /** A child starts: refused, and rejected as interrupted, when its parent was told to stop or is over. */
  #adopt(child: Call<unknown>): boolean {
    const composite = this.#composite;
    if (composite === undefined) return true;
    if (composite.stopping || this.state === 'over') {
      child.#why = this.#why;
      child.#reason = this.#reason;
      child.#interrupted('cancelled', false, 0, '');
      return false;
    }
    composite.children.add(child);
    return true;
  }

  #interruptChildren(why: Why, reason: unknown, graceMs: number): void {
    const composite = this.#composite as CompositeState;
    composite.stopping = true;
    for (const child of [...composite.children]) void child.interrupt(why, reason, graceMs);
    composite.pauses?.abort();
    // Whatever else the composite waits for (a caller's filter, a pause before a retry) does not hold its caller.
    composite.check = () => {
      if (composite.children.size > 0 || this.state !== 'pending') return;
      const outcome = composite.abandoned ? 'abandoned' : 'interrupted';
      this.#interrupted(outcome, composite.tookEffect, 0, '');
    };
    composite.check();
  }

  /** Runs a composite: see composite(). */
  run(body: (parent: Call<T>) => Promise<T>): Promise<T> {
    const promise = new Promise(
      capture as (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
    );
    const resolve = lastResolve;
    const reject = lastReject;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#composite = {
      children: new Set(),
      stopping: false,
      tookEffect: false,
      abandoned: false,
      check: undefined,
    };
    this.#composite.startedAt = performance.now();
    try {
      if (this.#signal !== undefined && this.#isAborted(this.#signal)) return promise;
      this.#begin();
    } catch (error) {
      this.#failedToStart(error);
      return promise;
    }
    composites.add(this as Call<unknown>);
    const over = (): void => {
      composites.delete(this as Call<unknown>);
      if (this.state === 'pending') this.#end('completed');
    };
    // The bare functions last: through them V8 finds out who waits, and errors made in the body name their callers.
    // They do nothing any more where an interrupt has settled the promise before.
    body(this).finally(over).then(resolve, reject);
    return promise;
  }

  /** Aborted when the composite is told to stop: for what it waits for besides calls. */
  get pauses(): AbortSignal | undefined {
    const composite = this.#composite;
    if (composite === undefined) return undefined;
    composite.pauses ??= new AbortController();
    if (composite.stopping) composite.pauses.abort();
    return composite.pauses.signal;
  }

  get runningSince(): number {
    return this.#composite?.startedAt ?? 0;
  }
  get stopping(): boolean {
    return this.#why !== undefined;
  }
}

interface CompositeState {
  children: Set<Call<unknown>>;
  stopping: boolean;
  tookEffect: boolean;
  abandoned: boolean;
  check: (() => void) | undefined;
  pauses?: AbortController;
  startedAt?: number;
}

/** Composites that run: Top ops without a worker of their own. */
export const composites = new Set<Call<unknown>>();

/**
 * A Top op made of several calls: `run` starts Calls whose `parent` it is. To interrupt it interrupts them, and its
 * promise rejects once none of them is in flight any more, whatever else `run` waits for.
 */
export function composite<T>(
  type: CallType<T>,
  args: readonly unknown[],
  options: CallOptions | null | undefined,
  path: string | Uint8Array,
  dest: string | Uint8Array,
  run: (parent: Call<T>) => Promise<T>,
): Promise<T> {
  const call = new Call(type, args, options);
  call.path = path;
  if (dest !== '') call.dest = dest;
  return call.run(run);
}

/** Made of more than was asked for: the letters that mkdtemp put behind the prefix, the part of mkdir's path. */
function failedPath(code: number, done: Done, path: string): string {
  if (done.length === 0) return path;
  if (code === Code.mkdtemp) return path + done.text('latin1');
  return code === Code.mkdirp ? done.text('utf8') : path;
}

function isRelative(path: string | Uint8Array): boolean {
  const first = typeof path === 'string' ? path.charCodeAt(0) : path[0];
  return first !== 47;
}

/** What was read goes to the caller's buffer; to nowhere when that has been detached or has shrunk meanwhile. */
function fill(into: NodeJS.ArrayBufferView, offset: number, done: Done): void {
  if (done.length === 0) return;
  // The part before was read in place.
  const at = offset + done.value - done.length;
  copyTo(into, at, done.view());
}

function copyTo(into: NodeJS.ArrayBufferView, at: number, from: Uint8Array): void {
  const room = into.byteLength - at;
  if (room <= 0) return;
  const part = from.length > room ? from.subarray(0, room) : from;
  if (into instanceof Uint8Array) into.set(part, at);
  else new Uint8Array(into.buffer, into.byteOffset + at, part.length).set(part);
}

function scatter(views: readonly NodeJS.ArrayBufferView[], done: Done): void {
  let from = done.view();
  for (const view of views) {
    if (from.length === 0) return;
    const size = Math.min(view.byteLength, from.length);
    copyTo(view, 0, from.subarray(0, size));
    from = from.subarray(size);
  }
}

export const isTop = (call: Call<unknown>): boolean => (call.type.kind & OpKind.Top) !== 0;
