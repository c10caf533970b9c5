// Calls in flight, by slot: the number that native code knows a call by. An abandoned one keeps its slot until the
// kernel lets go.
import type { EngineCall } from './engine-call';

const calls: (EngineCall | undefined)[] = [];
const free: number[] = [];

/** A slot once taken is given back by a completion. */
export function takeSlot(call: EngineCall): number {
  const slot = free.pop() ?? calls.length;
  calls[slot] = call;
  call.slot = slot;
  return slot;
}

export function freeSlot(slot: number): void {
  calls[slot] = undefined;
  free.push(slot);
}

export const callAt = (slot: number): EngineCall | undefined => calls[slot];

export function eachSlot(each: (call: EngineCall) => void): void {
  for (const call of calls) if (call !== undefined) each(call);
}

export const anyInFlight = (): boolean => calls.length > free.length;
