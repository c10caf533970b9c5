// Between calls and the addon: writes the calls of one tick into the submission records, submits them with one native
// call, and settles what has come back.
//
// How the loop learns of completions: after a submit it looks in its next turn (setImmediate), for some microseconds
// if need be, since most calls are over by then and to be woken costs more than the call. Only when nothing came does
// it have itself woken (poll with `arm`). Promises are never settled in the turn that submitted them, so calls that
// are over at once do not keep the loop from timers and sockets.
import { setImmediate } from 'node:timers';
import type { Call } from './call';
import { Ended, State } from './codes';
import { signalInUse, systemError } from './errors';
import { type NativeEnvironment, native } from './native';

const SUBMISSIONS = 512;
const SUBMISSION_BYTES = 1024 * 1024;
const COMPLETIONS = 256;
const COMPLETION_BYTES = 256 * 1024;
/** Longer than any path that can be meant: what is left of a longer one is refused with ENAMETOOLONG. */
const LONGEST_PATH = 64 * 1024;
/** What one call may write into the byte area: two paths of three bytes a character, and data. */
const ROOM = 6 * LONGEST_PATH + 16 * 1024;
/** Data up to this size goes through the byte area, more of it by reference. */
const INLINE_DATA = 8 * 1024;
/** Reads of more than this go straight to the caller's buffer as far as they need not wait. */
const STAGED = 64 * 1024;
const IOV_MAX = 1024;
const MOST_SPIN = 20;

// binding/napi/records.h
const DATA_IN_BUFFER = 1 << 16;
const DATA_IN_BUFFERS = 2 << 16;
const READ_INTO_BUFFER = 4 << 16;
const RECORD = 26;
const TOOK_EFFECT = 1;
const LAST = 2;

const submissions = new ArrayBuffer(SUBMISSIONS * 64);
const words = new Int32Array(submissions);
const doubles = new Float64Array(submissions);
const pathBytes = Buffer.from(new ArrayBuffer(SUBMISSION_BYTES));
const completions = new ArrayBuffer(COMPLETIONS * RECORD * 8);
const numbers = new Float64Array(completions);
const bigints = new BigInt64Array(completions);
const resultBytes = Buffer.from(new ArrayBuffer(COMPLETION_BYTES));

/** Calls in flight, by slot; an abandoned one until the kernel lets go. */
const calls: (Call<unknown> | undefined)[] = [];
const freeSlots: number[] = [];

let environment: NativeEnvironment | undefined;
let written = 0;
let bytesWritten = 0;
let buffers: unknown[] | undefined;
let flushScheduled = false;
let pollScheduled = false;
let keptAlive = false;
/** Calls whose caller waits: the event loop does too. */
let waiting = 0;
let spin = MOST_SPIN;

const signalName = (): string => {
  const { signal } = native.counts();
  return signal === 0 ? 'for interrupts' : String(signal);
};

function attach(): NativeEnvironment {
  const failed = native.start();
  if (failed !== 0) throw failed === -16 ? signalInUse(signalName()) : systemError(failed, 'pthread_create');
  const memory = {
    submissions,
    submissionBytes: pathBytes.buffer as ArrayBuffer,
    completions,
    completionBytes: resultBytes.buffer as ArrayBuffer,
  };
  environment = native.attach(memory, poll);
  return environment;
}

/** Writes a path and its NUL at `at`; gives its length in bytes. */
function writePath(path: string | Uint8Array, at: number): number {
  if (typeof path !== 'string') {
    const length = Math.min(path.length, LONGEST_PATH);
    pathBytes.set(length === path.length ? path : path.subarray(0, length), at);
    pathBytes[at + length] = 0;
    return length;
  }
  const length = path.length;
  if (length > LONGEST_PATH) return writePath(path.slice(0, LONGEST_PATH), at);
  for (let i = 0; i < length; i++) {
    const code = path.charCodeAt(i);
    if (code > 127) {
      // Not ASCII: UTF-8, lone surrogates replaced, as Node does.
      const size = pathBytes.write(path, at, 'utf8');
      pathBytes[at + size] = 0;
      return size;
    }
    pathBytes[at + i] = code;
  }
  pathBytes[at + length] = 0;
  return length;
}

