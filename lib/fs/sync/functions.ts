// All the synchronous functions that may wait for a disk, by their names in node:fs.
import type * as fs from 'node:fs';
import { Call } from '../../call';
import { passNothing } from '../../call/callbacks';
import { InterruptError } from '../../call/errors';
import { type Build, builders, descriptor, isObject, NODES_OWN, ours, wait } from '../callback/define';
import { CLOSE } from '../callback/descriptors';
// The builders are there once it is loaded.
import '../callback/functions';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { statSyncForgivesFiles } from '../../node/version';
import { closeSync, isNodes } from '../handle/closing';
import { defineSync, type Variant } from './define';

/** By the names of their callback siblings: the place of the first argument that may hold the options. */
const OPTIONS_AT = {
  access: 1,
  appendFile: 2,
  chmod: 2,
  chown: 3,
  copyFile: 2,
  cp: 2,
  fchmod: 2,
  fchown: 3,
  fdatasync: 1,
  fstat: 1,
  fsync: 1,
  ftruncate: 1,
  futimes: 3,
  lchown: 3,
  link: 2,
  lstat: 1,
  lutimes: 3,
  mkdir: 1,
  mkdtemp: 1,
  open: 1,
  opendir: 1,
  read: 2,
  readdir: 1,
  readFile: 1,
  readlink: 1,
  readv: 2,
  realpath: 1,
  rename: 2,
  rm: 1,
  rmdir: 1,
  stat: 1,
  statfs: 1,
  symlink: 2,
  truncate: 1,
  unlink: 1,
  utimes: 3,
  write: 2,
  writeFile: 2,
  writev: 2,
} as const;

/** Where all arguments before the options may be left out: filled up to `count`. */
const filled = (args: unknown[], count: number): unknown[] => {
  const before = args.slice(0, -1);
  while (before.length < count) before.push(undefined);
  return [...before, args.at(-1)];
};

/** Of a read, what is left out is all there is room for. */
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
  const isMissing =
    code === 'ENOENT' || (code === 'ENOTDIR' && syscall === 'stat' && statSyncForgivesFiles());
  if (throwIfNoEntry !== false || !isMissing) throw error;
}

const VARIANTS: Partial<Record<keyof typeof OPTIONS_AT, Variant>> = {
  lstat: { forgive: missingIsNothing },
  read: { arrange: readArguments },
  stat: { forgive: missingIsNothing },
  write: { arrange: writeArguments },
};

export const functions: Record<string, AnyFunction> = {};
for (const [name, first] of Object.entries(OPTIONS_AT)) {
  const build = builders[name] as Build;
  functions[`${name}Sync`] = defineSync(
    `${name}Sync`,
    first,
    build,
    VARIANTS[name as keyof typeof OPTIONS_AT],
  );
}

const native = (original.realpathSync as typeof fs.realpathSync).native;
Object.assign(functions.realpathSync as object, {
  native: defineSync('native', 1, builders.native as Build, {}, native),
});

functions.existsSync = defineSync('existsSync', 1, builders.access as Build, {
  value: () => true,
  forgive(error) {
    // Nobody knows.
    if (error instanceof InterruptError) throw error;
    return false;
  },
});

/** The descriptor is closed in any case: a timeout frees the caller alone. */
function buildClose([fd, options]: unknown[]): Call<unknown> {
  const number = descriptor(fd);
  if (isNodes(number)) throw NODES_OWN;
  const call = new Call(CLOSE, [fd], isObject(options) ? ours(options) : undefined);
  call.fd = number;
  wait(() => undefined, passNothing);
  return call;
}

functions.closeSync = defineSync(
  'closeSync',
  1,
  buildClose,
  {},
  dress(closeSync, original.closeSync as AnyFunction),
);
