// Callback functions that take a whole file in one trip: readFile, writeFile, appendFile, of a path or a descriptor.
import type * as fs from 'node:fs';
import { Call } from '../../call';
import { type Callback, type Pass, passNothing, passValue } from '../../call/callbacks';
import type { CallType, Completion } from '../../call/type';
import { Code } from '../../engine/codes';
import { parseFileMode, parseFlags, parseOptions } from '../../validate/arguments';
import { validPath } from '../../validate/path';
import { validateBoolean } from '../../validate/values';
import { APPEND_FILE, bytesOf, LONGEST_FILE, WRITE_FILE } from '../promises/files';
import { FILE, pathCall, voidType } from '../requests/path-call';
import { bufferOption, readInto } from '../results/read-into';
import { define, isDescriptor, madeOf, NODES_OWN, ours, shown, wait } from './define';

function decode(done: Completion, encoding: unknown): string | Buffer {
  if (!encoding) return done.bytes();
  // What Buffer says to it is what Node's callback gets.
  if (encoding === 'buffer') return done.bytes().toString(encoding as BufferEncoding);
  return done.text(encoding as BufferEncoding);
}

const READ_FILE: CallType<string | Buffer> = {
  fn: 'readFile',
  code: Code.readFile,
  syscall: 'open',
  kind: FILE,
  changes: false,
  result: (done, call) => decode(done, call.extra),
};
const READ_DESCRIPTOR: CallType<string | Buffer> = { ...READ_FILE, syscall: 'read' };

/** `callback ||= options` is how Node finds it. */
function callbackOf(callback: unknown, options: unknown): Callback {
  const found = callback || options;
  if (typeof found !== 'function') throw NODES_OWN;
  return found as Callback;
}

interface Into {
  buffer: NonNullable<ReturnType<typeof bufferOption>>;
  encoding: unknown;
}

const passRead: Pass = (callback, error, value, kept) => {
  if (error !== null) {
    callback(error);
    return;
  }
  const { buffer, encoding } = kept as Into;
  let read: unknown;
  try {
    read = readInto(buffer, value as Buffer, encoding);
  } catch (refused) {
    callback(refused);
    return;
  }
  callback(null, read);
};

export const readFile = define<typeof fs.readFile>('readFile', (args) => {
  const [file] = args;
  const callback = callbackOf(args[2], args[1]);
  const options = parseOptions(ours(args[1]));
  const buffer = bufferOption(options);
  let call: Call<string | Buffer>;
  if (isDescriptor(file)) {
    if (file < 0) throw NODES_OWN;
    call = new Call(READ_DESCRIPTOR, shown(args), options);
    call.fd = file;
  } else {
    const flags = parseFlags(options.flag || 'r');
    call = pathCall(READ_FILE, validPath(file), shown(args), options);
    call.i0 = flags;
  }
  call.d0 = LONGEST_FILE;
  if (buffer === undefined) {
    call.extra = options.encoding;
    wait(callback, passValue);
  } else {
    wait(callback, passRead, { buffer, encoding: options.encoding } satisfies Into);
  }
  return call;
});

const WRITE_DESCRIPTOR = voidType('writeFile', Code.writeFile, 'write', FILE, true);
const APPEND_DESCRIPTOR = voidType('appendFile', Code.writeFile, 'write', FILE, true);

// close is no step here: graceful-fs has its own there, which only counts.
const STEPS = ['open', 'write'];
const STEPS_OF_FLUSHED = [...STEPS, 'fsync'];
const STEPS_OF_APPENDED = ['writeFile'];

function written(toPath: CallType<void>, toFd: CallType<void>, flag: string, args: unknown[]): Call<void> {
  const [file, data] = args;
  const callback = callbackOf(args[3], args[2]);
  if (toPath === APPEND_FILE) madeOf(STEPS_OF_APPENDED);
  const options = parseOptions(ours(args[2]));
  const flush = options.flush ?? false;
  madeOf(flush ? STEPS_OF_FLUSHED : STEPS);
  validateBoolean(flush, 'options.flush');
  const bytes = bytesOf(data, options.encoding);
  let call: Call<void>;
  if (isDescriptor(file)) {
    if (file < 0) throw NODES_OWN;
    call = new Call(toFd, shown(args), options);
    call.fd = file;
  } else {
    const path = validPath(file);
    const mode = parseFileMode(options.mode, 'mode', 0o666);
    const flags = parseFlags(options.flag || flag);
    call = pathCall(toPath, path, shown(args), options);
    call.i0 = flags;
    call.i1 = mode | 0;
  }
  call.i2 = flush ? 1 : 0;
  call.data = bytes;
  wait(callback, passNothing);
  return call;
}

export const writeFile = define<typeof fs.writeFile>('writeFile', (args) =>
  written(WRITE_FILE, WRITE_DESCRIPTOR, 'w', args),
);
export const appendFile = define<typeof fs.appendFile>('appendFile', (args) =>
  written(APPEND_FILE, APPEND_DESCRIPTOR, 'a', args),
);
