// The records in which native code reports what became of calls. They are read one at a time.

import { ENOMEM } from '../node/errno';
import type { NativeEnvironment } from './addon';
import { Ended } from './codes';

/** The number of records that one poll fills at most. */
export const COMPLETIONS = 256;
/** The index of one more record: the completion that waitFor() has waited for. */
export const WAITED_FOR = COMPLETIONS;

// binding/napi/records.h has the same numbers.
const STAGED = 64 * 1024;
const COMPLETION_BYTES = 256 * 1024 + STAGED;
export const RECORD = 27;
export const TOOK_EFFECT = 1;
export const LAST = 2;
const LOST = 4;
export const TAKE_BYTES = -1;

export const completions = new ArrayBuffer((COMPLETIONS + 1) * RECORD * 8);
const numbers = new Float64Array(completions);
const bigints = new BigInt64Array(completions);
const resultBytes = Buffer.from(new ArrayBuffer(COMPLETION_BYTES));
export const completionBytes = resultBytes.buffer as ArrayBuffer;

/** The completion that is being settled. There is one object for all completions: it is valid until the next read(). */
export class Done {
  slot = 0;
  /** A number of Ended. */
  outcome = 0;
  value = 0;
  at = 0;
  flags = 0;
  step = 0;
  bytesDone = 0;
  /** The ms that the op waited for a worker. */
  queuedMs = 0;
  start = 0;
  length = 0;
  external: Buffer | undefined = undefined;

  /** Reads the record at `index` into this object. */
  read(index: number, environment: NativeEnvironment): void {
    const at = index * RECORD;
    this.slot = numbers[at] as number;
    this.outcome = numbers[at + 2] as number;
    this.at = at + 8;
    this.value = numbers[at + 1] as number;
    this.flags = numbers[at + 3] as number;
    this.step = numbers[at + 4] as number;
    this.bytesDone = numbers[at + 5] as number;
    this.queuedMs = numbers[at + 26] as number;
    this.start = numbers[at + 6] as number;
    this.length = numbers[at + 7] as number;
    this.external = undefined;
    if (this.start === TAKE_BYTES) this.#take(environment);
  }

  /** Takes the bytes that did not fit into the records. */
  #take(environment: NativeEnvironment): void {
    this.start = 0;
    try {
      this.external = environment.takeBytes(this.slot);
    } catch {
      // A Buffer of that size cannot be allocated. The call fails with ENOMEM, and the other calls of this batch settle
      // all the same.
    }
    if (this.external !== undefined) return;
    this.length = 0;
    this.value = ENOMEM;
  }

  /** Describes a call that was withdrawn before it reached native code. */
  withdrawn(): void {
    this.outcome = Ended.cancelled;
    this.value = this.step = this.bytesDone = this.queuedMs = this.length = 0;
    this.flags = LAST;
  }

  get tookEffect(): boolean {
    return (this.flags & TOOK_EFFECT) !== 0;
  }
  /** Whether the kernel has released the op, too. */
  get last(): boolean {
    return (this.flags & LAST) !== 0;
  }
  /** Its worker was killed, and nobody had interrupted the op. */
  get lost(): boolean {
    return (this.flags & LOST) !== 0;
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
  /** Returns the payload without copying it. */
  view(): Uint8Array {
    return this.external ?? resultBytes.subarray(this.start, this.start + this.length);
  }
}

export const done = new Done();
