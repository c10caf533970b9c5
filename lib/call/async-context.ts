// Calls as async_hooks has them: a resource for each, where somebody looks.
import { AsyncResource } from 'node:async_hooks';

// Node gives promises ids while there are hooks, those of an AsyncLocalStorage included, and at no other time.
const idSymbol = Object.getOwnPropertySymbols(new AsyncResource('PENDINGOP')).find(
  (symbol) => symbol.description === 'async_id_symbol',
);

/** Whether anybody hears of a resource made now, going by a promise made now. */
export const isHooked = (promise: Promise<unknown>): boolean =>
  idSymbol !== undefined && (promise as unknown as Record<symbol, unknown>)[idSymbol] !== undefined;

const MANUAL = { requireManualDestroy: true };

/** What Node's own promise functions show. To be destroyed when the call is over. */
export const promiseContext = (): AsyncResource => new AsyncResource('FSREQPROMISE', MANUAL);
