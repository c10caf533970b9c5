// A pause that a signal can end.
import { once } from './once';

const timers = once(() => require('node:timers/promises') as typeof import('node:timers/promises'));

/** setTimeout() of node:timers/promises. The module is loaded at the first pause, since few programs make one. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return timers().setTimeout(ms, undefined, { signal });
}
