// A step of a random sequence, as plain data: it is printed with a fault.
import type { StallOp } from '../fixtures/stallfs';

// A local name: jest looks up globals slowly.
const { imul } = Math;

/** Bytes that a stream reads at a time. */
export const CHUNK = 5000;

/** Options of cp(). */
export interface CpOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly errorOnExist?: boolean;
  readonly dereference?: boolean;
  readonly preserveTimestamps?: boolean;
  readonly verbatimSymlinks?: boolean;
  /** The filter leaves out entries of this name. */
  readonly skips?: string;
}

export type Face = 'promise' | 'callback' | 'sync';

/** How a call is ended, and when: after a timeout, else after a number of turns of the loop. */
export interface Ending {
  readonly way: 'aborted' | 'signal' | 'timeout' | 'interrupt' | 'under' | 'handle' | 'scope' | 'killed';
  /** The number of microtasks, turns of the event loop and empty rounds of a loop between the call and its end. */
  readonly microtasks: number;
  readonly turns: number;
  readonly spins: number;
  /** The ms of a timeout. */
  readonly ms: number;
  /** On a file system that stalls: which requests are held, and what the daemon does with an interrupt. */
  readonly hold?:
    | { readonly how: 'honour' | 'ignore' | 'effect' | 'deaf'; readonly op?: StallOp }
    | undefined;
}

export interface Step {
  readonly fn: string;
  readonly face: Face;
  /** The path below the root of the sequence; '' is the root. */
  readonly path?: string;
  readonly dest?: string;
  /** The paths of statMany(), and whether it follows links. */
  readonly paths?: readonly string[];
  readonly follow?: boolean;
  /** The slot of the open handle. */
  readonly slot?: number;
  /** The slot of the open directory. */
  readonly dir?: number;
  /** The number of entries that a Dir reads at a time. */
  readonly bufferSize?: number;
  readonly flags?: string;
  readonly mode?: number;
  /** The number of bytes. The bytes that are written are made from it and `salt`. */
  readonly length?: number;
  readonly salt?: number;
  /** null: the handle's own position. */
  readonly position?: number | null;
  readonly target?: string;
  /** Seconds since 1970. */
  readonly time?: number;
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly types?: boolean;
  readonly uid?: number;
  readonly gid?: number;
  readonly options?: CpOptions;
  /** Whether runIsolated() makes the call in a process of its own. */
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

/**
 * Returns bytes that show where they come from: no two steps write the same ones, and no two places of a step are
 * alike.
 */
export function bytesOf(step: Step): Buffer {
  const { length = 0, salt = 0 } = step;
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = imul(salt, 0x9e3779b1) + i;
  return Buffer.from(words.buffer, 0, length);
}

/** The size of a piece, for functions that write three pieces. */
export const thirdOf = (bytes: Buffer): number => Math.ceil(bytes.length / 3) || 1;
