// Which scope the running code is in: AsyncLocalStorage carries it along.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scope } from './scope';

const storage = new AsyncLocalStorage<Scope | undefined>();
/** Nothing is looked up, and no hook of Node's is on, before there is a scope. */
let used = false;

/** What comes after a scope is over, in its context, belongs to the one around it. */
const living = (scope: Scope | undefined): Scope | undefined =>
  scope?.isOver ? living(scope.parent) : scope;

/** The scope that a call made now belongs to. */
export const currentScope = (): Scope | undefined => (used ? living(storage.getStore()) : undefined);

export function inScope<R>(scope: Scope, run: () => R): R {
  used = true;
  return storage.run(scope, run);
}

/** In no scope: for what is done on behalf of all calls, and for those who look on. */
export function outside<R>(run: () => R): R {
  return used ? storage.run(undefined, run) : run();
}

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
    return home === undefined ? call() : storage.run(home, call);
  };
}
