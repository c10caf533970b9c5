// The composite that a call is a part of.
import type { Call } from './index';
import type { Parts } from './parts';

/** Returns the parts of the composite that the call belongs to; undefined: it belongs to none. */
export function familyOf(call: Call<unknown>): Parts | undefined {
  return call.parent === undefined ? undefined : call.parent.driver?.parts;
}
