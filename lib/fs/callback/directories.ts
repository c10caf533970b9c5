// Callback functions that make, list and remove directories, and those that work on trees.
import type * as fs from 'node:fs';
import { type Pass, passNothing, passValue } from '../../call/callbacks';
import { parseFileMode, parseOptions, parseRmdirOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { validateBoolean, validateUint32 } from '../../validate/values';
import { OPENDIR } from '../dir/dir';
import type { DirSettings } from '../dir/entries';
import * as types from '../promises/directories';
import { pathCall } from '../requests/path-call';
import type { AnyDirent } from '../results/dirent';
import { copying } from '../trees/cp';
import { listing, QUEUE } from '../trees/readdir-recursive';
import { removal } from '../trees/rm';
import { define, isObject, settleLater, shown, wait } from './define';
import { optional } from './paths';

/** Without a value, success is the only argument. */
const passMade: Pass = (callback, error, value) => {
  if (error !== null || value === undefined) callback(error);
  else callback(null, value);
};

interface MakeOptions {
  recursive?: unknown;
  mode?: unknown;
}

export const mkdir = define<typeof fs.mkdir>('mkdir', (args) => {
  const { callback, given } = optional(args, 1);
  const bare = typeof given === 'number' || typeof given === 'string';
  const { recursive = false, mode = 0o777 } = (bare ? { mode: given } : given || {}) as MakeOptions;
  const path = validPath(args[0]);
  validateBoolean(recursive, 'options.recursive');
  const bits = parseFileMode(mode, 'mode');
  const call = pathCall<unknown>(recursive ? types.MKDIRP : types.MKDIR, path, shown(args), given);
  call.i1 = bits | 0;
  wait(callback as never, passMade);
  return call;
});

export const mkdtemp = define<typeof fs.mkdtemp>('mkdtemp', (args) => {
  const { callback, given } = optional(args, 1);
  const options = parseOptions(given);
  const prefix = validPath(args[0], 'prefix');
  types.warnOfTemplate(prefix);
  const call = pathCall(types.MKDTEMP, prefix, shown(args), options);
  call.extra = options.encoding;
  wait(callback as never, passValue);
  return call;
});

/** Entries whose types the file system did not give are asked for theirs. */
const passEntries: Pass = (callback, error, value, kept) => {
  if (error !== null) {
    callback(error);
    return;
  }
  const entries = value as types.Entries;
  if (entries.unknown.size === 0) {
    callback(null, entries.dirents);
    return;
  }
  const { path, signal, timeout } = kept as Listing;
  settleLater(callback, passValue, types.completing(path, entries, { signal, timeout }));
};

interface Listing {
  path: string | Uint8Array;
  signal: AbortSignal | undefined;
  timeout: number | undefined;
}

export const readdir = define<typeof fs.readdir>('readdir', (args) => {
  const { callback, given } = optional(args, 1);
  const options = parseOptions(given);
  const { encoding, recursive, withFileTypes, signal, timeout } = options;
  const path = validPath(args[0]);
  if (recursive !== undefined && recursive !== null) validateBoolean(recursive, 'options.recursive');
  if (recursive) {
    return settleLater(callback as never, passValue, listing(path, options, shown(args), QUEUE));
  }
  const call = pathCall<AnyDirent[] | types.Entries | unknown>(
    withFileTypes ? types.READ_ENTRIES : types.READ_NAMES,
    path,
    shown(args),
    options,
  );
  call.extra = encoding;
  if (withFileTypes) {
    call.i0 = 1;
    wait(callback as never, passEntries, { path, signal, timeout } as Listing);
  } else {
    wait(callback as never, passValue);
  }
  return call;
});

export const opendir = define<typeof fs.opendir>('opendir', (args) => {
  const { callback, given } = optional(args, 1);
  const path = validPath(args[0]);
  const options = parseOptions(given);
  const { bufferSize = 32, encoding, recursive } = options;
  validateUint32(bufferSize, 'options.bufferSize', true);
  const call = pathCall(OPENDIR, path, shown(args), options);
  call.extra = { encoding, bufferSize, recursive: Boolean(recursive) } satisfies DirSettings;
  wait(callback as never, passValue);
  return call;
});

export const rmdir = define<typeof fs.rmdir>('rmdir', (args) => {
  const { callback, given } = optional(args, 1);
  const path = validPath(args[0]);
  const options = parseRmdirOptions(given);
  if (options.recursive) {
    types.warnOfRecursion();
    return settleLater(callback as never, passNothing, types.removeTree(path, options));
  }
  const call = pathCall(types.RMDIR, path, shown(args), isObject(given) ? given : undefined);
  wait(callback as never, passNothing);
  return call;
});

export const rm = define<typeof fs.rm>('rm', (args) => {
  const { callback, given } = optional(args, 1);
  return settleLater(callback as never, passNothing, removal(args[0], given));
});

/** As util.callbackify has it: there is a value, undefined. */
const passCopied: Pass = (callback, error) => {
  if (error === null) callback(null, undefined);
  else callback(error);
};

export const cp = define<typeof fs.cp>('cp', (args) => {
  const { callback, given } = optional(args, 2);
  return settleLater(callback as never, passCopied, copying(args[0], args[1], given));
});
