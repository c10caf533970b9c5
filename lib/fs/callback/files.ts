// Callback functions for a whole file in one call: readFile, writeFile and appendFile, of a path or a descriptor.
import type * as fs from 'node:fs';
import { type Callback, type Pass, passNothing, passValue } from '../../call/callbacks';
import type { Completion } from '../../call/type';
import { writesInOneTrip } from '../../node/version';
import { parseOptions } from '../../validate/arguments';
import { validateBoolean } from '../../validate/values';
import {
  APPEND_FILE,
  bytesOf,
  destination,
  fillRead,
  fillWrite,
  inSteps,
  readingFile,
  readPathCall,
  type WholeFile,
  WRITE_FILE,
  writePathCall,
} from '../requests/files';
import { descriptorCall } from '../requests/request';
import { type BufferOption, bufferOption, readInto } from '../results/read-into';
import {
  type Build,
  define,
  isDescriptor,
  LEAVE_TO_NODE,
  leaveUnlessOurs,
  ours,
  type Prepared,
  shown,
} from './define';

function decode(done: Completion, encoding: unknown): string | Buffer {
  if (!encoding) return done.bytes();
  // The callback gets the error that Buffer throws for this encoding, as in Node.
  if (encoding === 'buffer') return done.bytes().toString(encoding as BufferEncoding);
  return done.text(encoding as BufferEncoding);
}

const READ_FILE = readingFile((done, call) => decode(done, call.encoding));

/** Node finds the callback by `callback ||= options`. */
function callbackOf(callback: unknown, options: unknown): Callback {
  const found = callback || options;
  if (typeof found !== 'function') throw LEAVE_TO_NODE;
  return found as Callback;
}

interface Into {
  buffer: BufferOption;
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

const reading =
  (types: WholeFile<string | Buffer>): Build =>
  (args) => {
    const [file] = args;
    const callback = callbackOf(args[2], args[1]);
    const options = parseOptions(ours(args[1]));
    const buffer = bufferOption(options);
    const action = isDescriptor(file)
      ? fillRead(descriptorCall(types.byDescriptor, file, shown(args), options), options)
      : readPathCall(file, shown(args), options, types);
    if (buffer === undefined) return { callback, action, pass: passValue };
    const kept: Into = { buffer, encoding: options.encoding };
    return { callback, action, pass: passRead, kept };
  };

export const readFile = define<typeof fs.readFile>('readFile', ['path'], reading(READ_FILE));

/** For readFileSync(). */
export const readInSteps = reading(inSteps(READ_FILE));

// close is not listed: graceful-fs replaces it by one that only counts.
const STEPS = ['open', 'write'];
const STEPS_OF_FLUSHED = [...STEPS, 'fsync'];
const STEPS_OF_APPENDED = ['writeFile'];

function written(types: WholeFile<void>, flag: string, args: unknown[]): Prepared {
  const [file, data] = args;
  const callback = callbackOf(args[3], args[2]);
  const options = parseOptions(ours(args[2]));
  const flush = options.flush ?? false;
  leaveUnlessOurs(flush ? STEPS_OF_FLUSHED : STEPS);
  validateBoolean(flush, 'options.flush');
  const bytes = bytesOf(data, options.encoding);
  const call = isDescriptor(file)
    ? descriptorCall(types.byDescriptor, file, shown(args), options)
    : writePathCall(types, destination(file, options, flag), shown(args), options);
  // Empty content: with a callback, Node still makes one write, which may fail. Node 26 does not if it opens, writes
  // and closes in one native call.
  const evenNothing = !writesInOneTrip || flush === true || isDescriptor(file);
  return { callback, action: fillWrite(call, bytes, flush, evenNothing), pass: passNothing };
}

export const writeFile = define<typeof fs.writeFile>('writeFile', ['path', 'data'], (args) =>
  written(WRITE_FILE, 'w', args),
);
export const appendFile = define<typeof fs.appendFile>('appendFile', ['path', 'data'], (args) => {
  leaveUnlessOurs(STEPS_OF_APPENDED);
  return written(APPEND_FILE, 'a', args);
});
