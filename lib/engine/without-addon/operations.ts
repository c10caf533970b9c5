// How each code is carried out with Node's functions: by one of them, or by several, one after the other.
import type { BigIntStats, BigIntStatsFs, Dir } from 'node:fs';
import { EIO } from '../../node/errno';
import { original } from '../../node/original';
import { Code, Step } from '../codes';
import { isDirectory, listing, numberOf, readDirectory, takeDirectory, typedListing } from './directories';
import { fieldsOf, type Operands, type Result } from './records';
import { scan } from './scan';
import { content, makeTemporary, openAndWrite, readWhole, StepError, writeWhole } from './whole';

/**
 * One call of a function of node:fs, or of a method of `on`. The function takes a callback, or has `Sync` behind its
 * name.
 */
export interface Operation {
  readonly name: string;
  readonly on?: object | undefined;
  readonly args: readonly unknown[];
}

/** Yields each call of Node's functions, is resumed with the value of the call, and returns the result. */
export type Steps = Generator<Operation, Result, never>;

/** Names come as bytes. The function that decodes them knows the encoding. */
const BYTES = { encoding: 'buffer' } as const;
const INT_MAX = 2 ** 31 - 1;

const bytesOf = (made: Buffer | string | undefined): Result => ({
  value: 0,
  bytes: made === undefined ? undefined : Buffer.from(made as string),
});

const stats = (found: BigIntStats): Result => ({ value: 0, fields: fieldsOf(found) });

function statFs(found: BigIntStatsFs & { frsize?: bigint }): Result {
  const { type, bsize, blocks, bfree, bavail, files, ffree, frsize = bsize } = found;
  return { value: 0, fields: [type, bsize, blocks, bfree, bavail, files, ffree, frsize] };
}

/** A time that is negative or NaN is passed as a Date: Node takes such a number for the current time. */
const time = (seconds: number): number | Date => (seconds >= 0 ? seconds : new Date(seconds * 1000));

/** -1 leaves the id as it is. */
const owner = (id: number): number => (id === -1 ? id : id >>> 0);

/** `low`: the lowest bits of a position that is no safe integer. */
const place = (position: number, low: number): number | bigint | null => {
  if (position < 0) return null;
  const whole = position + low;
  return Number.isSafeInteger(whole) ? whole : BigInt(position) + BigInt(low);
};

const call = (name: string, ...args: unknown[]): Operation => ({ name, args });

function* simple(name: string, ...args: unknown[]): Steps {
  yield call(name, ...args);
  return { value: 0 };
}

function* made<T>(operation: Operation, result: (value: T) => Result): Generator<Operation, Result, T> {
  return result(yield operation);
}

const counted = (value: number): Result => ({ value });
const BIGINT = { bigint: true };

function* read({ fd, d0, d1, d2 }: Operands): Generator<Operation, Result, number> {
  const into = Buffer.allocUnsafeSlow(Math.min(d2, INT_MAX));
  const count = yield call('read', fd, into, 0, into.length, place(d0, d1));
  return { value: count, bytes: into.subarray(0, count) };
}

function* list(path: Operands['path'], withTypes: boolean): Steps {
  return withTypes ? listing(yield* typedListing(path)) : yield* made(call('readdir', path, BYTES), listing);
}

const write = ({ fd, d0, data }: Operands): Steps =>
  made(call('write', fd, data, 0, data.length, d0 < 0 ? null : d0), counted);

/** Node takes 0 for a missing flag. */
const flagOf = (flag: number): number | 'r' => (flag === 0 ? 'r' : flag);

const close = (fd: number): Steps => {
  if (!isDirectory(fd)) return simple('close', fd);
  return made({ name: 'close', on: takeDirectory(fd), args: [] }, () => ({ value: 0 }));
};

