// The async context that scopes are carried in, without a word of what a scope is.
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<unknown>();
/** Nothing is looked up, and no hook of Node's is on, before there is a scope. */
let used = false;

/** What was given to inside() around the running code. */
export const current = (): unknown => (used ? storage.getStore() : undefined);

export function inside<R>(store: unknown, run: () => R): R {
  used = true;
  return storage.run(store, run);
}

/** In no scope: for what is done on behalf of all calls, and for those who look on. */
export function outside<R>(run: () => R): R {
  return used ? storage.run(undefined, run) : run();
}
