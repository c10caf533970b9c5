// The records in which the calls of one tick go to native code: written one by one, submitted together.

import { isWindows, namespaced } from '../node/windows';
import type { NativeEnvironment } from './addon';
import { isFixed, target, unshared } from './buffers';
import { Code } from './codes';
import type { Base, EngineCall } from './engine-call';
import { functionBits } from './function-numbers';
import { setBuffers, setRoom } from './operands';
import { callAt, hold, takeSlot } from './slots';

const SUBMISSIONS = 512;
const SUBMISSION_BYTES = 1024 * 1024;
/**
 * No path that the kernel takes is that long. Of a longer path only so much is passed on, which the kernel refuses with
 * ENAMETOOLONG.
 */
const LONGEST_PATH = 64 * 1024;
/** What one call may write into the byte area: two paths at three bytes a character, and data. */
const ROOM = 6 * LONGEST_PATH + 16 * 1024;
/** Data up to this size is copied to the byte area; more data is passed by reference. */
const INLINE_DATA = 8 * 1024;
/**
 * A read of more bytes than this goes straight to the caller's buffer, as far as that needs no wait. For a write of
 * more bytes than this the worker copies the caller's buffers piece by piece.
 */
const STAGED = 64 * 1024;
/** On Windows libuv fills one buffer after the other. */
const IOV_MAX = isWindows ? Infinity : 1024;

// binding/napi/records.h has the same numbers.
export const DATA_IN_BUFFER = 1 << 16;
export const DATA_IN_BUFFERS = 2 << 16;
const READ_INTO_BUFFER = 4 << 16;
const DATA_STAYS = 8 << 16;
const BELOW = 16 << 16;
const NO_FOLLOW = 32 << 16;
const MAY_CHANGE = 64 << 16;

export const submissions = new ArrayBuffer(SUBMISSIONS * 64);
const words = new Int32Array(submissions);
const doubles = new Float64Array(submissions);
const bytes = Buffer.from(new ArrayBuffer(SUBMISSION_BYTES));
export const submissionBytes = bytes.buffer as ArrayBuffer;

let written = 0;
let bytesWritten = 0;
/** The values that are passed by reference. The records have their indexes. */
let buffers: unknown[] | undefined;
/** The objects that the call being written keeps alive besides its own fields. */
let held: readonly unknown[] | undefined;

/** Returns whether the next call might find no room. */
export const isFull = (): boolean => written === SUBMISSIONS || bytesWritten > SUBMISSION_BYTES - ROOM;

/** Writes the record of a call, and assigns a slot to it. */
export function write(call: EngineCall): void {
  const word = written * 16;
  const double = written * 8;
  words[word + 15] = bytesWritten;
  let at = bytesWritten;
  if (call.path === '') {
    words[word + 2] = call.fd >= 0 ? -1 : 0;
    if (call.fd < 0) bytes[at++] = 0;
  } else {
    const length = writePath(isWindows ? handedPath(call) : call.path, at);
    words[word + 2] = length;
    at += length + 1;
  }
  if (call.dest === undefined) {
    words[word + 3] = -1;
  } else {
    const length = writePath(isWindows ? namespaced(call.dest) : call.dest, at);
    words[word + 3] = length;
    at += length + 1;
  }
  words[word + 1] = call.type.code | functionBits(call.type) | (call.type.changes === true ? MAY_CHANGE : 0);
  let inline = 0;
  held = undefined;
  if (call.data !== undefined) {
    inline = writeData(call, call.data, word, at);
    at += inline;
  } else if (call.vector !== undefined) {
    writeVector(call, call.vector, word);
  } else if (call.into !== undefined) {
    writeTarget(call, call.into, word);
  } else if (call.type.code === Code.custom) {
    refer(word, 0, call.work);
  }
  words[word + 4] = inline;
  words[word + 5] = call.fd;
  words[word + 6] = call.i0;
  words[word + 7] = call.i1;
  doubles[double + 4] = call.d0;
  doubles[double + 5] = call.d1;
  doubles[double + 6] = call.d2;
  if (call.base !== undefined || call.destBase !== undefined) writeBases(call.base, call.destBase, word);
  // Nothing throws from here on. Views of detached memory have thrown before.
  words[word] = takeSlot(call);
  if (held !== undefined) hold(call.slot, held);
  held = undefined;
  bytesWritten = at;
  written++;
}

/** On Windows. The text of a symbolic link is what it is; mkdtemp() makes its path itself. */
const handedPath = ({ path, type: { code } }: EngineCall): string | Uint8Array =>
  code === Code.symlink || code === Code.mkdtemp ? path : namespaced(path);

