// The async context that carries scopes. This module does not know what a scope is.
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<unknown>();
/** Before the first scope no store is looked up, and Node enables no hooks for it. */
let used = false;

/** Returns the store of the innermost inside() around the running code. */
export const current = (): unknown => (used ? storage.getStore() : undefined);

export function inside<R>(store: unknown, run: () => R): R {
  used = true;
  return storage.run(store, run);
}

/** Runs `run` outside of any scope. Used for what is done on behalf of all calls, and for observers. */
export function outside<R>(run: () => R): R {
  return used ? storage.run(undefined, run) : run();
}
