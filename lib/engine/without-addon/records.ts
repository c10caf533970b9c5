// The records of lib/engine/submission.ts and completion.ts from the other side, as binding/napi reads and writes them.
import type { NativeMemory } from '../addon';
import { LAST, RECORD, TAKE_BYTES, TOOK_EFFECT } from '../completion';
import { DATA_IN_BUFFER, DATA_IN_BUFFERS } from '../submission';

// binding/napi/records.h
const SUBMISSION_WORDS = 16;
const BYTE = 0xff;

/** What a call takes. */
export interface Operands {
  readonly slot: number;
  /** A number of Code. */
  readonly code: number;
  /** The name that its caller knows it by; 0: that of the code. */
  readonly functionNumber: number;
  /** Text where its bytes are UTF-8. */
  readonly path: string | Buffer;
  readonly dest: string | Buffer;
  readonly fd: number;
  readonly i0: number;
  readonly i1: number;
  readonly d0: number;
  readonly d1: number;
  readonly d2: number;
  /** A copy: its memory is the caller's again once the call was submitted. */
  readonly data: Uint8Array;
}

/** What has become of a call. */
export interface Result {
  /** The function's number, or the negative errno. */
  value: number;
  /** A number of Step, where an error is not the function's own. */
  step?: number;
  bytes?: Buffer | undefined;
  /** Fields of a Stats, or of a StatFs. */
  fields?: readonly bigint[];
}

// Negative errno, as libuv has them; of what Node says nothing about.
export const EIO = process.platform === 'win32' ? -4070 : -5;
export const EBADF = process.platform === 'win32' ? -4083 : -9;
export const ENOSYS = process.platform === 'win32' ? -4054 : process.platform === 'darwin' ? -78 : -38;

const NONE = Buffer.alloc(0);
/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

export class Records {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #given: Buffer;
  readonly #numbers: Float64Array;
  readonly #bigints: BigInt64Array;

  constructor(memory: NativeMemory) {
    this.#words = new Int32Array(memory.submissions);
    this.#doubles = new Float64Array(memory.submissions);
    this.#given = Buffer.from(memory.submissionBytes);
    this.#numbers = new Float64Array(memory.completions);
    this.#bigints = new BigInt64Array(memory.completions);
  }

  /** The call in the record at `index`; `buffers`: what was passed by reference. */
  read(index: number, buffers: readonly unknown[] = []): Operands {
    const at = index * SUBMISSION_WORDS;
    const word = (offset: number): number => this.#words[at + offset] as number;
    const double = (offset: number): number => this.#doubles[at / 2 + offset] as number;
    const flags = word(1) & ~0xffff;
    let from = word(15);
    const text = (length: number): string | Buffer => {
      if (length < 0) return '';
      const bytes = this.#given.subarray(from, from + length);
      from += length + 1;
      const decoded = bytes.toString();
      return decoded.includes(REPLACEMENT) ? Buffer.from(bytes) : decoded;
    };
    const path = text(word(2));
    const dest = text(word(3));
    let data: Uint8Array = NONE;
    if ((flags & DATA_IN_BUFFER) !== 0) data = bytesOf(buffers[word(14)] as NodeJS.ArrayBufferView);
    else if ((flags & DATA_IN_BUFFERS) !== 0)
      data = Buffer.concat((buffers[word(14)] as NodeJS.ArrayBufferView[]).map(viewOf));
    else if (word(4) > 0) data = Buffer.from(this.#given.subarray(from, from + word(4)));
    return {
      slot: word(0),
      code: word(1) & BYTE,
      functionNumber: (word(1) >>> 8) & BYTE,
      path,
      dest,
      fd: word(5),
      i0: word(6),
      i1: word(7),
      d0: double(4),
      d1: double(5),
      d2: double(6),
      data,
    };
  }

  /** Writes how a call has ended into the record at `index`. `takesBigInts`: whether it asked for its fields so. */
  write(index: number, ending: Ending, takesBigInts: boolean): void {
    const at = index * RECORD;
    const { slot, outcome, last, tookEffect, result } = ending;
    const bytes = result?.bytes?.length ?? 0;
    this.#numbers.set(
      [
        ...[slot, result?.value ?? 0, outcome, (last ? LAST : 0) | (tookEffect ? TOOK_EFFECT : 0)],
        ...[result?.step ?? 0, 0, bytes > 0 ? TAKE_BYTES : 0, bytes],
      ],
      at,
    );
    this.#numbers[at + RECORD - 1] = ending.queuedMs;
    const fields = result?.fields;
    if (fields === undefined) return;
    if (takesBigInts) this.#bigints.set(fields, at + 8);
    else this.#numbers.set(fields.map(asNumber), at + 8);
  }
}

/** Of the fields of a Stats the four times may lie before 1970; every other field, and each of a StatFs, has no sign. */
const FIRST_TIME = 10;
const asNumber = (field: bigint, index: number): number =>
  Number(index < FIRST_TIME ? BigInt.asUintN(64, field) : field);

export interface Ending {
  readonly slot: number;
  /** A number of Ended. */
  readonly outcome: number;
  /** Whether Node is done with it, too. */
  readonly last: boolean;
  readonly tookEffect: boolean;
  /** ms until Node was asked. */
  readonly queuedMs: number;
  readonly result: Result | undefined;
}

/** One whose memory is gone has no bytes. */
const viewOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  view.byteLength === 0 ? NONE : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

const bytesOf = (view: NodeJS.ArrayBufferView): Buffer => Buffer.from(viewOf(view));