/** Puts a call into the records; it runs from the end of this tick at the latest. */
export function enqueue(call: Call<unknown>): void {
  if (environment === undefined) attach();
  if (written === SUBMISSIONS || bytesWritten > SUBMISSION_BYTES - ROOM) flush();
  const word = written * 16;
  const double = written * 8;
  let code = call.type.code;
  words[word + 15] = bytesWritten;
  let at = bytesWritten;
  if (call.path === '') {
    words[word + 2] = call.fd >= 0 ? -1 : 0;
    if (call.fd < 0) pathBytes[at++] = 0;
  } else {
    const length = writePath(call.path, at);
    words[word + 2] = length;
    at += length + 1;
  }
  if (call.dest === undefined) {
    words[word + 3] = -1;
  } else {
    const length = writePath(call.dest, at);
    words[word + 3] = length;
    at += length + 1;
  }
  let inline = 0;
  const { data } = call;
  if (data !== undefined) {
    if (data.length <= INLINE_DATA) {
      inline = data.length;
      pathBytes.set(data, at);
      at += inline;
    } else {
      code |= DATA_IN_BUFFER;
      words[word + 14] = reference(unshared(data));
    }
  } else if (call.vector !== undefined) {
    if (call.reads) {
      // Node, too, reads into no more than one system call takes.
      if (call.vector.length > IOV_MAX) call.vector = call.vector.slice(0, IOV_MAX);
      call.d2 = call.vector.reduce((sum, view) => sum + view.byteLength, 0);
      call.i0 = call.vector.length;
    } else {
      code |= DATA_IN_BUFFERS;
      words[word + 14] = reference(call.vector.map(unshared));
    }
  } else if (call.into !== undefined) {
    call.d2 = call.length;
    if (call.length > STAGED && isFixed(call.into)) {
      code |= READ_INTO_BUFFER;
      words[word + 14] = reference(target(call.into, call.offset, call.length));
    }
  }
  words[word + 1] = code;
  words[word + 4] = inline;
  words[word + 5] = call.fd;
  words[word + 6] = call.i0;
  words[word + 7] = call.i1;
  doubles[double + 4] = call.d0;
  doubles[double + 5] = call.d1;
  doubles[double + 6] = call.d2;
  // From here on nothing throws, as views do whose memory is gone: a slot once taken is given back by a completion.
  const slot = freeSlots.pop() ?? calls.length;
  calls[slot] = call;
  call.slot = slot;
  words[word] = slot;
  waiting++;
  bytesWritten = at;
  written++;
  if (!flushScheduled) {
    flushScheduled = true;
    settled.then(flush);
  }
}

const settled = Promise.resolve();

function reference(value: unknown): number {
  buffers ??= [];
  return buffers.push(value) - 1;
}

