// Scopes. Every call made in a scope, at any depth and in any package, ends with the scope.
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
import { clearTimeout, setTimeout } from '../util/timers';
import { limitOf, validateFunction } from '../validate/values';
import { scopeError } from './error';
import { HandlerStack, type InterruptHandler } from './handlers';

/** Options of runInterruptible(): what ends a scope, and how. */
export interface ScopeOptions {
  /**
   * Ends the scope when it is aborted.
   * @default none
   */
  signal?: AbortSignal | undefined;
  /**
   * ms after which the scope ends. 0 and `Infinity`: no timeout.
   * @default none
   */
  timeout?: number | undefined;
  /**
   * ms that the ops and handlers of the scope have to end if the scope ends by its signal or its timeout.
   * @default the `grace` of configure(), 100
   */
  grace?: number | undefined;
  /**
   * What listPending() shows with the ops of the scope.
   * @default the label of the scope around it, or ''
   */
  label?: string | undefined;
}

/**
 * What runInterruptible() passes to its function. A scope ends once: by its signal, by its timeout, by interrupt(), or
 * with the scope around it.
 */
export class Scope {
  /** What listPending() shows with the ops of the scope. By default the label of the scope around it. */
  readonly label: string;
  /** @internal The scope around this one. */
  parent: Scope | undefined;
  /** @internal How the scope ended; undefined before that. Calls made in the scope afterwards are refused. */
  ending: Interruption | undefined = undefined;
  /** @internal Whether the scope's function has settled before the scope ended. Such a scope cannot end any more. */
  isOver = false;
  readonly #options: ScopeOptions;
  readonly #children = new Set<Scope>();
  /** Scopes inside this one whose function or handlers still run. */
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

  /** Aborted when the scope ends. Pass it to anything that takes a signal and is no op of this package. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.ending !== undefined) this.#controller.abort(this.#abortReason(this.ending));
    }
    return this.#controller.signal;
  }

  /**
   * Settles when nothing of the scope is left: its function has settled, its handlers have settled, however long they
   * take, and its ops are over, abandoned ones included. Does not reject. Do not await it inside the function: it would
   * wait for itself.
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

  /** The grace in ms if the scope ends by its signal or its timeout. */
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

  /** Returns the calls of the scope that are not over, abandoned ones included. */
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
   * Registers a handler that runs when the scope ends, after the ops of the scope were interrupted. Handlers run in the
   * reverse order of registration. A handler runs once and outside of any scope, so its own calls are not refused. If
   * it returns a promise, the next handler waits for that promise, at most for the grace. If it throws, that is a
   * process warning. A handler that is registered after the end runs at once. If the scope's function settles before
   * the scope ends, no handler runs.
   *
   * @param handler - gets the reason of the end
   * @returns a function that removes the handler
   */
  onInterrupt(handler: InterruptHandler): () => void {
    validateFunction(handler, 'handler');
    if (this.isOver) return noop;
    return this.#handlers.add(handler);
  }

  /**
   * Lists the ops in flight of this scope and of scopes inside it that began while tracking was on, in the order in
   * which they began.
   */
  listPending(): PendingOp[] {
    return this.isOver ? [] : listCalls(this.#isMine, true);
  }

  /**
   * Ends the scope: interrupts its ops, tracked or not, runs its handlers, and rejects later calls in it with an
   * InterruptError. Does nothing if the scope has ended or its function has settled.
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

  /** @internal The scope's signal was aborted. */
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

  /** The timer keeps the loop alive: whoever waits for the scope waits for its timeout. */
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
        // A scope inside this one may have a shorter grace of its own.
        scope.#onEnd(Math.min(grace, scope.#options.grace ?? grace));
      }
    });
  }

  /** Has this scope and all scopes inside it refuse calls from now on. Returns them, the innermost and latest first. */
  #close(ending: Interruption): Scope[] {
    const inner = [...this.#children].reverse().flatMap((scope) => scope.#close(ending));
    this.ending = ending;
    this.#disarm();
    return [...inner, this];
  }

  /**
   * @internal Whether an op on a worker was interrupted and has not settled yet. Ops without a worker (commands, tasks)
   * do not count: their ways to end may take longer than the grace.
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
      // Interrupting a composite interrupts its parts.
      if (call.parent === undefined && call.state === 'pending' && this.has(call)) calls.push(call);
    };
    eachCall(add);
    for (const { call } of drivers) add(call);
    return calls;
  }

  #abortReason(ending: Interruption): unknown {
    return ending.why === 'abort' ? ending.reason : scopeError(this, ending, 'abandoned');
  }

  /** @internal The scope's function has settled. */
  finish(): void {
    if (this.ending !== undefined) return;
    this.isOver = true;
    this.#disarm();
    // Scopes whose promise the function has not awaited.
    for (const scope of this.#children) {
      scope.parent = this.parent;
      if (this.parent !== undefined) this.parent.#children.add(scope);
    }
  }

  /** @internal The scope's function has settled. The scope around it is told when the handlers have settled, too. */
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
