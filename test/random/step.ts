// A step of a random sequence, as plain data: it is printed when something is wrong.
import type { StallOp } from '../fixtures/stallfs';

// jest looks globals up in a slow way.
const { imul } = Math;

/** Bytes that a stream reads at a time. */
export const CHUNK = 5000;

/** Of cp(). */
export interface CpOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly errorOnExist?: boolean;
  readonly dereference?: boolean;
  readonly preserveTimestamps?: boolean;
  readonly verbatimSymlinks?: boolean;
  /** A filter leaves out what is called so. */
  readonly skips?: string;
}

export type Face = 'promise' | 'callback' | 'sync';

/** How a call is ended, and when: after a timeout, else after a number of turns of the loop. */
export interface Ending {
  readonly way: 'aborted' | 'signal' | 'timeout' | 'interrupt' | 'under' | 'handle' | 'scope' | 'killed';
  /** Microtasks, turns of the event loop and empty rounds of a loop between the call and its end. */
  readonly microtasks: number;
  readonly turns: number;
  readonly spins: number;
  /** Of a timeout. */
  readonly ms: number;
  /** On a file system that stalls: the requests that are held, and what the daemon makes of an interrupt. */
  readonly hold?:
    | { readonly how: 'honour' | 'ignore' | 'effect' | 'deaf'; readonly op?: StallOp }
    | undefined;
}

export interface Step {
  readonly fn: string;
  readonly face: Face;
  /** Below the root of the sequence; '' is the root. */
  readonly path?: string;
  readonly dest?: string;
  /** The open handle that it is about. */
  readonly slot?: number;
  /** The open directory. */
  readonly dir?: number;
  /** Entries that a Dir reads at a time. */
  readonly bufferSize?: number;
  readonly flags?: string;
  readonly mode?: number;
  /** Bytes; what is written is made from it and `salt`. */
  readonly length?: number;
  readonly salt?: number;
  /** null: the handle's own. */
  readonly position?: number | null;
  readonly target?: string;
  /** Seconds. */
  readonly time?: number;
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly types?: boolean;
  readonly uid?: number;
  readonly gid?: number;
  readonly options?: CpOptions;
  /** Whether runIsolated() makes the call, in a process of its own. */
  readonly isolated?: boolean;
  readonly ending?: Ending | undefined;
}

/** What a call came to. */
export type Result =
  | { readonly value: unknown }
  | { readonly errno: string; readonly error: unknown }
  | {
      readonly outcome: string;
      readonly mayHaveTakenEffect: boolean;
      readonly bytesDone: number;
      readonly error: unknown;
    };

export const describe = (step: Step): string => {
  const { fn, face, ending, ...rest } = step;
  return `${fn} (${face}) ${JSON.stringify(rest)}${ending === undefined ? '' : ` ended: ${JSON.stringify(ending)}`}`;
};

export function describeResult(result: Result): string {
  if ('value' in result) {
    const { value } = result;
    return Buffer.isBuffer(value) ? `${value.length} bytes` : `value ${JSON.stringify(value)}`;
  }
  if ('errno' in result) return result.errno;
  const { outcome, mayHaveTakenEffect, bytesDone } = result;
  return `${outcome}, mayHaveTakenEffect ${mayHaveTakenEffect}, bytesDone ${bytesDone}`;
}

/** Bytes that tell where they come from: no two steps write the same, and no two places of one step are alike. */
export function bytesOf(step: Step): Buffer {
  const { length = 0, salt = 0 } = step;
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = imul(salt, 0x9e3779b1) + i;
  return Buffer.from(words.buffer, 0, length);
}

/** What is written in several pieces is written in three. */
export const thirdOf = (bytes: Buffer): number => Math.ceil(bytes.length / 3) || 1;
