// Errors of bad arguments that look like Node's: the same class, code, message, own properties and stack header.
import { inspect } from 'node:util';

/** With this shape `String(error)` reads `TypeError [CODE]: message`, while `error.name` stays `TypeError`. */
interface Coded extends Error {
  code: string;
}

/**
 * V8 writes the header of `stack` when it is first read, from the name at that moment. So the name carries the code for
 * that one read only. The order of own properties (stack, code, message) is Node's.
 */
function giveCode(error: Coded, code: string, message: string): void {
  error.code = code;
  const hidden = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(error, 'message', { ...hidden, value: message });
  Object.defineProperty(error, 'name', { ...hidden, value: `${error.name} [${code}]` });
  void error.stack;
  delete (error as Partial<Coded>).name;
}

type ErrorClass = new () => Error;

/**
 * Makes a class of Node's errors. As with Node's, `error.constructor` is the built-in class: assertion libraries and
 * loggers print its name.
 */
function coded<B extends ErrorClass>(base: B) {
  class CodedError extends (base as ErrorClass) implements Coded {
    declare code: string;
    constructor(code: string, message: string) {
      super();
      giveCode(this, code, message);
    }
    override toString(): string {
      return `${this.name} [${this.code}]: ${this.message}`;
    }
  }
  Object.defineProperty(CodedError.prototype, 'constructor', { configurable: true, get: () => base });
  return CodedError as new (
    code: string,
    message: string,
  ) => InstanceType<B> & Coded;
}

export const NodeTypeError = coded(TypeError);
export type NodeTypeError = InstanceType<typeof NodeTypeError>;
export const NodeRangeError = coded(RangeError);
export type NodeRangeError = InstanceType<typeof NodeRangeError>;
export const NodeError = coded(Error);
export type NodeError = InstanceType<typeof NodeError>;

/** Returns the "Received ..." part of a type error. */
export function describeReceived(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'bigint':
      return `type bigint (${value}n)`;
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    case 'boolean':
      return `type boolean (${value})`;
    case 'symbol':
      return `type symbol (${String(value)})`;
    case 'function':
      return `function ${value.name}`;
    case 'string': {
      const short = value.length > 28 ? `${value.slice(0, 25)}...` : value;
      return `type string (${short.includes("'") ? JSON.stringify(short) : `'${short}'`})`;
    }
    default:
      return value === null ? 'null' : describeObject(value as object);
  }
}

function describeObject(value: object): string {
  const made: unknown = value.constructor;
  if (made && (typeof made === 'function' || typeof made === 'object') && 'name' in made) {
    return `an instance of ${String(made.name)}`;
  }
  return inspect(value, { depth: -1 });
}

const kindOf = (name: string): string => (name.includes('.') ? 'property' : 'argument');

/** ERR_INVALID_ARG_TYPE. `expected` follows "must be", for instance `of type number`. */
export function argType(name: string, expected: string, value: unknown): NodeTypeError {
  const subject = name.endsWith(' argument') ? name : `"${name}" ${kindOf(name)}`;
  const message = `The ${subject} must be ${expected}. Received ${describeReceived(value)}`;
  return new NodeTypeError('ERR_INVALID_ARG_TYPE', message);
}

/** ERR_INVALID_ARG_VALUE. */
export function argValue(name: string, value: unknown, reason = 'is invalid'): NodeTypeError {
  const shown = inspect(value);
  const short = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown;
  return new NodeTypeError(
    'ERR_INVALID_ARG_VALUE',
    `The ${kindOf(name)} '${name}' ${reason}. Received ${short}`,
  );
}

const separated = (digits: string): string => digits.replace(/(?<=\d)(?=(\d{3})+$)/g, '_');

/** ERR_OUT_OF_RANGE. `range` follows "It must be", for instance `>= 0`. */
export function outOfRange(name: string, range: string, value: unknown): NodeRangeError {
  let received: string;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 32) {
    received = separated(String(value));
  } else if (typeof value === 'bigint') {
    const large = value > 2n ** 32n || value < -(2n ** 32n);
    received = `${large ? separated(String(value)) : value}n`;
  } else {
    received = inspect(value);
  }
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${received}`;
  return new NodeRangeError('ERR_OUT_OF_RANGE', message);
}

/** readFile() of a file larger than 2 GiB - 1. */
export function fileTooLarge(size: number | bigint): NodeRangeError {
  return new NodeRangeError('ERR_FS_FILE_TOO_LARGE', `File size (${size}) is greater than 2 GiB`);
}

export function methodNotImplemented(method: string): NodeError {
  return new NodeError('ERR_METHOD_NOT_IMPLEMENTED', `The ${method} method is not implemented`);
}

export function incompatibleOptions(one: string, other: string): NodeTypeError {
  const message = `Option "${one}" cannot be used in combination with option "${other}"`;
  return new NodeTypeError('ERR_INCOMPATIBLE_OPTION_PAIR', message);
}

/** Used by Node before 24. */
export function invalidSymlinkType(type: string): NodeError {
  const message = `Symlink type must be one of "dir", "file", or "junction". Received "${type}"`;
  return new NodeError('ERR_FS_INVALID_SYMLINK_TYPE', message);
}

/** The error that Node's own functions fail with when their signal is aborted. */
export function abortError(cause: unknown): Error & { code: string } {
  const error = Object.assign(new Error('The operation was aborted', { cause }), { code: 'ABORT_ERR' });
  error.name = 'AbortError';
  return error;
}

export function invalidState(what: string): NodeError {
  return new NodeError('ERR_INVALID_STATE', `Invalid state: ${what}`);
}

/**
 * A plain error of Node's native layer for a bad `mode`: the stack header has no code, and the own properties come in
 * the order stack, message, code.
 */
export function nativeError<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code });
}

/** The error that a call on a closed FileHandle rejects with. */
export function fileClosed(syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error('file closed'), { code: 'EBADF', syscall });
}
