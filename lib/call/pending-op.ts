// PendingOp: an op as the table shows it.
import { inspect } from 'node:util';
import { Code, State } from '../engine/codes';
import { type MountTable, mountTable } from '../engine/mount-table';
import { absolutePath, textOf } from '../node/path-text';
import { described, destOf, plain, quoted, subjectOf } from './describe';
import type { Outcome } from './errors';
import type { Seen } from './in-flight';
import type { Call } from './index';
import { whenReleased } from './released';

/**
 * `queued`: no worker has taken the op. `running`: a worker is carrying it out. `interrupting`: it was interrupted, and
 * has not left the kernel yet. `abandoned`: its caller is free, but the kernel still has the call.
 */
export type OpState = 'queued' | 'running' | 'interrupting' | 'abandoned';

export const stateNames: (OpState | undefined)[] = [];
for (const [name, value] of Object.entries(State)) stateNames[value] = name as OpState;

export const opStateOf = (seen: Seen): OpState => stateNames[seen.state] as OpState;

/** A PendingOp as plain data. The fields mean what they mean there. */
export interface PendingOpJSON {
  /** The id, unique in the environment. */
  id: number;
  /** The name of the function: 'readFile', 'stat' and so on. */
  fn: string;
  /** Bits of OpKind. */
  kind: number;
  /** The arguments. A value that JSON cannot hold is a word, for instance `[AbortSignal]`. */
  params: unknown[];
  /** The absolute path; '' if there is none. */
  pathname: string;
  /** The other path of a function that takes two. */
  dest?: string;
  /** The state of the op. */
  state: OpState;
  /** How the op ended; left out while it is in flight. */
  outcome?: Outcome;
  /** The system call that the op is in; '' if there is none. */
  call: string;
  /** The system's id of the worker's thread; 0 while queued. */
  threadId: number;
  /** ms in the queue. */
  queuedMs: number;
  /** ms since a worker took the op. */
  runningMs: number;
  /** The mount point; '' if unknown. */
  mount: string;
  /** The label of the scope; '' without one. */
  label: string;
  /** The id of the composite that the op is a part of; 0 if it is no part. */
  parent: number;
  /** The stack of the caller, with configure({ captureStacks: true }). */
  stack?: string;
}

let callOf: (op: PendingOp) => Call<unknown>;
let isOne: (value: object) => value is PendingOp;

/**
 * A call in flight, at the time when it was listed. listPending(), events and errors have such objects; a program
 * cannot construct one.
 */
export class PendingOp {
  /** The id, unique in the environment (the main thread, or a worker thread). */
  readonly id: number;
  /** The state of the op when it was listed. */
  readonly state: OpState;
  /**
   * The system call that the op is in, for instance 'openat' or 'pread64'; '' while it is queued, and for a composite.
   */
  readonly call: string;
  /** The system's id of the thread that is in the call; 0 while the op is queued. */
  readonly threadId: number;
  /** ms that the op waited for a worker. */
  readonly queuedMs: number;
  /** ms since a worker took the op. */
  readonly runningMs: number;
  /** The label of the scope that the op was called in; '' without one. */
  readonly label: string;
  /** The id of the composite that the op is a part of; 0 if it is no part. */
  readonly parent: number;
  /** The stack of the caller; only with configure({ captureStacks: true }). */
  readonly stack?: string;
  readonly #of: Call<unknown>;
  readonly #mounts: MountTable | undefined;

  static {
    callOf = (op) => op.#of;
    isOne = (value): value is PendingOp => #of in value;
  }

  /** @internal */
  constructor(of: Call<unknown>, state: OpState, seen: Partial<Seen> | undefined, mounts?: MountTable) {
    this.#of = of;
    this.id = of.id;
    this.state = state;
    this.call = seen?.systemCall ?? '';
    this.threadId = seen?.thread ?? 0;
    this.queuedMs = seen?.queuedMs ?? 0;
    this.runningMs = seen?.runningMs ?? 0;
    this.#mounts = mounts;
    this.label = of.scope?.label ?? '';
    this.parent = of.parent?.id ?? 0;
    if (of.stack !== undefined) this.stack = of.stack;
  }

