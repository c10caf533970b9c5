// Fixtures for the table: stuck calls, and programs in other processes.
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { InterruptError, listPending, type PendingFilter, type PendingOp } from '../../lib';
import { Fifo } from '../fixtures/fifo';
import { until, within } from '../fixtures/leaks';
import { Child, type Exit } from '../fixtures/processes';

export const dist = join(__dirname, '../../dist');

/** A FIFO for each test. */
export function withFifo(): () => Fifo {
  let fifo: Fifo;
  beforeEach(async () => {
    fifo = await Fifo.make();
  });
  afterEach(() => fifo.remove());
  return () => fifo;
}

/** Returns the error with which a promise rejects. Fails if it resolves. */
export async function rejection<T extends Error = InterruptError>(promise: Promise<unknown>): Promise<T> {
  const nothing = Symbol('nothing');
  const error = await within(
    promise.then(
      () => nothing,
      (reason: unknown) => reason,
    ),
    'a rejection',
  );
  expect(error).not.toBe(nothing);
  return error as T;
}

/** The same, for a call that is interrupted later. */
export function failing(promise: Promise<unknown>): Promise<InterruptError> {
  const failure = rejection(promise);
  failure.catch(() => undefined);
  return failure;
}

/** Returns what `act` throws. */
export function thrown<E = NodeJS.ErrnoException>(act: () => unknown): E {
  try {
    act();
  } catch (error) {
    return error as E;
  }
  throw new Error('nothing was thrown');
}

/** Resolves to the matching ops once there are `count` of them. */
export async function pending(count: number, filter?: PendingFilter): Promise<PendingOp[]> {
  let ops: PendingOp[] = [];
  await until(
    () => {
      ops = listPending(filter);
      return ops.length === count;
    },
    `${count} ops that match ${JSON.stringify(filter ?? {})}`,
  );
  return ops;
}

export const running = (count = 1): Promise<PendingOp[]> => pending(count, { state: 'running' });

export const isInterrupted = (error: unknown): error is InterruptError => error instanceof InterruptError;

/** Runs `body` in another Node, with `po` (pendingop) and `fsp` (pendingop/fs/promises). Returns its output. */
export async function program(
  body: string,
  flags: readonly string[] = [],
): Promise<Exit & { stdout: string; stderr: string }> {
  const script = `const po = require(${JSON.stringify(join(dist, 'index.js'))});
    const fsp = require(${JSON.stringify(join(dist, 'fs/promises/index.js'))});
    const { native } = require(${JSON.stringify(join(dist, 'engine/addon.js'))});
    const listed = async (count, filter) => {
      while (po.listPending(filter).length !== count) await new Promise((resolve) => setImmediate(resolve));
      return po.listPending(filter);
    };
    ${body}`;
  const child = Child.start(process.execPath, [...flags, '-e', script]);
  const exit = await child.wait();
  return { ...exit, stdout: child.stdout, stderr: child.stderr };
}

/** Returns the JSON that a program printed last. Fails if the program does not exit with 0. */
export async function result<T>(body: string, flags: readonly string[] = []): Promise<T> {
  const { code, signal, stdout, stderr } = await program(body, flags);
  if (code !== 0) throw new Error(`the program ended with ${code ?? signal}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