const operations: Readonly<Record<number, (op: Operands) => Steps>> = {
  [Code.open]: ({ path, i0, i1 }) => made(call('open', path, i0, i1), counted),
  [Code.close]: ({ fd }) => close(fd),
  [Code.read]: read,
  [Code.readv]: read,
  [Code.write]: write,
  [Code.writev]: write,
  [Code.stat]: ({ path }) => made(call('stat', path, BIGINT), stats),
  [Code.lstat]: ({ path }) => made(call('lstat', path, BIGINT), stats),
  [Code.fstat]: ({ fd }) => made(call('fstat', fd, BIGINT), stats),
  [Code.statfs]: ({ path }) => made(call('statfs', path, BIGINT), statFs),
  [Code.access]: ({ path, i0 }) => simple('access', path, i0),
  [Code.readdir]: ({ path, i0 }) => list(path, i0 !== 0),
  [Code.opendir]: ({ path }) => made(call('opendir', path, BYTES), (dir: Dir) => counted(numberOf(dir))),
  [Code.dirread]: ({ fd, i0 }) => readDirectory(fd, i0),
  [Code.scan]: scan,
  [Code.readFile]: ({ path, fd, i0, d0 }) =>
    fd >= 0 ? readWhole(fd, d0) : made(call('readFile', path, { flag: flagOf(i0) }), content),
  [Code.writeFile]: ({ path, fd, i0, i1, d2, data }) =>
    fd >= 0 ? writeWhole(fd, data, d2) : openAndWrite(path, i0, i1, data, d2),
  [Code.mkdir]: ({ path, i1 }) => simple('mkdir', path, i1),
  [Code.mkdirp]: ({ path, i1 }) => made(call('mkdir', path, { recursive: true, mode: i1 }), bytesOf),
  [Code.mkdtemp]: ({ path }) => makeTemporary(path),
  [Code.rmdir]: ({ path }) => simple('rmdir', path),
  [Code.unlink]: ({ path }) => simple('unlink', path),
  [Code.rename]: ({ path, dest }) => simple('rename', path, dest),
  [Code.link]: ({ path, dest }) => simple('link', path, dest),
  [Code.symlink]: ({ path, dest }) => simple('symlink', path, dest),
  [Code.readlink]: ({ path }) => made(call('readlink', path, BYTES), bytesOf),
  [Code.realpath]: ({ path, data }) => {
    const whole = data.length > 0 ? data.subarray(0, -1) : path;
    return made({ name: 'native', on: original.realpath as object, args: [whole, BYTES] }, bytesOf);
  },
  [Code.chmod]: ({ path, i1 }) => simple('chmod', path, i1),
  [Code.fchmod]: ({ fd, i1 }) => simple('fchmod', fd, i1),
  [Code.chown]: ({ path, i0, i1 }) => simple('chown', path, owner(i0), owner(i1)),
  [Code.lchown]: ({ path, i0, i1 }) => simple('lchown', path, owner(i0), owner(i1)),
  [Code.fchown]: ({ fd, i0, i1 }) => simple('fchown', fd, owner(i0), owner(i1)),
  [Code.utimes]: ({ path, d0, d1 }) => simple('utimes', path, time(d0), time(d1)),
  [Code.lutimes]: ({ path, d0, d1 }) => simple('lutimes', path, time(d0), time(d1)),
  [Code.futimes]: ({ fd, d0, d1 }) => simple('futimes', fd, time(d0), time(d1)),
  [Code.truncate]: ({ path, d0 }) => simple('truncate', path, d0),
  [Code.ftruncate]: ({ fd, d0 }) => simple('ftruncate', fd, d0),
  [Code.fsync]: ({ fd }) => simple('fsync', fd),
  [Code.fdatasync]: ({ fd }) => simple('fdatasync', fd),
  [Code.copyFile]: ({ path, dest, i0 }) => simple('copyFile', path, dest, i0),
};

/** Returns undefined if Node has no such function. */
export const stepsOf = (op: Operands): Steps | undefined => operations[op.code]?.(op);

/** The caller was freed before the call ended: closes what the call has opened. */
export function closeLate({ code }: Operands, { value }: Result): Steps | undefined {
  return (code === Code.open || code === Code.opendir) && value >= 0 ? close(value) : undefined;
}

const CHANGES: readonly number[] = [
  ...[Code.write, Code.writev, Code.writeFile, Code.mkdir, Code.mkdirp, Code.mkdtemp, Code.rmdir],
  ...[Code.unlink, Code.rename, Code.link, Code.symlink, Code.chmod, Code.fchmod, Code.chown, Code.lchown],
  ...[Code.fchown, Code.utimes, Code.lutimes, Code.futimes, Code.truncate, Code.ftruncate, Code.copyFile],
];

/**
 * Returns whether a call of this code may have changed the disk once Node has begun it. What exactly Node has done is
 * not known.
 */
export const mayChange = (code: number): boolean => CHANGES.includes(code);

/** The steps in the order of binding/base/codes.h. */
export const STEPS = ['', 'open', 'fstat', 'read', 'write', 'fsync', 'ftruncate', 'close', ''];

/** Codes that consist of several system calls. */
const STEPPED: readonly number[] = [Code.readFile, Code.writeFile, Code.truncate];
const EFBIG = -27;

/** Turns an error of Node's into a result. */
export function failure(op: Operands, error: NodeJS.ErrnoException): Result {
  if (error.code === 'ERR_FS_FILE_TOO_LARGE') {
    const size = BigInt(/\((\d+)\)/.exec(error.message)?.[1] ?? 0);
    return { value: EFBIG, step: Step.tooLarge, fields: [size] };
  }
  if (error instanceof StepError) return error.result;
  const value = error.errno ?? EIO;
  if (STEPPED.includes(op.code)) {
    const step = STEPS.indexOf(error.syscall ?? '');
    return { value, step: Math.max(step, 0) };
  }
  // The error names the part of the path that could not be made.
  const isPart = op.code === Code.mkdirp && error.path !== undefined && error.path !== String(op.path);
  return isPart ? { value, bytes: Buffer.from(error.path as string) } : { value };
}
