// The operands of an op besides its paths, its descriptor and its bytes, each written by its name. No other TypeScript
// file knows which word of the record carries which operand; binding/ops reads them there (op.i0, op.i1, op.d0 …).

/** The words of a record. The fields of Call are read-only, so that only this file writes them. */
interface Words {
  i0: number;
  i1: number;
  d0: number;
  d1: number;
  d2: number;
}

/** open, readFile, writeFile: bits of O_*. */
export function setFlags(call: Words, flags: number): void {
  call.i0 = flags;
}

/** open, writeFile, mkdir, chmod, fchmod: the permission bits. */
export function setMode(call: Words, mode: number): void {
  // Native code reads a signed 32-bit number.
  call.i1 = mode | 0;
}

/** mkdir with `recursive`: whether ENOSPC makes it look at what exists at the path, and report that instead. */
export function setLooksWhenFull(call: Words, looks: boolean): void {
  call.i0 = looks ? 1 : 0;
}

/** access: F_OK, R_OK, W_OK, X_OK. */
export function setAccess(call: Words, access: number): void {
  call.i0 = access;
}

/** copyFile: COPYFILE_*; `alike`: `copiesOwners` of node/version. */
export function setCopyMode(call: Words, mode: number, alike: boolean): void {
  call.i0 = mode;
  call.i1 = Number(alike);
}

/** chown, lchown, fchown. -1 leaves an id as it is. */
export function setOwner(call: Words, uid: number, gid: number): void {
  call.i0 = uid | 0;
  call.i1 = gid | 0;
}

/**
 * utimes, lutimes, futimes: seconds since 1970. `rules` says how they become nanoseconds: `timeRules` of
 * node/version.ts.
 */
export function setTimes(call: Words, accessed: number, modified: number, rules: number): void {
  call.d0 = accessed;
  call.d1 = modified;
  call.i0 = rules;
}

/** truncate, ftruncate: bytes. As in Node, a negative size means 0. */
export function setSize(call: Words, size: number): void {
  call.d0 = Math.max(0, size);
}

/** readFile: larger files are refused. */
export function setLongest(call: Words, bytes: number): void {
  call.d0 = bytes;
}

const LOW_BITS = 12;

/** read, readv, write, writev: bytes from the start of the file; -1: the descriptor's own position. */
export function setPosition(call: Words, position: number | bigint): void {
  call.d0 = Number(position);
  if (typeof position === 'bigint' && position > Number.MAX_SAFE_INTEGER) {
    // A double holds 53 of the 64 bits: the lowest ones are an operand of their own.
    const low = BigInt.asUintN(LOW_BITS, position);
    call.d0 = Number(position - low);
    call.d1 = Number(low);
  }
}

/** read, readv: the bytes that the caller's buffers can take. */
export function setRoom(call: Words, bytes: number): void {
  call.d2 = bytes;
}

/** readv: the number of buffers. */
export function setBuffers(call: Words, count: number): void {
  call.i0 = count;
}

/** Bits of setWriting(). binding/ops/whole.cc has the same. */
export const FLUSHES = 1;
export const WRITES_NOTHING = 2;

/**
 * writeFile. `flush`: when the call completes, the content is on the disk. `evenNothing`: empty content is written,
 * too, with a system call that may fail.
 */
export function setWriting(call: Words, flush: boolean, evenNothing: boolean): void {
  call.d2 = (flush ? FLUSHES : 0) | (evenNothing ? WRITES_NOTHING : 0);
}

/** writeFile: takes `evenNothing` back. */
export function leaveNothing(call: Words): void {
  call.d2 &= FLUSHES;
}

/** stat, lstat, fstat, statfs: the completion holds 64-bit integers instead of doubles. */
export function setBigInts(call: Words): void {
  call.i0 = 1;
}

/** readdir: each name comes with its type, sorted by name. */
export function setTyped(call: Words): void {
  call.i0 = 1;
}

/** symlink, on Windows: its type, as node/windows.ts has it. */
export function setLinkType(call: Words, type: number): void {
  call.i0 = type;
}

/** opendir: `how` is a number of Opens. */
export function setOpens(call: Words, how: number): void {
  call.i0 = how;
}

/** The read of an open directory: the number of entries at most. */
export function setBatch(call: Words, entries: number): void {
  call.i0 = entries;
}

/** scan: what is told of the entries, bits of Scans. */
export function setScans(call: Words, how: number): void {
  call.i0 = how;
}

/** watch, unwatch: `queue` is the descriptor of the queue. unwatch: `watch` is the watch to remove. */
export function setWatch(call: Words, queue: number, watch = 0): void {
  call.i0 = queue;
  call.i1 = watch;
}

/** lock: a LockType of binding/sys/sys.h, bits of binding/ops/lock.cc, and a range in bytes. */
export function setLock(call: Words, type: number, how: number, start: number, length: number): void {
  call.i0 = type;
  call.i1 = how;
  call.d0 = start;
  call.d1 = length;
}
