// Scopes: what is called in one, at any depth and in any package, ends with it.
import { clearTimeout, setTimeout } from 'node:timers';
import type { Call } from '../call';
import { unwatchSignal, watchSignal } from '../call/abort-signals';
import { drivers } from '../call/driver';
import { eachCall } from '../call/in-flight';
import { Interruption, type Why } from '../call/interruption';
import type { PendingOp } from '../call/pending-op';
import { whenReleased } from '../call/released';
import { settings } from '../engine/settings';
import {
  type InterruptOptions,
  type InterruptReport,
  interruptAll,
  listCalls,
  parseInterruptOptions,
} from '../table';
import { LONGEST_TIMER } from '../util/clock';
import { noop } from '../util/noop';
import { outside } from '../util/outside';
import { limitOf, validateFunction } from '../validate/values';
import { scopeError } from './error';
import { HandlerStack, type InterruptHandler } from './handlers';

/** What ends a scope, and how. */
export interface ScopeOptions {
  /**
   * Ends the scope when it is aborted.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms after which the scope ends. 0 and Infinity: none.
   * @default none
   */
  timeout?: number | undefined;
  /**
   * ms that the ops and handlers of the scope have when it ends by its signal or its timeout.
   * @default the `grace` of configure(), 100
   */
  grace?: number | undefined;
  /**
   * What listPending() shows with the ops of the scope.
   * @default that of the scope around it, or ''
   */
  label?: string | undefined;
}

/**
 * What runInterruptible() passes to its function. A scope ends once: by its signal, its timeout, interrupt(), or with
 * the scope around it.
 */
