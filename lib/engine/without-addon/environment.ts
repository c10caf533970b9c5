// Without an addon, Node's own functions carry out the calls, in Node's own pool. The calls are listed, and their
// callers can be freed, but nothing ends a call that Node has begun.
//
// A call begins as it is submitted if it is to begin at once, otherwise in the microtask after that. If waitFor() comes
// before it, it carries out the call on its own thread.
import { EBADF, ENOSYS } from '../../node/errno';
import { original } from '../../node/original';
import { now } from '../../util/clock';
import { noop } from '../../util/noop';
import { outside } from '../../util/outside';
import { clearTimeout, queueMicrotask, setTimeout } from '../../util/timers';
import type { NativeEnvironment, NativeMemory } from '../addon';
import { Ended, State } from '../codes';
import { COMPLETIONS, WAITED_FOR } from '../completion';
import { isDirectory, takeDirectory } from './directories';
import { closeLate, failure, mayChange, type Operation, type Steps, stepsOf } from './operations';
import { type Ending, type Operands, Records, type Result } from './records';
import { count } from './tally';

// Row of binding/napi/records.h.
const ROW = 6;

/** A call in flight. */
interface Flight {
  readonly op: Operands;
  readonly queuedAt: number;
  startedAt: number;
  /** A number of State. If `isOver`, the call has ended and its completion has not been read yet. */
  state: number;
  isOver: boolean;
  timer: NodeJS.Timeout | undefined;
  result: Result | undefined;
}

type NodeFunction = (...args: unknown[]) => unknown;

/** Returns Node's function of that name: the one with a callback, or the synchronous one. */
function functionOf({ name, on }: Operation, suffix: '' | 'Sync'): NodeFunction {
  if (on === undefined) return original[name + suffix] as NodeFunction;
  // The synchronous form of realpath.native is realpathSync.native; there is no realpath.nativeSync.
  const owner = name === 'native' && suffix !== '' ? (original.realpathSync as object) : on;
  const method = name === 'native' ? name : name + suffix;
  return (owner as Record<string, NodeFunction>)[method]?.bind(owner) as NodeFunction;
}

export class NodeEnvironment implements NativeEnvironment {
  readonly #records: Records;
  readonly #onWake: () => void;
  readonly #flights = new Map<number, Flight>();
  #waiting: Flight[] = [];
  #endings: { flight: Flight; ending: Ending }[] = [];
  #isArmed = false;

  constructor(memory: NativeMemory, onWake: () => void) {
    this.#records = new Records(memory);
    this.#onWake = onWake;
  }

  submit(count: number, buffers: unknown[] | undefined, atOnce: boolean): void {
    const at = now();
    for (let index = 0; index < count; index++) {
      const op = this.#records.read(index, buffers);
      const flight: Flight = {
        ...{ op, queuedAt: at, startedAt: 0, state: State.queued },
        ...{ isOver: false, timer: undefined, result: undefined },
      };
      this.#flights.set(op.slot, flight);
      this.#waiting.push(flight);
    }
    if (atOnce) outside(() => this.#startAll());
    else if (this.#waiting.length === count) queueMicrotask(() => outside(() => this.#startAll()));
  }

  #startAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flight of waiting) if (flight.state === State.queued && !flight.isOver) this.#start(flight);
  }

  #begin(flight: Flight): void {
    flight.state = State.running;
    flight.startedAt = now();
  }

  #start(flight: Flight): void {
    this.#begin(flight);
    withCallbacks(flight.op, stepsOf, (result) => this.#over(flight, result));
  }