  /** @internal For errors and events. `seen`: the state in which the op was last seen. */
  static of(call: Call<unknown>, state: OpState, seen?: Seen): PendingOp {
    return new PendingOp(call, state, call.driver ?? seen);
  }

  /** The mount point of the op's path when it was listed, found by the text of the path; '' if unknown. */
  get mount(): string {
    return (this.#mounts ?? mountTable()).of(wholePathOf(this.#of));
  }

  /** Bits of OpKind. */
  kind(): number {
    return this.#of.type.kind;
  }

  /** The function's name as the caller knows it: 'open', 'stat', 'readFile', 'read' and so on. */
  fn(): string {
    return this.#of.type.fn;
  }

  /** The arguments. A buffer is shown as its length in bytes. */
  params(): unknown[] {
    return this.#of.args.map(described);
  }

  /** The absolute path; for a call on a handle, the path of the handle; '' if there is none. */
  pathname(): string {
    return pathnameOf(this.#of);
  }

  /**
   * The other path of a function that takes two (rename, link, copyFile, cp), absolute. For symlink, the target of the
   * link. '' for other functions.
   */
  dest(): string {
    return destOf(this.#of);
  }

  /** How the op ended; undefined while it is in flight. Unlike the rest, this is always the current value. */
  get outcome(): Outcome | undefined {
    return this.#of.outcome;
  }

  /** Settles once the kernel has released the call; at once if it is over. Does not reject. */
  get released(): Promise<void> {
    return whenReleased(this.#of);
  }

  /** One line for a log: function, path, state, age in ms, system call, thread, mount, label. */
  toString(): string {
    const age = this.state === 'queued' ? this.queuedMs : this.runningMs;
    const parts = [`#${this.id} ${this.fn()}`, subjectOf(this.#of), this.state, `${age.toFixed(1)} ms`];
    if (this.call !== '') parts.push(this.call);
    if (this.threadId !== 0) parts.push(`thread ${this.threadId}`);
    if (this.mount !== '') parts.push(`on ${quoted(this.mount)}`);
    if (this.label !== '') parts.push(`[${quoted(this.label)}]`);
    return parts.filter((part) => part !== '').join(' ');
  }

  /** Returns all of it as plain data, for JSON.stringify(op). */
  toJSON(): PendingOpJSON {
    const { id, state, call, threadId, queuedMs, runningMs, mount, label, parent, stack, outcome } = this;
    const dest = this.dest();
    return {
      id,
      fn: this.fn(),
      kind: this.kind(),
      params: this.#of.args.map((arg) => plain(arg)),
      pathname: this.pathname(),
      ...(dest !== '' && { dest }),
      state,
      ...(outcome !== undefined && { outcome }),
      call,
      threadId,
      queuedMs,
      runningMs,
      mount,
      label,
      parent,
      ...(stack !== undefined && { stack }),
    };
  }

  /** Returns what console.log and util.inspect show. */
  [inspect.custom](): string {
    return `PendingOp <${this.toString()}>`;
  }
}

/** Returns the absolute path of a call, or of its handle: as bytes if it is no text. */
export function wholePathOf(call: Call<unknown>): string | Uint8Array {
  if (call.handlePath !== '') return call.handlePath;
  const [path = ''] = placesOf(call);
  return absolutePath(call.cwd, path);
}

export const pathnameOf = (call: Call<unknown>): string => textOf(wholePathOf(call));

/** The path in errors. For a file call the empty path is a path; a custom op may have none. */
export function pathText(call: Call<unknown>): string | undefined {
  return call.path === '' && call.type.code === Code.custom ? undefined : textOf(call.path);
}

/** The paths that a call works on. The target of a symbolic link is text, not a place; the link is the place. */
export function placesOf(call: Call<unknown>): readonly (string | Uint8Array)[] {
  if (call.dest === undefined) return [call.path];
  return call.type.code === Code.symlink ? [call.dest] : [call.path, call.dest];
}

/** @internal Whether it was made here, and does not only have the prototype. */
export const isPendingOp = (value: unknown): value is PendingOp =>
  typeof value === 'object' && value !== null && isOne(value);

/** @internal */
export const callBehind = (op: PendingOp): Call<unknown> => callOf(op);
