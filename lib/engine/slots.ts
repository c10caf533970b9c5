// Calls in flight by slot, the number by which native code knows a call. An abandoned call keeps its slot until the
// kernel releases it.
import type { EngineCall } from './engine-call';

const calls: (EngineCall | undefined)[] = [];
const free: number[] = [];
const held = new Map<number, unknown>();

/** Assigns a slot to the call. The call's last completion frees the slot. */
export function takeSlot(call: EngineCall): number {
  const slot = free.pop() ?? calls.length;
  calls[slot] = call;
  call.slot = slot;
  return slot;
}

/** Keeps `value` alive until the slot is free. */
export function hold(slot: number, value: unknown): void {
  held.set(slot, value);
}

export function freeSlot(slot: number): void {
  calls[slot] = undefined;
  if (held.size > 0) held.delete(slot);
  free.push(slot);
}

export const callAt = (slot: number): EngineCall | undefined => calls[slot];

export function eachSlot(each: (call: EngineCall) => void): void {
  for (const call of calls) if (call !== undefined) each(call);
}

export const anyInFlight = (): boolean => calls.length > free.length;
