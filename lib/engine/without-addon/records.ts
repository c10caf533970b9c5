// The native side of the records of lib/engine/submission.ts and completion.ts: reads and writes them as binding/napi
// does.
import type { BigIntStats } from 'node:fs';
import type { NativeMemory } from '../addon';
import { LAST, RECORD, TAKE_BYTES, TOOK_EFFECT } from '../completion';
import { DATA_IN_BUFFER, DATA_IN_BUFFERS } from '../submission';

// binding/napi/records.h has the same number.
const SUBMISSION_WORDS = 16;
const BYTE = 0xff;

/** The operands of a call. */
export interface Operands {
  readonly slot: number;
  /** A number of Code. */
  readonly code: number;
  /** The number of the function's name; 0: the function has the name of its code. */
  readonly functionNumber: number;
  /** A string if its bytes are UTF-8. */
  readonly path: string | Buffer;
  readonly dest: string | Buffer;
  readonly fd: number;
  readonly i0: number;
  readonly i1: number;
  readonly d0: number;
  readonly d1: number;
  readonly d2: number;
  /** A copy: the caller may reuse the memory once the call was submitted. */
  readonly data: Uint8Array;
}

/** What became of a call. */
export interface Result {
  /** The number that the function returns, or the negative errno. */
  value: number;
  /** A number of Step, if the error comes from a step and not from the function itself. */
  step?: number;
  bytes?: Buffer | undefined;
  /** The fields of a Stats or StatFs. */
  fields?: readonly bigint[];
}

const NONE = Buffer.alloc(0);
/** Stands in for bytes that are no UTF-8. */
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

  /** Returns the operands of the call in the record at `index`. `buffers`: the values that were passed by reference. */
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

  /**
   * Writes the ending of a call into the record at `index`. `takesBigInts`: whether the call asked for its fields as
   * 64-bit integers.
   */
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

const splitTime = (ns: bigint): [bigint, bigint] => {
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [(ns - rest) / 1_000_000_000n, rest];
};

/** The fields of a Stats, in the order of the records. */
export function fieldsOf(found: BigIntStats): bigint[] {
  const { dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks } = found;
  const times = [found.atimeNs, found.mtimeNs, found.ctimeNs, found.birthtimeNs].flatMap(splitTime);
  return [dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, ...times];
}

/**
 * Of the fields of a Stats only the four times are signed: they may lie before 1970. All other fields are unsigned, and
 * so are all fields of a StatFs.
 */
const FIRST_TIME = 10;
export const asNumber = (field: bigint, index: number): number =>
  Number(index < FIRST_TIME ? BigInt.asUintN(64, field) : field);

export interface Ending {
  readonly slot: number;
  /** A number of Ended. */
  readonly outcome: number;
  /** Whether Node has finished the call, too. */
  readonly last: boolean;
  readonly tookEffect: boolean;
  /** The ms before Node was asked. */
  readonly queuedMs: number;
  readonly result: Result | undefined;
}

/** A view of detached memory has no bytes. */
const viewOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  view.byteLength === 0 ? NONE : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

const bytesOf = (view: NodeJS.ArrayBufferView): Buffer => Buffer.from(viewOf(view));
