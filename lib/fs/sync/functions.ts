// The table of synchronous functions that may wait for a disk, by their names in node:fs.
import type * as fs from 'node:fs';
import { Call } from '../../call';
import { type Callback, passNothing, passValue } from '../../call/callbacks';
import { InterruptError } from '../../call/errors';
import { leaveNothing } from '../../engine/operands';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { rmSyncForgivesFiles, statSyncForgivesFiles } from '../../node/version';
import type { RemoveOptions } from '../../validate/arguments';
import {
  type Build,
  descriptor,
  isObject,
  LEAVE_TO_NODE,
  ours,
  prepare,
  takeOptions,
} from '../callback/define';
import { readInSteps } from '../callback/files';
import { callbackFunctions } from '../callback/functions';
import { native } from '../callback/realpath';
import { opendirSyncRequest } from '../dir/request';
import { closeSync, isNodes } from '../handle/closing';
import { close } from '../requests/attributes';
import { mkdtempSync } from '../requests/directories';
import type { CallbackName } from '../requests/names';
import { descriptorCall, leastOf } from '../requests/request';
import { defineSync, type Variant } from './define';

/** Fills up the arguments before the options, all of which may be left out, to `count`. */
const filled = (args: unknown[], count: number): unknown[] => {
  const before = args.slice(0, -1);
  while (before.length < count) before.push(undefined);
  return [...before, args.at(-1)];
};

/** If the length of a read is left out, it is all that the buffer has room for. */
function readArguments(args: unknown[]): unknown[] {
  const [, buffer, offset, length] = args;
  if (args.length <= 3) return args;
  const all = filled(args, 5);
  if (args.length === 4 && length !== undefined) {
    all[3] = (buffer as NodeJS.ArrayBufferView)?.byteLength - ((offset as number | undefined) ?? 0);
  }
  return all;
}

function writeArguments(args: unknown[]): unknown[] {
  const isView = ArrayBuffer.isView(args[1]);
  return isView && args.length === 3 ? args : filled(args, isView ? 5 : 4);
}

function missingIsNothing(error: unknown, options: object): undefined {
  const { throwIfNoEntry } = options as fs.StatSyncOptions;
  const { code, syscall } = error as NodeJS.ErrnoException;
  const isForgiven =
    code === 'ENOENT' || (code === 'ENOTDIR' && syscall === 'stat' && statSyncForgivesFiles());
  if (throwIfNoEntry !== false || !isForgiven) throw error;
}

function belowFile(error: unknown, options: object): undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const { force, recursive } = options as fs.RmOptions;
  const isForgiven = rmSyncForgivesFiles && force === true && recursive === true;
  if (!isForgiven || code !== 'ENOTDIR' || syscall !== 'lstat') throw error;
}

/** Up to Node 23, if rmSync() with `recursive` and `force` cannot read the status of the path, unlink reports why. */
function unlinkUnseen({ options }: { readonly options: unknown }): void {
  const removal = options as RemoveOptions;
  if (!rmSyncForgivesFiles && removal.force && removal.recursive) removal.unlinksUnseen = true;
}

/** For empty content Node makes one write with a callback, and none synchronously. */
const whole: Variant = {
  change(call) {
    if (call instanceof Call) leaveNothing(call);
  },
};

const VARIANTS: Partial<Record<CallbackName, Variant>> = {
  appendFile: whole,
  lstat: { forgive: missingIsNothing },
  read: { arrange: readArguments },
  rm: {
    change(action) {
      if ('body' in action) unlinkUnseen(action);
    },
    forgive: belowFile,
  },
  stat: { forgive: missingIsNothing },
  write: { arrange: writeArguments },
  writeFile: whole,
};

/** Functions with a definition of their own below. */
const OTHERWISE = new Set<CallbackName>(['close', 'exists', 'mkdtemp', 'opendir', 'readFile']);

export const functions: Record<string, AnyFunction> = {};
for (const [key, { takes, build }] of Object.entries(callbackFunctions)) {
  const name = key as CallbackName;
  if (OTHERWISE.has(name)) continue;
  functions[`${name}Sync`] = defineSync(`${name}Sync`, leastOf(takes), build, VARIANTS[name]);
}

// Their errors differ from those of the functions with a callback.
for (const [name, request] of Object.entries({ mkdtempSync, opendirSync: opendirSyncRequest }))
  functions[name] = defineSync(name, 1, (args) => prepare(request, args, takeOptions(args, 1), passValue));

functions.readFileSync = defineSync('readFileSync', 1, readInSteps);

const nativeSync = (original.realpathSync as typeof fs.realpathSync).native;
Object.assign(functions.realpathSync as object, {
  native: defineSync('native', 1, native.build, {}, nativeSync),
});

functions.existsSync = defineSync('existsSync', 1, callbackFunctions.access.build, {
  value: () => true,
  forgive(error) {
    // Nobody knows whether the file exists.
    if (error instanceof InterruptError) throw error;
    return false;
  },
});

/** The descriptor is closed in any case: a timeout only frees the caller. */
const buildClose: Build = ([fd, options, callback]) => {
  const number = descriptor(fd);
  if (isNodes(number)) throw LEAVE_TO_NODE;
  return {
    callback: callback as Callback,
    action: descriptorCall(close.type, number, [fd], isObject(options) ? ours(options) : undefined),
    pass: passNothing,
  };
};

functions.closeSync = defineSync(
  'closeSync',
  1,
  buildClose,
  {},
  dress(closeSync, original.closeSync as AnyFunction),
);
