// Which scope the running code is in: AsyncLocalStorage carries it along.
import { current, inside } from '../util/outside';
import type { Interruption } from './interruption';

/** What a call wants to know of the scope that it is called in. */
export interface CallScope {
  readonly label: string;
  readonly parent: CallScope | undefined;
  /** How it was ended, once it was. */
  readonly ending: Interruption | undefined;
  readonly isOver: boolean;
}

/** What comes after a scope is over, in its context, belongs to the one around it. */
const living = (scope: CallScope | undefined): CallScope | undefined =>
  scope?.isOver ? living(scope.parent) : scope;

/** The scope that a call made now belongs to. */
export const currentScope = (): CallScope | undefined => living(current() as CallScope | undefined);

export const inScope = <R>(scope: CallScope, run: () => R): R => inside(scope, run);

/** The functions, as bound() does each. */
export function boundAll<T extends object>(functions: T): T {
  if (currentScope() === undefined) return functions;
  const entries = Object.entries(functions).map(([name, run]) => [name, bound(run)]);
  return Object.fromEntries(entries) as T;
}

/**
 * The function, in the scope in which this is called; once that is over, in the one around it. Where there is none any
 * more the scope is the one that the function is called in, as it is where this is called in no scope.
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
