// The numbers by which native code knows the functions that callers call: it names them to who looks on from outside.
import { native } from './addon';

const numbers = new Map<string, number>();

/** Where the record of a call has it: binding/napi/records.h. None for what is called as its code is. */
export function functionBits({ fn, code }: { readonly fn: string; readonly code: number }): number {
  if (fn === native.codes[code]) return 0;
  let number = numbers.get(fn);
  if (number === undefined) {
    number = native.functionNumber(fn);
    numbers.set(fn, number);
  }
  return number << 8;
}
