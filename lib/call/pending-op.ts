// One op as the table shows it.
import { inspect } from 'node:util';
import { Code, State } from '../engine/codes';
import { type MountTable, mountTable } from '../engine/mount-table';
import { absolute, textOf } from '../util/path-text';
import { described, destOf, plain, quoted, subjectOf } from './describe';
import type { Outcome } from './errors';
import type { Seen } from './in-flight';
import type { Call } from './index';
import { whenReleased } from './released';

/** `interrupting`: told to stop, the kernel has not answered yet. `abandoned`: its caller has left, the kernel not. */
export type OpState = 'queued' | 'running' | 'interrupting' | 'abandoned';

export const stateNames: (OpState | undefined)[] = [];
for (const [name, value] of Object.entries(State)) stateNames[value] = name as OpState;

export const opStateOf = (seen: Seen): OpState => stateNames[seen.state] as OpState;

/** A PendingOp as JSON has it. */
export interface PendingOpJSON {
  id: number;
  fn: string;
  kind: number;
  /** What JSON cannot have is told in words: `[AbortSignal]`. */
  params: unknown[];
  pathname: string;
  dest?: string;
  state: OpState;
  outcome?: Outcome;
  call: string;
  threadId: number;
  queuedMs: number;
  runningMs: number;
  mount: string;
  label: string;
  parent: number;
  stack?: string;
}

let callOf: (op: PendingOp) => Call<unknown>;
let isOne: (value: object) => value is PendingOp;

/** A call in flight, as it was when it was listed. */
export class PendingOp {
  /** Unique in its environment (the main thread, or a worker thread). */
  readonly id: number;
  readonly state: OpState;
  /** The system call it is in: 'openat', 'pread64' …; '' while queued, and for a composite. */
  readonly call: string;
  /** The system's id of the thread that is in the call; 0 while queued. */
  readonly threadId: number;
  /** ms spent waiting for a worker. */
  readonly queuedMs: number;
  /** ms since a worker took it. */
  readonly runningMs: number;
  /** The label of the scope that it was called in; '' where it has none. */
  readonly label: string;
  /** The id of the Top op that this one is a part of; 0. */
  readonly parent: number;
  /** Where it was called; only with configure({ captureStacks: true }). */
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

  /** @internal For errors and events: what was last seen of it. */
  static of(call: Call<unknown>, state: OpState, seen?: Seen): PendingOp {
    return new PendingOp(call, state, call.driver ?? seen);
  }

  /** The mount point that its path was on when it was listed, by its text alone; '' if unknown. */
  get mount(): string {
    return (this.#mounts ?? mountTable()).of(this.pathname());
  }

  /** Bits of OpKind. */
  kind(): number {
    return this.#of.type.kind;
  }

  /** The function's name as the caller knows it: 'open', 'stat', 'readFile', 'read'. */
  fn(): string {
    return this.#of.type.fn;
  }

  /** Every argument; buffers as their length in bytes. */
  params(): unknown[] {
    return this.#of.args.map(described);
  }

  /** Absolute; the handle's path for calls on a handle; '' where none applies. */
  pathname(): string {
    return pathnameOf(this.#of);
  }

  /** The other path of what has two (rename, link, copyFile, cp), absolute; the text that a symbolic link holds; ''. */
  dest(): string {
    return destOf(this.#of);
  }

  /** How it ended; undefined while it is in flight. */
  get outcome(): Outcome | undefined {
    return this.#of.outcome;
  }

  /** Settles once the kernel has let go of it, and at once where it is over. Does not reject. */
  get released(): Promise<void> {
    return whenReleased(this.#of);
  }

  /** One line fit for a log: what it is, what it is about, and where it stands. */
  toString(): string {
    const age = this.state === 'queued' ? this.queuedMs : this.runningMs;
    const parts = [`#${this.id} ${this.fn()}`, subjectOf(this.#of), this.state, `${age.toFixed(1)} ms`];
    if (this.call !== '') parts.push(this.call);
    if (this.threadId !== 0) parts.push(`thread ${this.threadId}`);
    if (this.mount !== '') parts.push(`on ${quoted(this.mount)}`);
    if (this.label !== '') parts.push(`[${quoted(this.label)}]`);
    return parts.filter((part) => part !== '').join(' ');
  }

  /** All of it as plain data: JSON.stringify(op). */
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

  [inspect.custom](): string {
    return `PendingOp <${this.toString()}>`;
  }
}

export function pathnameOf(call: Call<unknown>): string {
  if (call.handlePath !== '') return call.handlePath;
  const [path = ''] = placesOf(call);
  return absolute(call.cwd, textOf(path));
}

/** As errors have it. The empty path of a file call is one; a custom op may have none. */
export function pathText(call: Call<unknown>): string | undefined {
  return call.path === '' && call.type.code === Code.custom ? undefined : textOf(call.path);
}

/** The paths that a call works on. The target of a symbolic link is text, not a place; the link is what is being made. */
export function placesOf(call: Call<unknown>): readonly (string | Uint8Array)[] {
  if (call.dest === undefined) return [call.path];
  return call.type.code === Code.symlink ? [call.dest] : [call.path, call.dest];
}

/** @internal Whether it has a call behind it: made here, not merely by its prototype. */
export const isPendingOp = (value: unknown): value is PendingOp =>
  typeof value === 'object' && value !== null && isOne(value);

/** @internal */
export const callBehind = (op: PendingOp): Call<unknown> => callOf(op);
