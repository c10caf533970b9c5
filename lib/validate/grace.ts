import { argType, outOfRange } from '../node/errors';

export function validateGrace(grace: unknown, name: string): asserts grace is number {
  if (typeof grace !== 'number') throw argType(name, 'of type number', grace);
  if (!(grace >= 0 && grace <= 2 ** 31 - 1)) throw outOfRange(name, '>= 0 && <= 2147483647', grace);
}
