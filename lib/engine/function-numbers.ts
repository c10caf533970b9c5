// The numbers by which native code knows the functions that callers call. Native code shows the names to observers in
// other processes.
import { native } from './addon';

const numbers = new Map<string, number>();

/**
 * Returns the number of the function in the bits of the record that binding/napi/records.h gives it; 0: the function
 * has the name of its code.
 */
export function functionBits({ fn, code }: { readonly fn: string; readonly code: number }): number {
  if (fn === native.codes[code]) return 0;
  let number = numbers.get(fn);
  if (number === undefined) {
    number = native.functionNumber(fn);
    numbers.set(fn, number);
  }
  return number << 8;
}
