// runInterruptible(): runs a function in a scope, and lets go of it once the scope has ended.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { currentScope, inScope } from '../call/current-scope';
import { Interruption } from '../call/interruption';
import { outside } from '../util/outside';
import { validateGrace } from '../validate/grace';
import {
  validateFunction,
  validateNames,
  validateSignal,
  validateString,
  validateTimeout,
} from '../validate/values';
import { scopeError } from './error';
import { Scope, type ScopeOptions } from './scope';

const KNOWN = new Set(['signal', 'timeout', 'grace', 'label']);

function validate(options: unknown): asserts options is ScopeOptions {
  validateNames(options, KNOWN);
  const { signal, timeout, grace, label } = options as ScopeOptions;
  validateSignal(signal, 'options.signal');
  validateTimeout(timeout, 'options.timeout');
  if (grace !== undefined) validateGrace(grace, 'options.grace');
  if (label !== undefined) validateString(label, 'options.label');
}

/**
 * Calls `fn` in a scope of its own. Every op that starts in it, at any depth and in any package, belongs to the scope,
 * and is interrupted when the scope ends: by `signal`, by `timeout` (ms), by `scope.interrupt()`, or with the scope
 * around it. What is called in the scope after that rejects at once, without a system call.
 *
 * The promise is that of `fn`, whatever became of the scope, as long as it settles in time. It does not wait for more
 * than the grace (`grace` ms; default: 100, see configure()) after the end: then it rejects with the scope's AbortError, TimeoutError or
 * InterruptError, whatever `fn` waits for. Handlers of `scope.onInterrupt()` have that time, too. `scope.ended` settles when all of it is over, its clean-up included. A scope that has ended
 * before it began does not call `fn`.
 *
 * When `fn` settles first, the scope is over, and cannot end any more: what is still in flight belongs to the scope
 * around it, if there is one.
 */
export function runInterruptible<T>(
  options: ScopeOptions,
  fn: (scope: Scope) => T | PromiseLike<T>,
): Promise<T> {
  try {
    validate(options);
    validateFunction(fn, 'fn');
    const { signal } = options;
    const parent = currentScope() as Scope | undefined;
    const run = new Run<T>(options, parent);
    const ended =
      parent?.ending?.again() ?? (signal?.aborted ? new Interruption('abort', signal.reason) : undefined);
    if (ended !== undefined) throw scopeError(run.scope, ended, 'cancelled');
    return run.start(fn);
  } catch (error) {
    return Promise.reject(error);
  }
}

class Run<T> {
  readonly scope: Scope;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  /** Hands over what became of `fn`. */
  #outcome: (() => void) | undefined;
  #waitsForHandlers = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(options: ScopeOptions, parent: Scope | undefined) {
    this.scope = new Scope(options, parent, (grace) => this.#end(grace));
  }

  start(fn: (scope: Scope) => T | PromiseLike<T>): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.scope.begin();
    const body = inScope(this.scope, async () => fn(this.scope));
    body.then(
      (value) => this.#settled(() => this.#resolve(value)),
      (error) => this.#settled(() => this.#reject(error)),
    );
    return promise;
  }

  #settled(outcome: () => void): void {
    this.scope.finish();
    this.scope.settled();
    this.#outcome = outcome;
    this.#check();
  }

  #check(): void {
    if (this.#outcome === undefined || this.#waitsForHandlers) return;
    clearTimeout(this.#grace);
    this.#outcome();
  }

  #end(grace: number): void {
    this.#grace = outside(() => setTimeout(() => this.#giveUp(), grace));
    this.#waitsForHandlers = true;
    void this.scope.runHandlers(grace).then(() => {
      this.#waitsForHandlers = false;
      this.#check();
    });
  }

  #giveUp(): void {
    const { scope } = this;
    if (this.#outcome !== undefined) this.#outcome();
    // Ops are abandoned at this very moment: `fn` is to hear of that first, since their errors say more.
    else if (scope.isEnding) setImmediate(() => this.#giveUp());
    else setImmediate(() => this.#reject(scopeError(scope, scope.ending as Interruption, 'abandoned')));
  }
}
