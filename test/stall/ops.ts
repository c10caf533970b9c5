// The operations of the tables, and how to end and check each.
import { expect } from '@jest/globals';
import { type InterruptError, interrupt, type Outcome } from '../../lib';
import type { CallOptions } from '../../lib/fs/promises';
import type { StallOp } from '../fixtures/stallfs';
import { Fate, type Place } from './place';

/** An op that is prepared, before anything stalls. */
export interface Begun {
  call(options?: CallOptions): Promise<unknown>;
  /** Called once nothing stalls: uses the prepared files again, and closes them. */
  end(): Promise<void>;
}

export interface Op {
  readonly name: string;
  readonly fn: string;
  /** The request that the daemon holds: its kind, and its path in the place. */
  readonly held: readonly [StallOp, string];
  /** The `syscall` of an interrupt's error. */
  readonly syscall: string;
  /** The `syscall` of the kernel's own error, if it is another one. */
  readonly failed?: string;
  /** The names in the place that the error has. The kernel's errors do not name the file of a handle. */
  readonly path?: string;
  readonly dest?: string;
  readonly handlePath?: string;
  /** Whether the held system call may change the disk. */
  readonly changes: boolean;
  /** Whether another step of the op may change it: an abandoned op does not know how far it got. */
  readonly changesLater?: boolean;
  /** Whether the change has reached the disk. */
  done?(place: Place): boolean;
  /** The bytes that an earlier step has moved. */
  readonly bytesDone?: number;
  /** A stream emits its error once it has closed its handle, which is later than the end of the call. */
  readonly stream?: true;
  /** The result when the answer comes late; undefined: any value. */
  readonly value?: unknown;
  begin(place: Place): Promise<Begun>;
}

/** How the op ended, and the error that its caller got. */
export interface Ended {
  outcome: Outcome;
  error: InterruptError;
}

export const REASON = new Error('the reason');

/**
 * Interrupts what runs in the place. With a `grace` of 0 a call is abandoned unless it returns at once, so a test that
 * expects an interrupted call needs a longer one.
 */
export async function interruptIn(place: Place, op: Op, fate: Fate, grace: number): Promise<Ended> {
  const listed = place.top();
  expect(listed.fn()).toBe(op.fn);
  expect(listed.pathname()).toBe(
    place.at(op.fn === 'symlink' ? (op.dest ?? '') : (op.path ?? op.handlePath ?? '')),
  );
  expect(listed.state).toBe('running');
  const [report] = await interrupt([listed], { grace, reason: REASON });
  // The promise of the op rejects before the report comes, or with it.
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

/** Holds only the request that the op is about. Those that its path needs are answered. */
export const filterOf = (place: Place, op: Op): { op: StallOp; path: string } => ({
  op: op.held[0],
  path: `${place.root}/${op.held[1]}`,
});

export const run = (begun: Begun, options?: CallOptions): Fate => new Fate(begun.call(options));