/** Native code is shown memory of this environment only. */
function unshared(view: ArrayBufferView): ArrayBufferView {
  if (view.buffer instanceof ArrayBuffer) return view;
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

function isFixed(view: ArrayBufferView): boolean {
  const { buffer } = view;
  return (
    buffer instanceof ArrayBuffer && (buffer as ArrayBuffer & { resizable?: boolean }).resizable !== true
  );
}

function target(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  if (view instanceof Uint8Array && offset === 0 && length === view.length) return view;
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

function flush(): void {
  flushScheduled = false;
  const count = written;
  const given = buffers;
  written = bytesWritten = 0;
  buffers = undefined;
  if (count === 0) return;
  (environment as NativeEnvironment).submit(count, given);
  lookSoon();
}

function lookSoon(): void {
  if (pollScheduled) return;
  pollScheduled = true;
  setImmediate(poll);
}

/** Runs in the loop: as an immediate after a submit, or woken by a completion. */
function poll(): void {
  pollScheduled = false;
  if (withdrawn.length > 0) settleWithdrawn();
  const env = environment as NativeEnvironment;
  let count = env.poll(spin, false);
  if (count === 0) {
    spin = Math.max(1, spin >> 1);
    if (keptAlive !== waiting > 0) {
      keptAlive = waiting > 0;
      env.keepAlive(keptAlive);
    }
    count = env.poll(0, true);
    if (count < 0) return;
  } else {
    spin = Math.min(MOST_SPIN, 2 * spin + 1);
  }
  do {
    settle(count);
    if (count < COMPLETIONS) break;
    count = env.poll(0, false);
  } while (count > 0);
  if (waiting === 0 && keptAlive) {
    keptAlive = false;
    env.keepAlive(false);
  }
  // Abandoned ones are in flight too: their release is to be heard of.
  if (calls.length > freeSlots.length) lookSoon();
}

function settle(count: number): void {
  for (let i = 0; i < count; i++) {
    const at = i * RECORD;
    const slot = numbers[at] as number;
    const call = calls[slot] as Call<unknown>;
    const outcome = numbers[at + 2] as number;
    done.at = at + 8;
    done.value = numbers[at + 1] as number;
    done.flags = numbers[at + 3] as number;
    done.step = numbers[at + 4] as number;
    done.bytesDone = numbers[at + 5] as number;
    done.start = numbers[at + 6] as number;
    done.length = numbers[at + 7] as number;
    done.external = undefined;
    if (done.start < 0) {
      done.external = (environment as NativeEnvironment).takeBytes(slot);
      done.start = 0;
    }
    if (done.last) {
      calls[slot] = undefined;
      freeSlots.push(slot);
    }
    if (outcome === Ended.released) {
      call.release();
    } else {
      waiting--;
      call.finish(outcome, done);
    }
  }
}

/** The completion that is being settled: one object for all, valid until the next one. */
export class Done {
  value = 0;
  at = 0;
  flags = 0;
  step = 0;
  bytesDone = 0;
  start = 0;
  length = 0;
  external: Buffer | undefined = undefined;

  get tookEffect(): boolean {
    return (this.flags & TOOK_EFFECT) !== 0;
  }
  /** Whether the kernel has let go, too. */
  get last(): boolean {
    return (this.flags & LAST) !== 0;
  }
  numbers(): Float64Array {
    return numbers;
  }
  bigints(): BigInt64Array {
    return bigints;
  }
  text(encoding: BufferEncoding): string {
    return (this.external ?? resultBytes).toString(encoding, this.start, this.start + this.length);
  }
  bytes(): Buffer {
    if (this.external !== undefined) return this.external;
    const copy = Buffer.allocUnsafeSlow(this.length);
    copy.set(this.view());
    return copy;
  }
  /** The payload in place. */
  view(): Uint8Array {
    return this.external ?? resultBytes.subarray(this.start, this.start + this.length);
  }
}

const done = new Done();

/** Calls taken back out of the records, to be settled in the loop's next turn; their slots stay theirs until then. */
let withdrawn: Call<unknown>[] = [];

/** Cancels a call of this tick, if it has not been submitted yet. */
function withdraw(call: Call<unknown>): boolean {
  for (let record = written - 1; record >= 0; record--) {
    if (words[record * 16] !== call.slot) continue;
    written--;
    // The last record takes its place. The bytes and buffers of both stay where they are.
    words.copyWithin(record * 16, written * 16, written * 16 + 16);
    withdrawn.push(call);
    lookSoon();
    return true;
  }
  return false;
}

function settleWithdrawn(): void {
  const given = withdrawn;
  withdrawn = [];
  for (const call of given) {
    calls[call.slot] = undefined;
    freeSlots.push(call.slot);
    waiting--;
    done.value = done.step = done.bytesDone = done.length = 0;
    done.flags = LAST;
    call.finish(Ended.cancelled, done);
  }
}

/** Ends a call that is in flight; it settles within `graceMs`. */
export function interruptCall(call: Call<unknown>, graceMs: number): void {
  if (withdraw(call)) return;
  (environment as NativeEnvironment).interrupt(call.slot, graceMs);
  spin = MOST_SPIN;
  lookSoon();
}

const ROW = 6;
let rows = new Float64Array(ROW * 64);

/** Where an op in flight is; times in ms. */
export interface Seen {
  /** A number of State. */
  state: number;
  systemCall: string;
  thread: number;
  queuedMs: number;
  runningMs: number;
}

const UNSUBMITTED: Seen = { state: State.queued, systemCall: '', thread: 0, queuedMs: 0, runningMs: 0 };

function seenAt(at: number): Seen {
  return {
    state: rows[at + 1] as number,
    systemCall: native.calls[rows[at + 2] as number] as string,
    thread: rows[at + 3] as number,
    queuedMs: rows[at + 4] as number,
    runningMs: rows[at + 5] as number,
  };
}

/** Calls `each` for every op in flight. */
export function eachInFlight(each: (call: Call<unknown>, seen: Seen) => void): void {
  if (environment === undefined) return;
  let count = environment.snapshot(rows, -1);
  if (count * ROW > rows.length) {
    rows = new Float64Array(2 * count * ROW);
    count = environment.snapshot(rows, -1);
  }
  for (let at = 0; at < count * ROW; at += ROW) {
    const call = calls[rows[at] as number];
    if (call !== undefined) each(call, seenAt(at));
  }
  // Those of this tick are not submitted for being looked at: until then an interrupt is sure to come first.
  for (let record = 0; record < written; record++) {
    each(calls[words[record * 16] as number] as Call<unknown>, UNSUBMITTED);
  }
}

/** Where this one is; undefined when the kernel is done with it. */
export function look(call: Call<unknown>): Seen | undefined {
  if (call.slot < 0 || calls[call.slot] !== call) return undefined;
  return (environment as NativeEnvironment).snapshot(rows, call.slot) === 0 ? undefined : seenAt(0);
}
