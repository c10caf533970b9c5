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

export interface Domain {
  enter(): void;
}

/** Set by node:domain, once that is loaded. */
const holder = process as { domain?: Domain | null | undefined };

/** Runs `run` in no domain of node:domain: an error of one caller's callback is not for another caller's domain. */
export function outsideDomain<R>(run: () => R): R {
  const { domain } = holder;
  if (domain === undefined || domain === null) return run();
  holder.domain = undefined;
  try {
    return run();
  } finally {
    holder.domain = domain;
  }
}

/** Runs `run` outside of any scope and domain. Used for what is done on behalf of all calls, and for observers. */
export function outside<R>(run: () => R): R {
  return outsideDomain(used ? () => storage.run(undefined, run) : run);
}
