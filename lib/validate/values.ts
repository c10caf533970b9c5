// Checks of single values, with Node's codes and messages.
import { argType, argValue, outOfRange } from '../node/errors';
import { limitsPositions } from '../node/version';

const LAST = 2n ** 63n - 1n;

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw argType(name, 'of type string', value);
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw argType(name, 'of type boolean', value);
}

export function validateFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw argType(name, 'of type function', value);
}

/** Requires an object that is neither null nor an array. */
export function validateObject(value: unknown, name: string): asserts value is object {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw argType(name, 'of type object', value);
  }
}

/** Requires an object without unknown properties. `kind`: what the message calls a property. */
export function validateNames(
  value: unknown,
  known: ReadonlySet<string>,
  name = 'options',
  kind = 'option',
): asserts value is object {
  validateObject(value, name);
  const unknown = Object.keys(value).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw argValue(name, value, `has no ${kind} called '${unknown}' (known: ${[...known].join(', ')})`);
}

/** Requires null, or an object that is no array. */
export function validateNullableObject(value: unknown, name: string): asserts value is object | null {
  if (value !== null) validateObject(value, name);
}

export function validateInteger(
  value: unknown,
  name: string,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== 'number') throw argType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

export function validateInt32(
  value: unknown,
  name: string,
  min = -(2 ** 31),
  max = 2 ** 31 - 1,
): asserts value is number {
  validateInteger(value, name, min, max);
}

export function validateUint32(value: unknown, name: string, positive = false): asserts value is number {
  validateInteger(value, name, positive ? 1 : 0, 2 ** 32 - 1);
}

export function validateBuffer(value: unknown, name = 'buffer'): asserts value is NodeJS.ArrayBufferView {
  if (!ArrayBuffer.isView(value)) {
    throw argType(name, 'an instance of Buffer, TypedArray, or DataView', value);
  }
}

export function validateBufferArray(
  value: unknown,
  name = 'buffers',
): asserts value is readonly NodeJS.ArrayBufferView[] {
  if (!Array.isArray(value) || !value.every((entry) => ArrayBuffer.isView(entry))) {
    throw argType(name, 'an ArrayBufferView[]', value);
  }
}

/** Requires a string. The message also names the views, which were ruled out before. */
export function validateStringData(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') {
    throw argType(name, 'of type string or an instance of Buffer, TypedArray, or DataView', value);
  }
}

/** A hex string must hold whole bytes. */
export function validateEncoding(data: string, encoding: unknown): void {
  if (data.length % 2 !== 0 && typeof encoding === 'string' && encoding.toLowerCase() === 'hex') {
    throw argValue('encoding', encoding, `is invalid for data of length ${data.length}`);
  }
}

export function validateSignal(
  value: unknown,
  name = 'options.signal',
): asserts value is AbortSignal | undefined {
  if (value === undefined) return;
  if (value === null || typeof value !== 'object' || !('aborted' in value)) {
    throw argType(name, 'an instance of AbortSignal', value);
  }
}

/** Requires milliseconds. 0 and Infinity mean "none", as everywhere in Node. */
export function validateTimeout(
  value: unknown,
  name = 'options.timeout',
): asserts value is number | undefined {
  if (value === undefined) return;
  if (typeof value !== 'number') throw argType(name, 'of type number', value);
  if (!(value >= 0)) throw outOfRange(name, '>= 0', value);
}

/** Returns the ms that a timeout allows; Infinity: none. */
export const limitOf = (timeout: number): number => (timeout === 0 ? Infinity : timeout);

export function validateOffsetLengthRead(offset: number, length: number, size: number): void {
  if (offset < 0) throw outOfRange('offset', '>= 0', offset);
  if (length < 0) throw outOfRange('length', '>= 0', length);
  if (offset + length > size) throw outOfRange('length', `<= ${size - offset}`, length);
}

export function validateOffsetLengthWrite(offset: number, length: number, size: number): void {
  if (offset > size) throw outOfRange('offset', `<= ${size}`, offset);
  if (length > size - offset) throw outOfRange('length', `<= ${size - offset}`, length);
  if (length < 0) throw outOfRange('length', '>= 0', length);
  validateInt32(length, 'length', 0);
}

/** -1: the current position. `length`: the bytes to be read from the position on. */
export function validatePosition(
  value: unknown,
  name: string,
  length: number,
): asserts value is number | bigint {
  if (typeof value === 'number') {
    validateInteger(value, name, -1);
  } else if (typeof value === 'bigint') {
    const [min, max] = limitsPositions ? [-1n, LAST - BigInt(length)] : [-LAST - 1n, LAST];
    if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  } else {
    throw argType(name, 'of type bigint or integer', value);
  }
}