/** Writes a path and its NUL at `at`. Returns the length of the path in bytes. */
function writePath(path: string | Uint8Array, at: number): number {
  if (typeof path !== 'string') {
    const length = Math.min(path.length, LONGEST_PATH);
    bytes.set(length === path.length ? path : path.subarray(0, length), at);
    bytes[at + length] = 0;
    return length;
  }
  const length = path.length;
  if (length > LONGEST_PATH) return writePath(path.slice(0, LONGEST_PATH), at);
  for (let i = 0; i < length; i++) {
    const code = path.charCodeAt(i);
    if (code > 127) {
      // The path is not ASCII. It becomes UTF-8, with lone surrogates replaced, as in Node.
      const size = bytes.write(path, at, 'utf8');
      bytes[at + size] = 0;
      return size;
    }
    bytes[at + i] = code;
  }
  bytes[at + length] = 0;
  return length;
}

const NO_BASE: Base = { directory: -1, names: 0, follows: true };

/**
 * Writes the bases of a call on paths. Such a call has no descriptor, no data and no third double, so their words are
 * free.
 */
function writeBases(base: Base | undefined, destBase: Base | undefined, word: number): void {
  const from = base ?? NO_BASE;
  const to = destBase ?? NO_BASE;
  const follows = (base ?? to).follows;
  words[word + 1] = (words[word + 1] as number) | (follows ? BELOW : BELOW | NO_FOLLOW);
  words[word + 5] = from.directory;
  doubles[word / 2 + 6] = to.directory;
  words[word + 14] = from.names | (to.names << 16);
}

/** Passes the data of a write. Returns the number of its bytes in the byte area. */
function writeData(call: EngineCall, data: Uint8Array, word: number, at: number): number {
  if (data.length <= INLINE_DATA) {
    bytes.set(data, at);
    return data.length;
  }
  // Only writes: the data of a realpath is its path, which may be as long.
  const { code } = call.type;
  const writes = code === Code.write || code === Code.writeFile;
  const stays = writes && data.length > STAGED && isFixed(data);
  refer(word, stays ? DATA_IN_BUFFER | DATA_STAYS : DATA_IN_BUFFER, stays ? data : unshared(data));
  return 0;
}

function writeVector(call: EngineCall, vector: readonly NodeJS.ArrayBufferView[], word: number): void {
  if (!call.reads) {
    const stay = vector.every(isFixed) && vector.reduce((sum, view) => sum + view.byteLength, 0) > STAGED;
    // The list is copied: the caller may change the list while the worker still copies the buffers.
    const views = stay ? [...vector] : vector.map(unshared);
    if (stay) held = views;
    refer(word, stay ? DATA_IN_BUFFERS | DATA_STAYS : DATA_IN_BUFFERS, views);
    return;
  }
  // Like Node, reads into at most as many buffers as one system call takes.
  const views = vector.length > IOV_MAX ? vector.slice(0, IOV_MAX) : vector;
  call.vector = views;
  setRoom(
    call,
    views.reduce((sum, view) => sum + view.byteLength, 0),
  );
  setBuffers(call, views.length);
}

function writeTarget(call: EngineCall, into: NodeJS.ArrayBufferView, word: number): void {
  setRoom(call, call.length);
  if (call.length > STAGED && isFixed(into)) {
    refer(word, READ_INTO_BUFFER, target(into, call.offset, call.length));
  }
}

function refer(word: number, flag: number, value: unknown): void {
  words[word + 1] = (words[word + 1] as number) | flag;
  buffers ??= [];
  words[word + 14] = buffers.push(value) - 1;
}

/** Submits the records. `atOnce`: the calls are to begin in this tick. Returns whether there were any. */
export function submit(environment: NativeEnvironment, atOnce = false): boolean {
  const count = written;
  const given = buffers;
  written = bytesWritten = 0;
  buffers = undefined;
  if (count === 0) return false;
  environment.submit(count, given, atOnce);
  return true;
}

/** Takes a call back that has not been submitted yet. Returns false if it has. */
export function withdraw(call: EngineCall): boolean {
  for (let record = written - 1; record >= 0; record--) {
    if (words[record * 16] !== call.slot) continue;
    written--;
    // The last record takes its place. The bytes and buffers of both stay where they are.
    words.copyWithin(record * 16, written * 16, written * 16 + 16);
    return true;
  }
  return false;
}

export function eachUnsubmitted(each: (call: EngineCall) => void): void {
  for (let record = 0; record < written; record++) {
    each(callAt(words[record * 16] as number) as EngineCall);
  }
}
