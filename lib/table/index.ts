// The table of calls in flight: listing and interrupting.
import type { PathLike } from 'node:fs';
import { sep } from 'node:path';
import type { Call } from '../call';
import { drivers } from '../call/driver';
import type { Outcome } from '../call/errors';
import { eachInFlight } from '../call/in-flight';
import {
  callBehind,
  isPendingOp,
  type OpState,
  opStateOf,
  PendingOp,
  placesOf,
  stateNames,
  wholePathOf,
} from '../call/pending-op';
import { OpKind } from '../engine/codes';
import { mountTable, placeOfMount } from '../engine/mount-table';
import { settings } from '../engine/settings';
import { argType, argValue, outOfRange } from '../node/errors';
import { readlinkSync } from '../node/original';
import { absolute, absolutePath, byteText, folded, placeText, workingDirectory } from '../node/path-text';
import { validateGrace } from '../validate/grace';
import { validPath } from '../validate/path';
import { validateInteger, validateNames, validateString } from '../validate/values';

/** Which ops to list. An op matches if it meets every condition that is given. */
export interface PendingFilter {
  /** Bits of OpKind, combined by OR. An op matches if it has any of them. */
  kind?: number | undefined;
  /** A path. Ops on it, or on anything below it, match. Paths are compared as text: the disk is not touched. */
  under?: PathLike | undefined;
  /**
   * A mount point: text as in `op.mount`, or, if its name is no UTF-8, bytes as in `path` of a Mount. Ops on that file
   * system match.
   */
  mount?: PathLike | undefined;
  /** The name of the function, for instance 'readFile', 'stat' or 'runCommand'. */
  fn?: string | undefined;
  /** The label of the scope that the op was called in. */
  label?: string | undefined;
  /** ms since the op began to run, at least. A queued op never matches. */
  olderThan?: number | undefined;
  /** The state of the op. */
  state?: OpState | undefined;
}

/** Options of interrupt(). */
export interface InterruptOptions {
  /**
   * ms until the caller of the op is free at the latest, whatever the kernel does.
   * @default the `grace` of configure(), 100
   */
  grace?: number | undefined;
  /**
   * The `cause` of the errors that the callers get.
   * @default undefined
   */
  reason?: unknown;
}

/** What became of an op that was to be interrupted. */
export interface InterruptReport {
  /** The op, as it was listed. */
  op: PendingOp;
  /** How the op ended; `completed` if it was over before the interrupt. */
  outcome: Outcome;
}

function everyOp(tracked = true): PendingOp[] {
  const ops: PendingOp[] = [];
  const mounts = mountTable();
  eachInFlight((call, seen) => {
    if (tracked && !call.tracked) return;
    ops.push(new PendingOp(call, opStateOf(seen), seen, mounts));
  });
  for (const driver of drivers) {
    const { call } = driver;
    if ((tracked && !call.tracked) || (call.state !== 'pending' && call.state !== 'abandoned')) continue;
    const pending = call.interruption === undefined ? 'running' : 'interrupting';
    const state = call.state === 'abandoned' ? 'abandoned' : pending;
    ops.push(new PendingOp(call, state, driver, mounts));
  }
  return ops.sort((a, b) => a.id - b.id);
}

/**
 * Lists the ops of this thread that are in flight and began while tracking was on, in the order in which they began. No
 * mount is touched.
 *
 * @param filter - bits of OpKind, or conditions. Left out: all ops
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE or ERR_OUT_OF_RANGE for an invalid condition
 * @example
 * ```ts
 * import { listPending, trackPending } from 'pendingop';
 * trackPending(true);
 * for (const op of listPending({ under: '/mnt/nas', olderThan: 5000 })) console.log(String(op));
 * ```
 */
export function listPending(filter?: number | PendingFilter): PendingOp[] {
  return everyOp().filter(matcher(filter));
}

/** @internal Lists the ops at a path or below it, tracked or not. */
export function listUnder(path: PathLike): PendingOp[] {
  return everyOp(false).filter(matcher({ under: path }));
}

/** @internal Lists the ops whose calls match. `tracked`: only those that began while tracking was on. */
export function listCalls(matches: (call: Call<unknown>) => boolean, tracked: boolean): PendingOp[] {
  return everyOp(tracked).filter((op) => matches(callBehind(op)));
}

/** @internal Lists the ops on one FileHandle. */
export function listForHandle(handle: object): PendingOp[] {
  return listCalls((call) => call.handle === handle, true);
}

const SLASH = 0x2f;
const CONDITIONS = new Set(['kind', 'under', 'mount', 'fn', 'label', 'olderThan', 'state']);

function matcher(filter: unknown): (op: PendingOp) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'number') {
    validateInteger(filter, 'filter', 0, OpKind.All);
    return (op) => (op.kind() & filter) !== 0;
  }
  if (typeof filter !== 'object' || filter === null) {
    throw argType('filter', 'of type number or object', filter);
  }
  // An unknown condition is refused: ignored, it would match every op.
  validateNames(filter, CONDITIONS, 'filter', 'condition');
  const { kind, under, mount, fn, label, olderThan, state } = filter as PendingFilter;
  const tests: ((op: PendingOp) => boolean)[] = [];
  if (kind !== undefined) {
    validateInteger(kind, 'filter.kind', 0, OpKind.All);
    tests.push((op) => (op.kind() & kind) !== 0);
  }
  for (const [name, value] of Object.entries({ fn, label })) {
    if (value !== undefined) validateString(value, `filter.${name}`);
  }
  if (mount !== undefined) tests.push(mountTest(mount));
  if (fn !== undefined) tests.push((op) => op.fn() === fn);
  if (label !== undefined) tests.push((op) => op.label === label);
  if (olderThan !== undefined) {
    if (typeof olderThan !== 'number') throw argType('filter.olderThan', 'of type number', olderThan);
    if (!(olderThan >= 0)) throw outOfRange('filter.olderThan', '>= 0', olderThan);
    tests.push((op) => op.state !== 'queued' && op.runningMs > olderThan);
  }
  if (state !== undefined) {
    if (!stateNames.includes(state)) {
      throw argValue('filter.state', state, "must be 'queued', 'running', 'interrupting' or 'abandoned'");
    }
    tests.push((op) => op.state === state);
  }
  if (under !== undefined) tests.push(underTest(under));
  return (op) => tests.every((test) => test(op));
}