export class Scope {
  /** What listPending() shows with its ops; that of the scope around it if it has none of its own. */
  readonly label: string;
  /** @internal The scope around it. */
  parent: Scope | undefined;
  /** @internal How it ended: what is called in it from then on is refused. */
  ending: Interruption | undefined = undefined;
  /** @internal Its function has settled, and it has not ended before: it will not end any more. */
  isOver = false;
  readonly #options: ScopeOptions;
  readonly #children = new Set<Scope>();
  /** Those inside it whose function or handlers run still. */
  readonly #busy = new Set<Scope>();
  #bodyRuns = false;
  #bodyOver: () => void = noop;
  #over: Promise<void> | undefined;
  readonly #handlers = new HandlerStack();
  readonly #onEnd: (grace: number) => void;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(options: ScopeOptions, parent: Scope | undefined, onEnd: (grace: number) => void) {
    this.label = options.label ?? parent?.label ?? '';
    this.parent = parent;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Aborted when the scope ends: for what takes a signal and is no op of this package. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.ending !== undefined) this.#controller.abort(this.#abortReason(this.ending));
    }
    return this.#controller.signal;
  }

  /**
   * Settles when nothing of the scope is left: its function has settled, clean-up of its own included, its handlers are
   * done, however long they take, and its ops are over, those that were abandoned too. Does not reject. Not to be
   * awaited inside the function.
   *
   * @example
   * ```ts
   * import { runInterruptible, type Scope } from 'pendingop';
   * import { readFile, rm } from 'pendingop/fs/promises';
   * let scope: Scope | undefined;
   * await runInterruptible({ timeout: 500 }, (own) => {
   *   scope = own;
   *   return readFile('/mnt/nas/job/input');
   * }).catch(console.error);
   * await scope?.ended; // no call of the scope is in the kernel any more: the folder can be removed
   * await rm('/mnt/nas/job', { recursive: true });
   * ```
   */
  get ended(): Promise<void> {
    this.#over ??= outside(() => this.#awaitEnd());
    return this.#over;
  }

  /** ms that it has when it ends by itself. */
  get #grace(): number {
    return this.#options.grace ?? settings.grace;
  }

  async #awaitEnd(): Promise<void> {
    if (this.#bodyRuns) {
      await new Promise<void>((resolve) => {
        this.#bodyOver = resolve;
      });
    }
    for (;;) {
      await this.#handlers.done();
      for (const inner of this.#busy) await inner.ended;
      const calls = this.#callsThatAreLeft();
      if (calls.length === 0 && this.#busy.size === 0) return;
      await Promise.all(calls.map(whenReleased));
    }
  }

  /** Abandoned ones too. */
  #callsThatAreLeft(): Call<unknown>[] {
    const calls: Call<unknown>[] = [];
    const add = (call: Call<unknown>): void => {
      if (call.state !== 'over' && this.has(call)) calls.push(call);
    };
    eachCall(add);
    for (const { call } of drivers) add(call);
    return calls;
  }

  /**
   * Registers what else is to be done when the scope ends. Handlers run in the reverse order of registration, after
   * the ops of the scope were asked to end. A handler runs once, outside of any scope: its own calls are not refused.
   * If it returns a promise, the next handler waits for that, at most for the grace. What it throws is a process
   * warning. Registered after the end, a handler runs at once; when the scope's function settles first, no handler
   * runs.
   *
   * @param handler - gets the reason of the end
   * @returns a function that takes the handler away
   */
  onInterrupt(handler: InterruptHandler): () => void {
    validateFunction(handler, 'handler');
    if (this.isOver) return noop;
    return this.#handlers.add(handler);
  }

  /** Lists the tracked ops in flight of this scope and of those inside it, in the order in which they began. */
  listPending(): PendingOp[] {
    return this.isOver ? [] : listCalls(this.#isMine, true);
  }

  /**
   * Ends the scope: interrupts its ops, tracked or not, runs its handlers, and has later calls in it rejected with an
   * InterruptError. Does nothing when the scope has ended or its function has settled.
   *
   * @param options - the grace (ms), and the `cause` of the errors
   * @returns one report for each op
   */
  async interrupt(options?: InterruptOptions): Promise<InterruptReport[]> {
    const parsed = parseInterruptOptions(options);
    if (this.isOver) return [];
    const { reason } = parsed;
    const grace = options?.grace ?? this.#grace;
    const ops = listCalls(this.#isMine, false);
    this.#end(new Interruption('interrupt', reason), grace);
    return interruptAll(ops, { grace, reason });
  }

  /** @internal Its signal. */
  stop(why: Why, reason: unknown): void {
    this.#end(new Interruption(why, reason), this.#grace);
  }

  /** @internal */
  has(call: Call<unknown>): boolean {
    for (let scope = call.scope; scope !== undefined; scope = scope.parent) if (scope === this) return true;
    return false;
  }

  readonly #isMine = (call: Call<unknown>): boolean => this.has(call);

  /** @internal */
  begin(): void {
    if (this.parent !== undefined) {
      this.parent.#children.add(this);
      this.parent.#busy.add(this);
    }
    this.#bodyRuns = true;
    const { signal, timeout } = this.#options;
    if (signal !== undefined) watchSignal(signal, this);
    if (timeout !== undefined) outside(() => this.#arm(limitOf(timeout)));
  }

  /** Keeps the loop alive: whoever waits for the scope waits for its timeout. */
  #arm(ms: number): void {
    if (ms === Infinity) return;
    const { timeout } = this.#options;
    const fire = (): void => {
      if (ms > LONGEST_TIMER) this.#arm(ms - LONGEST_TIMER);
      else this.#end(new Interruption('timeout', undefined, timeout), this.#grace);
    };
    this.#timer = setTimeout(fire, Math.min(ms, LONGEST_TIMER));
  }

  #disarm(): void {
    const { signal } = this.#options;
    if (signal !== undefined) unwatchSignal(signal, this);
    clearTimeout(this.#timer);
    if (this.parent !== undefined) this.parent.#children.delete(this);
  }

  #end(ending: Interruption, grace: number): void {
    if (this.ending !== undefined || this.isOver) return;
    const scopes = this.#close(ending);
    const { why, reason, timeout } = ending;
    outside(() => {
      for (const call of this.#callsInFlight()) void call.interrupt(why, reason, grace, timeout);
      for (const scope of scopes) {
        scope.#controller?.abort(scope.#abortReason(ending));
        // One inside it may leave less time to its own.
        scope.#onEnd(Math.min(grace, scope.#options.grace ?? grace));
      }
    });
  }

  /** It and all inside it refuse calls from now on; the innermost and latest first. */
  #close(ending: Interruption): Scope[] {
    const inner = [...this.#children].reverse().flatMap((scope) => scope.#close(ending));
    this.ending = ending;
    this.#disarm();
    return [...inner, this];
  }

  /**
   * @internal Whether a worker's op that was interrupted has not settled yet. Those without a worker (commands, tasks)
   * may have a ladder of their own, which takes longer than the grace.
   */
  get isEnding(): boolean {
    let isEnding = false;
    eachCall((call) => {
      if (call.state === 'pending' && call.interruption !== undefined && this.has(call)) isEnding = true;
    });
    return isEnding;
  }

  #callsInFlight(): Call<unknown>[] {
    const calls: Call<unknown>[] = [];
    const add = (call: Call<unknown>): void => {
      // Parts end with their whole.
      if (call.parent === undefined && call.state === 'pending' && this.has(call)) calls.push(call);
    };
    eachCall(add);
    for (const { call } of drivers) add(call);
    return calls;
  }

  #abortReason(ending: Interruption): unknown {
    return ending.why === 'abort' ? ending.reason : scopeError(this, ending, 'abandoned');
  }

  /** @internal Its function has settled. */
  finish(): void {
    if (this.ending !== undefined) return;
    this.isOver = true;
    this.#disarm();
    // Those that nobody has waited for.
    for (const scope of this.#children) {
      scope.parent = this.parent;
      if (this.parent !== undefined) this.parent.#children.add(scope);
    }
  }

  /** @internal Its function has settled; `handlers`: so have its handlers. */
  settled(): void {
    this.#bodyRuns = false;
    this.#bodyOver();
    const { parent } = this;
    if (parent !== undefined) void this.#handlers.done().then(() => parent.#busy.delete(this));
  }

  /** @internal */
  runHandlers(grace: number): Promise<void> {
    return this.#handlers.run(grace, this.ending?.reason);
  }
}
