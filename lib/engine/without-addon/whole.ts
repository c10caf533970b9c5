// Operations that need several calls of Node's: a whole file by its descriptor, a directory under a new name. With a
// descriptor, Node's readFile() and writeFile() with a callback behave differently from the methods of its FileHandle,
// which this package imitates.
import { randomInt } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { fileTooLarge } from '../../node/errors';
import { FLUSHES, WRITES_NOTHING } from '../operands';
import type { Operation, Steps } from './operations';
import type { Result } from './records';

/** An error that carries a whole result, not only a number. */
export class StepError extends Error {
  readonly result: Result;

  constructor(result: Result) {
    super();
    this.result = result;
  }
}

export const content = (bytes: Buffer): Result => ({ value: bytes.length, bytes });

const CHUNK = 512 * 1024;

/**
 * Reads from the descriptor's position: a regular file up to the size that it had at the beginning, anything else to
 * its end.
 */
export function* readWhole(fd: number, longest: number): Steps {
  const found = (yield { name: 'fstat', args: [fd, { bigint: true }] }) as BigIntStats;
  const size = found.isFile() ? Number(found.size) : 0;
  if (size > longest) throw fileTooLarge(size);
  const parts: Buffer[] = [];
  for (let got = 0; size === 0 || got < size; ) {
    const into = Buffer.allocUnsafe(size === 0 ? CHUNK : Math.min(CHUNK, size - got));
    const count = (yield { name: 'read', args: [fd, into, 0, into.length, null] }) as number;
    if (count === 0) break;
    got += count;
    if (got > longest) throw fileTooLarge(got);
    parts.push(into.subarray(0, count));
  }
  return content(Buffer.concat(parts));
}

/** `how`: FLUSHES and WRITES_NOTHING of lib/engine/operands.ts. */
export function* writeWhole(fd: number, data: Uint8Array, how: number): Steps {
  if (data.length === 0 && (how & WRITES_NOTHING) !== 0)
    yield { name: 'write', args: [fd, data, 0, 0, null] };
  for (let at = 0; at < data.length; ) {
    at += (yield { name: 'write', args: [fd, data, at, Math.min(CHUNK, data.length - at), null] }) as number;
  }
  if ((how & FLUSHES) !== 0) yield { name: 'fsync', args: [fd] };
  return { value: data.length };
}

export function* openAndWrite(
  path: string | Buffer,
  flags: number,
  mode: number,
  data: Uint8Array,
  how: number,
): Steps {
  const fd = (yield { name: 'open', args: [path, flags, mode] }) as number;
  try {
    return yield* writeWhole(fd, data, how);
  } finally {
    yield { name: 'close', args: [fd] };
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const MOST_TRIES = 100;

/**
 * Like mkdtemp(3). Node's mkdtemp takes a prefix of bytes only in some versions, and warns of prefixes that end in X.
 */
export function* makeTemporary(prefix: string | Buffer): Generator<Operation, Result, void> {
  for (let tries = 1; ; tries++) {
    const letters = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    const path = Buffer.concat([Buffer.from(prefix as string), Buffer.from(letters)]);
    try {
      yield { name: 'mkdir', args: [path, 0o700] };
      return { value: 0, bytes: path };
    } catch (error) {
      const { code, errno = 0 } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || tries === MOST_TRIES)
        throw new StepError({ value: errno, bytes: Buffer.from(letters) });
    }
  }
}