/** Text is compared as it is listed, so that `''` finds the ops whose mounts are unknown. */
function mountTest(mount: PathLike): (op: PendingOp) => boolean {
  const given = validPath(mount, 'filter.mount');
  if (typeof given === 'string') return (op) => op.mount === given;
  const place = placeText(absolutePath(workingDirectory(), given));
  return (op) => {
    const entry = mountTable().entryOf(wholePathOf(callBehind(op)));
    return entry !== undefined && folded(placeOfMount(entry)) === folded(place);
  };
}

/** Compares bytes, so that a path that is no UTF-8 matches only itself. */
function underTest(under: PathLike): (op: PendingOp) => boolean {
  const given = byteText(validPath(under, 'filter.under'));
  // Nothing lies under the empty path. Without this check its prefix would be '/', which every path has.
  if (given === '') return () => false;
  const root = absolute(workingDirectory(), given);
  const below = root.endsWith(sep) ? root : `${root}${sep}`;
  const isUnder = (cwd: string, path: string | Uint8Array): boolean => {
    const text = absolute(cwd === '' ? '' : byteText(cwd), byteText(path));
    return text === root || text.startsWith(below);
  };
  return (op) => {
    const call = callBehind(op);
    if (call.handlePath !== '') return isUnder('', call.handlePath);
    if (placesOf(call).some((path) => path !== '' && isUnder(call.cwd, path))) return true;
    const path = call.fd >= 0 ? descriptorPath(call.fd) : undefined;
    return path !== undefined && isUnder('', path);
  };
}

/**
 * Returns the path of a descriptor that other code holds by its number. The kernel answers without asking the file
 * system.
 */
function descriptorPath(fd: number): Uint8Array | undefined {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
    // Pipes, sockets and the like have no path.
    return path[0] === SLASH ? path : undefined;
  } catch {
    return undefined;
  }
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

/**
 * Interrupts ops. An op in the queue is cancelled. An op on a worker is made to leave the kernel; if it does not leave
 * within the grace, it is abandoned. The promise settles when all outcomes are known, at most `grace` ms after the
 * call, and the promise of each op rejects no later. Does not block, and does not fail for an op that is over.
 *
 * @param ops - what listPending() returned, or any iterable of PendingOp
 * @param options - the grace (ms), and the `cause` of the errors
 * @returns one report for each op, in their order
 * @throws as a rejection: ERR_INVALID_ARG_TYPE for a value that is no PendingOp
 * @example
 * ```ts
 * import { interrupt, listPending } from 'pendingop';
 * for (const { op, outcome } of await interrupt(listPending({ olderThan: 5000 }), { grace: 50 })) {
 *   console.log(String(op), outcome);
 * }
 * ```
 */
export function interrupt(...ops: PendingOp[]): Promise<InterruptReport[]>;
export function interrupt(ops: Iterable<PendingOp>, options?: InterruptOptions): Promise<InterruptReport[]>;
export async function interrupt(...args: unknown[]): Promise<InterruptReport[]> {
  const first = args[0];
  if (args.length > 0 && !isPendingOp(first)) {
    if (!isIterable(first)) throw argType('ops', 'an instance of PendingOp or an iterable of them', first);
    return interruptAll([...first], args[1]);
  }
  return interruptAll(args, undefined);
}

/** @internal */
export async function interruptAll(ops: unknown[], options: unknown): Promise<InterruptReport[]> {
  const { grace, reason } = parseInterruptOptions(options);
  const calls: [PendingOp, Call<unknown>][] = ops.map((op, i) => {
    if (!isPendingOp(op)) throw argType(`ops[${i}]`, 'an instance of PendingOp', op);
    return [op, callBehind(op)];
  });
  return Promise.all(
    calls.map(async ([op, call]) => ({ op, outcome: await call.interrupt('interrupt', reason, grace) })),
  );
}

/**
 * Interrupts every op on a path or below it, tracked or not: for instance all ops that wait for a stalled mount.
 *
 * @param path - a string, a Buffer or a `file:` URL. It is compared as text: the disk is not touched
 * @param options - the grace (ms), and the `cause` of the errors
 * @returns one report for each op
 * @example
 * ```ts
 * import { interruptUnder } from 'pendingop';
 * const reports = await interruptUnder('/mnt/nas', { reason: new Error('the server is gone') });
 * ```
 */
export async function interruptUnder(path: PathLike, options?: InterruptOptions): Promise<InterruptReport[]> {
  const isUnder = underTest(validPath(path) as string);
  return interruptAll(everyOp(false).filter(isUnder), options);
}

const INTERRUPT_OPTIONS = new Set(['grace', 'reason']);

/** @internal */
export function parseInterruptOptions(options: unknown): { grace: number; reason: unknown } {
  if (options === undefined) return { grace: settings.grace, reason: undefined };
  validateNames(options, INTERRUPT_OPTIONS);
  const { grace, reason } = options as InterruptOptions;
  if (grace !== undefined) validateGrace(grace, 'options.grace');
  return { grace: grace ?? settings.grace, reason };
}
