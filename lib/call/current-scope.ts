// The scope that the running code is in. AsyncLocalStorage carries the scope along.
import { current, inside } from '../util/outside';
import type { Interruption } from './interruption';

/** The properties of a scope that calls read. */
export interface CallScope {
  readonly label: string;
  readonly parent: CallScope | undefined;
  /** How the scope was ended; undefined before that. */
  readonly ending: Interruption | undefined;
  readonly isOver: boolean;
}

/**
 * If the scope is over, code that still runs in its context belongs to the nearest scope around it that is
 * not over.
 */
const living = (scope: CallScope | undefined): CallScope | undefined =>
  scope?.isOver ? living(scope.parent) : scope;

/** Returns the scope that a call made now belongs to. */
export const currentScope = (): CallScope | undefined => living(current() as CallScope | undefined);

export const inScope = <R>(scope: CallScope, run: () => R): R => inside(scope, run);

/** Returns the functions, each bound by bound(). */
export function boundAll<T extends object>(functions: T): T {
  if (currentScope() === undefined) return functions;
  const entries = Object.entries(functions).map(([name, run]) => [name, bound(run)]);
  return Object.fromEntries(entries) as T;
}

/**
 * Returns `run` bound to the scope that is current now. If that scope is over when `run` is called, `run`
 * runs in the nearest scope around it that is not over. If there is none, or if no scope is current now,
 * `run` runs in the scope of its caller.
 */
export function bound<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R {
  const scope = currentScope();
  if (scope === undefined) return run;
  return function (this: unknown, ...args) {
    const call = (): R => Reflect.apply(run, this, args);
    const home = living(scope);
    return home === undefined ? call() : inside(home, call);
  };
}
