// What one operation of the tables is, and how to end and check any of them.
import { expect } from '@jest/globals';
import { type InterruptError, interrupt, type Outcome } from '../../lib';
import type { CallOptions } from '../../lib/fs/promises';
import type { StallOp } from '../fixtures/stallfs';
import { Fate, type Place } from './place';

/** It has been prepared; nothing stalls yet. */
export interface Begun {
  call(options?: CallOptions): Promise<unknown>;
  /** Once nothing stalls any more: uses what was prepared once more, and closes it. */
  end(): Promise<void>;
}

export interface Op {
  readonly name: string;
  readonly fn: string;
  /** The request that the daemon sits on: its kind, and its path in the place. */
  readonly held: readonly [StallOp, string];
  /** Which the error of an interrupt names. */
  readonly syscall: string;
  /** Which the kernel's own error names, where that is another one. */
  readonly failed?: string;
  /** Names in the place that the error carries. Not the one of a handle: the kernel's own errors do not name it. */
  readonly path?: string;
  readonly dest?: string;
  readonly handlePath?: string;
  /** Whether the system call that is held may change the disk. */
  readonly changes: boolean;
  /** Whether another step of the same op may: an abandoned op does not tell how far it got. */
  readonly changesLater?: boolean;
  /** Whether the change has reached the disk. */
  done?(place: Place): boolean;
  /** Bytes that an earlier step has moved. */
  readonly bytesDone?: number;
  /** A stream tells of its failure when it has closed its handle, which is later than the call's own end. */
  readonly stream?: true;
  /** What it resolves to when it is answered late; any value if undefined. */
  readonly value?: unknown;
  begin(place: Place): Promise<Begun>;
}

/** What ended it, and the error that its caller got. */
export interface Ended {
  outcome: Outcome;
  error: InterruptError;
}

export const REASON = new Error('the reason');

/**
 * Interrupts what runs in the place. `grace` 0 gives up at once what does not come back at once, so whoever expects an
 * interrupted call waits for longer than that.
 */
export async function interruptIn(place: Place, op: Op, fate: Fate, grace: number): Promise<Ended> {
  const listed = place.top();
  expect(listed.fn()).toBe(op.fn);
  expect(listed.pathname()).toBe(
    place.at(op.fn === 'symlink' ? (op.dest ?? '') : (op.path ?? op.handlePath ?? '')),
  );
  expect(listed.state).toBe('running');
  const [report] = await interrupt([listed], { grace, reason: REASON });
  // The promise of the op itself rejects no later than the report.
  if (op.stream) await fate.settled;
  expect(fate.over).toBe(true);
  if (report === undefined || fate.error === undefined)
    throw new Error(`not interrupted: ${String(fate.value)}`);
  return { outcome: report.outcome, error: fate.error };
}

export function expectInterruptError(place: Place, op: Op, ended: Ended): void {
  const { error, outcome } = ended;
  const path = op.path ?? op.handlePath;
  const where = path === undefined ? '' : ` '${place.at(path)}'`;
  const to = op.dest === undefined ? '' : ` -> '${place.at(op.dest)}'`;
  const first = op.fn === 'symlink' ? ` '${op.path}'` : where;
  expect({ ...error, message: error.message, name: error.name, cause: error.cause }).toEqual({
    name: 'InterruptError',
    message: `EINTR: interrupted system call, ${op.syscall}${first}${to}`,
    code: 'EINTR',
    errno: -4,
    syscall: op.syscall,
    ...(path === undefined ? {} : { path: op.fn === 'symlink' ? op.path : place.at(path) }),
    ...(op.dest === undefined ? {} : { dest: place.at(op.dest) }),
    outcome,
    mayHaveTakenEffect: op.changes || (outcome !== 'interrupted' && op.changesLater === true),
    bytesDone: op.bytesDone ?? 0,
    cause: REASON,
  });
  expect(error.op.fn()).toBe(op.fn);
}

/** Only the request that the op is about is held; what its path needs is answered. */
export const filterOf = (place: Place, op: Op): { op: StallOp; path: string } => ({
  op: op.held[0],
  path: `${place.root}/${op.held[1]}`,
});

export const run = (begun: Begun, options?: CallOptions): Fate => new Fate(begun.call(options));
