// Arguments of file system functions: flags, modes, times, encodings and option objects, checked as Node checks them.
import { constants } from 'node:fs';
import { types } from 'node:util';
import { argType, argValue, incompatibleOptions, invalidSymlinkType, nativeError } from '../node/errors';
import { forceFirst, symlinkTypeFirst } from '../node/version';
import type { CallOptions, Encoding } from './call-options';
import {
  validateBoolean,
  validateFunction,
  validateInt32,
  validateInteger,
  validateObject,
  validateSignal,
  validateUint32,
} from './values';

const { isDate } = types;

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;
const WRITE = O_TRUNC | O_CREAT;
const APPEND = O_APPEND | O_CREAT;
const FLAGS = new Map<unknown, number>([
  ['r', O_RDONLY],
  ['rs', O_RDONLY | O_SYNC],
  ['sr', O_RDONLY | O_SYNC],
  ['r+', O_RDWR],
  ['rs+', O_RDWR | O_SYNC],
  ['sr+', O_RDWR | O_SYNC],
  ['w', WRITE | O_WRONLY],
  ['wx', WRITE | O_WRONLY | O_EXCL],
  ['xw', WRITE | O_WRONLY | O_EXCL],
  ['w+', WRITE | O_RDWR],
  ['wx+', WRITE | O_RDWR | O_EXCL],
  ['xw+', WRITE | O_RDWR | O_EXCL],
  ['a', APPEND | O_WRONLY],
  ['ax', APPEND | O_WRONLY | O_EXCL],
  ['xa', APPEND | O_WRONLY | O_EXCL],
  ['as', APPEND | O_WRONLY | O_SYNC],
  ['sa', APPEND | O_WRONLY | O_SYNC],
  ['a+', APPEND | O_RDWR],
  ['ax+', APPEND | O_RDWR | O_EXCL],
  ['xa+', APPEND | O_RDWR | O_EXCL],
  ['as+', APPEND | O_RDWR | O_SYNC],
  ['sa+', APPEND | O_RDWR | O_SYNC],
]);

export function parseFlags(flags: unknown, name = 'flags'): number {
  if (typeof flags === 'number') {
    validateInt32(flags, name);
    return flags;
  }
  if (flags === 'r' || flags === undefined || flags === null) return O_RDONLY;
  const known = FLAGS.get(flags);
  if (known === undefined) throw argValue('flags', flags);
  return known;
}

/** A file mode: a number or an octal string. */
export function parseFileMode(value: unknown, name: string, otherwise?: number): number {
  let mode = value ?? otherwise;
  if (typeof mode === 'string') {
    if (!/^[0-7]+$/.test(mode)) {
      throw argValue(name, mode, 'must be a 32-bit unsigned integer or an octal string');
    }
    mode = Number.parseInt(mode, 8);
  }
  validateUint32(mode, name);
  return mode;
}

/** The mode of access() and copyFile(): bits 0 to 7. Node checks it in its native layer, with errors of that layer. */
export function parseNativeMode(mode: unknown): number {
  if (mode === undefined || mode === null) return 0;
  if (typeof mode !== 'number') {
    throw nativeError(new TypeError('mode must be int32 or null/undefined'), 'ERR_INVALID_ARG_TYPE');
  }
  const whole = Math.trunc(mode);
  if (Number.isNaN(mode) || !Number.isFinite(mode)) {
    throw nativeError(new RangeError('mode is out of range'), 'ERR_OUT_OF_RANGE');
  }
  if (whole < 0 || whole > 7) {
    throw nativeError(new RangeError('mode is out of range: >= 0 && <= 7'), 'ERR_OUT_OF_RANGE');
  }
  return whole;
}

/** Returns seconds since 1970. Takes a Date, a number or a numeric string; a negative number means now. */
export function toUnixTimestamp(time: unknown, name = 'time'): number {
  if (typeof time === 'number' && Number.isFinite(time)) return time < 0 ? Date.now() / 1000 : time;
  if (typeof time === 'string' && isNumeric(time)) return +time;
  if (isDate(time)) return time.getTime() / 1000;
  throw argType(name, 'an instance of Date or an Time in seconds', time);
}

/** Node compares `+time == time`, which holds for every string that does not convert to NaN. */
const isNumeric = (text: string): boolean => !Number.isNaN(+text);

const SYMLINK_TYPES = new Set<unknown>(['dir', 'file', 'junction', null, undefined]);

/**
 * Only Windows uses the type. Node 24 and later refuse every other value; earlier versions refuse other strings only.
 */
