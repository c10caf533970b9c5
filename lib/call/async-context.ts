// Calls as resources of async_hooks. A call gets a resource only if hooks or listeners observe it.
import { AsyncResource } from 'node:async_hooks';

// Node sets this symbol on new promises only while there are hooks, those of an AsyncLocalStorage included.
const idSymbol = Object.getOwnPropertySymbols(new AsyncResource('PENDINGOP')).find(
  (symbol) => symbol.description === 'async_id_symbol',
);

/**
 * Returns whether hooks observe resources: they do if `promise`, which was made just now, has an async id.
 */
export const isHooked = (promise: Promise<unknown>): boolean =>
  idSymbol !== undefined && (promise as unknown as Record<symbol, unknown>)[idSymbol] !== undefined;

const MANUAL = { requireManualDestroy: true };

/**
 * Returns a resource of the type that Node's promise functions have. When the call is over, leaveContext()
 * destroys it.
 */
export const promiseContext = (): AsyncResource => new AsyncResource('FSREQPROMISE', MANUAL);