  /** Carries the call out on this thread. */
  #carryOut(flight: Flight): void {
    this.#begin(flight);
    flight.result = synchronously(flight.op);
    flight.isOver = true;
  }

  /** Called when Node has carried out the call. */
  #over(flight: Flight, result: Result): void {
    clearTimeout(flight.timer);
    flight.isOver = true;
    if (flight.state === State.abandoned) {
      withCallbacks(flight.op, (op) => closeLate(op, result), noop);
      this.#end(flight, Ended.released, true, undefined);
    } else {
      flight.result = result;
      this.#end(flight, Ended.completed, true, result);
    }
  }

  #end(flight: Flight, outcome: number, last: boolean, result: Result | undefined): void {
    const { slot, code } = flight.op;
    const tookEffect = outcome === Ended.abandoned && mayChange(code);
    const queuedMs = queuedFor(flight);
    this.#endings.push({ flight, ending: { slot, outcome, last, tookEffect, queuedMs, result } });
    if (!this.#isArmed) return;
    this.#isArmed = false;
    outside(() => this.#onWake());
  }

  poll(_look: boolean, arm: boolean): number {
    const taken = this.#endings.splice(0, COMPLETIONS);
    taken.forEach(({ flight, ending }, index) => {
      this.#put(index, flight, ending);
    });
    this.#isArmed = arm && taken.length === 0;
    return this.#isArmed ? -1 : taken.length;
  }

  #put(index: number, flight: Flight, ending: Ending): void {
    tally(flight, ending);
    this.#records.write(index, ending, flight.op.i0 !== 0 && (ending.result?.value ?? 0) >= 0);
    // If there are bytes, the flight is kept until takeBytes().
    const hasBytes = (ending.result?.bytes?.length ?? 0) > 0;
    if (ending.last && !hasBytes) this.#flights.delete(ending.slot);
  }

  /** Returns the number of calls in each state, for stats(). */
  states(): {
    queued: number;
    running: number;
    interrupting: number;
    abandoned: number;
    oldestQueuedMs: number;
  } {
    const flights = [...this.#flights.values()].filter(({ isOver }) => !isOver);
    const inState = (wanted: number): number => flights.filter(({ state }) => state === wanted).length;
    const at = now();
    const queued = flights.filter(({ state }) => state === State.queued);
    return {
      queued: queued.length,
      running: inState(State.running),
      interrupting: inState(State.interrupting),
      abandoned: inState(State.abandoned),
      oldestQueuedMs: queued.reduce((oldest, { queuedAt }) => Math.max(oldest, at - queuedAt), 0),
    };
  }

  waitFor(slot: number, _ms: number): boolean {
    const flight = this.#flights.get(slot);
    if (flight === undefined) return false;
    if (flight.state === State.queued && !flight.isOver) {
      this.#carryOut(flight);
      const { result } = flight;
      this.#put(WAITED_FOR, flight, {
        ...{ slot, outcome: Ended.completed, last: true, tookEffect: false },
        ...{ queuedMs: queuedFor(flight), result },
      });
      return true;
    }
    const at = this.#endings.findIndex((each) => each.flight === flight);
    if (at < 0) return false;
    for (const each of this.#endings.splice(at, 1)) this.#put(WAITED_FOR, each.flight, each.ending);
    return true;
  }

  takeBytes(slot: number): Buffer | undefined {
    const bytes = this.#flights.get(slot)?.result?.bytes;
    this.#flights.delete(slot);
    return bytes;
  }

  /** Functions of other addons need the addon. */
  takeValue(): undefined {
    return undefined;
  }

  interrupt(slot: number, graceMs: number): void {
    const flight = this.#flights.get(slot);
    if (flight === undefined || flight.isOver) return;
    if (flight.state === State.queued) {
      flight.isOver = true;
      this.#end(flight, Ended.cancelled, true, undefined);
    } else if (flight.state === State.running) {
      flight.state = State.interrupting;
      if (graceMs > 0) flight.timer = outside(() => setTimeout(() => this.#abandon(flight), graceMs));
      else this.#abandon(flight);
    } else if (flight.state === State.interrupting && graceMs <= 0) {
      this.#abandon(flight);
    }
  }

  /** Frees the caller. Node still has the call, so its slot stays taken until the call is over. */
  #abandon(flight: Flight): void {
    if (flight.isOver || flight.state === State.abandoned) return;
    clearTimeout(flight.timer);
    flight.state = State.abandoned;
    this.#end(flight, Ended.abandoned, false, undefined);
  }

  snapshot(rows: Float64Array, slot: number): number {
    const at = now();
    const one = this.#flights.get(slot);
    const asked = slot < 0 ? [...this.#flights.values()] : one === undefined ? [] : [one];
    const seen = asked.filter(({ isOver }) => !isOver);
    seen.forEach(({ op, state, queuedAt, startedAt }, index) => {
      if ((index + 1) * ROW > rows.length) return;
      const began = startedAt === 0 ? at : startedAt;
      // The thread and the system call (0) are not known.
      rows.set([op.slot, state, 0, 0, began - queuedAt, at - began], index * ROW);
    });
    return seen.length;
  }

  /** Node's own requests keep the event loop alive. */
  keepAlive(): void {}

  opsOut(): number {
    return this.#flights.size;
  }

  closeNow(fd: number): number {
    try {
      if (isDirectory(fd)) takeDirectory(fd).closeSync();
      else (original.closeSync as NodeFunction)(fd);
      return 0;
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno ?? EBADF;
    }
  }

  forget(): void {}

  /** Node has opened all descriptors, and counts them itself. */
  hasOpened(): boolean {
    return false;
  }

  openWatches(): number {
    return ENOSYS;
  }
  readWatches(): number {
    return 0;
  }
  holdForWatches(): void {}
}

const queuedFor = ({ queuedAt, startedAt }: Flight): number => (startedAt === 0 ? 0 : startedAt - queuedAt);

/** Counts the call when its caller gets the outcome; a release is not counted again. */
function tally({ op, queuedAt, startedAt }: Flight, { outcome, result }: Ending): void {
  if (outcome === Ended.released) return;
  const at = now();
  const began = startedAt === 0 ? at : startedAt;
  const isError = result !== undefined && result.value < 0;
  count(op.functionNumber, op.code, outcome, isError, began - queuedAt, at - began);
}

const refused: Result = { value: ENOSYS };

/** Carries out the steps with Node's functions that take callbacks. */
function withCallbacks(
  op: Operands,
  steps: (op: Operands) => Steps | undefined,
  over: (result: Result) => void,
): void {
  let body: Steps | undefined;
  const advance = (resume: () => IteratorResult<Operation, Result> | undefined): void => {
    let next: IteratorResult<Operation, Result> | undefined;
    try {
      next = resume();
      if (next !== undefined && next.done !== true) {
        functionOf(next.value, '')(...next.value.args, heard);
        return;
      }
    } catch (error) {
      over(failure(op, error as NodeJS.ErrnoException));
      return;
    }
    over(next === undefined ? refused : (next.value as Result));
  };
  const heard = (error: unknown, value: unknown): void => {
    if (error) advance(() => body?.throw(error));
    else advance(() => body?.next(value as never));
  };
  advance(() => {
    body = steps(op);
    return (body as Generator<Operation, Result, undefined> | undefined)?.next();
  });
}

/** Carries out the steps on this thread. */
function synchronously(op: Operands): Result {
  try {
    const body = stepsOf(op) as Generator<Operation, Result, unknown> | undefined;
    if (body === undefined) return refused;
    let next = body.next();
    while (next.done !== true) {
      let value: unknown;
      try {
        value = functionOf(next.value, 'Sync')(...next.value.args);
      } catch (error) {
        next = body.throw(error);
        continue;
      }
      next = body.next(value);
    }
    return next.value;
  } catch (error) {
    return failure(op, error as NodeJS.ErrnoException);
  }
}
