// runInterruptible(): runs a function in a scope. Once the scope has ended, its promise settles whether the function
// does or not.
import { currentScope, inScope } from '../call/current-scope';
import { Interruption } from '../call/interruption';
import { outside } from '../util/outside';
import { clearTimeout, setImmediate, setTimeout } from '../util/timers';
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
 * Calls `fn` in a scope. Every op that starts in the scope, at any depth and in any package, belongs to the scope and
 * is interrupted when the scope ends. A scope ends by `signal`, by `timeout`, by `scope.interrupt()`, or with the scope
 * around it. An op that is started in the scope afterwards rejects at once, without a system call.
 *
 * If `fn` settles in time, the promise is that of `fn`, whatever became of the scope. Otherwise it rejects when the
 * grace after the end of the scope is over, with the scope's AbortError, TimeoutError or InterruptError, whatever `fn`
 * waits for. Handlers of `scope.onInterrupt()` have that time, too. `scope.ended` settles when everything is over,
 * clean-up included.
 *
 * If `fn` settles before the scope ends, the scope is over and cannot end any more: ops that are still in flight then
 * belong to the scope around it, if there is one. If the signal was aborted, or the scope around it has ended, before
 * the call, `fn` is not called.
 *
 * @param options - what ends the scope, its grace (ms) and its label
 * @param fn - gets the scope
 * @returns the promise of `fn`
 * @throws as rejections: what `fn` throws, and the error of the scope
 * @example
 * ```ts
 * import { runInterruptible } from 'pendingop';
 * import { readdir, readFile } from 'pendingop/fs/promises';
 * const texts = await runInterruptible({ timeout: 2000, label: 'scan' }, async () => {
 *   const names = await readdir('/mnt/nas');
 *   return Promise.all(names.map((name) => readFile(`/mnt/nas/${name}`, 'utf8')));
 * });
 * ```
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
  /** Settles the promise as `fn` has settled; undefined while `fn` runs. */
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
    // Ops of the scope are abandoned at this very moment. `fn` gets their errors first, since they say more than the
    // scope's error.
    else if (scope.isEnding) setImmediate(() => this.#giveUp());
    else setImmediate(() => this.#reject(scopeError(scope, scope.ending as Interruption, 'abandoned')));
  }
}