export function validateSymlinkType(type: unknown): void {
  if (SYMLINK_TYPES.has(type)) return;
  if (symlinkTypeFirst) {
    throw argValue('type', type, "must be one of: 'dir', 'file', 'junction', null, undefined");
  }
  if (typeof type === 'string') throw invalidSymlinkType(type);
}

/** The options that any function here may take. */
export interface FileOptions extends CallOptions {
  encoding?: Encoding;
  flag?: unknown;
  mode?: unknown;
  flush?: unknown;
  recursive?: unknown;
  withFileTypes?: unknown;
  bufferSize?: unknown;
  bigint?: unknown;
}

const NO_OPTIONS: FileOptions = Object.freeze({});

/** Parses an `options` argument that may also be a string, the encoding. */
export function parseOptions(options: unknown): FileOptions {
  if (options === undefined || options === null || typeof options === 'function') return NO_OPTIONS;
  if (typeof options !== 'string' && typeof options !== 'object') {
    throw argType('options', 'one of type string or object', options);
  }
  const parsed = (typeof options === 'string' ? { encoding: options } : options) as FileOptions;
  const { encoding } = parsed;
  if (encoding && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw argValue('encoding', encoding, 'is invalid encoding');
  }
  if (parsed.signal !== undefined) validateSignal(parsed.signal, 'options.signal');
  return parsed;
}

/**
 * The extra last argument of functions that take no options in Node. As Node ignores surplus arguments, a value that is
 * no object is ignored: `paths.map(unlink)` passes an index here.
 */
export function callOptions(options: unknown): CallOptions | undefined {
  return typeof options === 'object' && options !== null ? options : undefined;
}

/** Options of rmdir() and rm(), checked and completed. */
export interface RemoveOptions extends CallOptions {
  recursive: boolean;
  retryDelay: number;
  maxRetries: number;
  force: boolean;
  /** If the status of the path cannot be read, unlink() says why. */
  unlinksUnseen?: boolean;
}

const REMOVE: RemoveOptions = Object.freeze({
  recursive: false,
  force: false,
  retryDelay: 100,
  maxRetries: 0,
});

export function parseRmdirOptions(options: unknown, forRm = false): RemoveOptions {
  if (options === undefined) return REMOVE;
  validateObject(options, 'options');
  const parsed: RemoveOptions = { ...REMOVE, ...options };
  // Node 26 checks no further options of rmdir(), and checks `force` of rm() first.
  if (forceFirst && !forRm) return parsed;
  if (forceFirst) validateBoolean(parsed.force, 'options.force');
  validateBoolean(parsed.recursive, 'options.recursive');
  validateInt32(parsed.retryDelay, 'options.retryDelay', 0);
  validateUint32(parsed.maxRetries, 'options.maxRetries');
  return parsed;
}

export function parseRmOptions(options: unknown): RemoveOptions {
  const parsed = parseRmdirOptions(options, true);
  validateBoolean(parsed.force, 'options.force');
  return parsed;
}

/** Options of cp(), checked and completed. */
export interface ParsedCopyOptions extends CallOptions {
  dereference: boolean;
  errorOnExist: boolean;
  filter: ((source: string, destination: string) => boolean | Promise<boolean>) | undefined;
  force: boolean;
  mode: number;
  preserveTimestamps: boolean;
  recursive: boolean;
  verbatimSymlinks: boolean;
}

const COPY: ParsedCopyOptions = Object.freeze({
  dereference: false,
  errorOnExist: false,
  filter: undefined,
  force: true,
  mode: 0,
  preserveTimestamps: false,
  recursive: false,
  verbatimSymlinks: false,
});

const COPY_BOOLEANS = [
  'dereference',
  'errorOnExist',
  'force',
  'preserveTimestamps',
  'recursive',
  'verbatimSymlinks',
] as const;

export function parseCpOptions(options: unknown): ParsedCopyOptions {
  if (options === undefined) return COPY;
  validateObject(options, 'options');
  const parsed: ParsedCopyOptions = { ...COPY, ...options };
  for (const key of COPY_BOOLEANS) validateBoolean(parsed[key], `options.${key}`);
  parsed.mode ??= 0;
  validateCopyMode(parsed.mode);
  if (parsed.dereference && parsed.verbatimSymlinks) {
    throw incompatibleOptions('dereference', 'verbatimSymlinks');
  }
  if (parsed.filter !== undefined) validateFunction(parsed.filter, 'options.filter');
  return parsed;
}

/** Unlike copyFile(), Node checks the mode of cp() in JavaScript. */
function validateCopyMode(mode: unknown): void {
  const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;
  validateInteger(mode, 'mode', 0, COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE);
}
