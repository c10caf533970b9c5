// The usage of all mounts, asked for by a process that can end whatever happens to its calls.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { MountUsage } from '../../index';
import { CliError } from '../failure';
import { mountsOf, nameOf, ourPackage } from './mounts-of';

/** `name`: the mount point with all its bytes. */
export type Usage = Omit<MountUsage, 'error' | 'path'> & { readonly name: string; readonly error?: string };

/**
 * Returns the usage of all mounts. Each mount has `timeout` ms to answer.
 *
 * A process with a call stuck in the kernel cannot end before the kernel has released the call, unless the call can be
 * killed. If it cannot (with the portable backend, or if tasks are refused), a second process asks, and this one ends
 * without it.
 */
export async function usages(timeout: number | undefined): Promise<Usage[]> {
  kills ??= canKill();
  return (await kills) ? ask(timeout) : askApart(timeout);
}

async function ask(timeout: number | undefined): Promise<Usage[]> {
  const found = await mountsOf().statfs(timeout === undefined ? {} : { timeout });
  return found.map(({ error, path, ...rest }) => {
    const usage = { ...rest, name: nameOf(path) };
    return error === undefined ? usage : { ...usage, error: error.code ?? error.message };
  });
}

/** One answer for all looks. */
let kills: Promise<boolean> | undefined;

async function canKill(): Promise<boolean> {
  mountsOf();
  // Whether the system refuses tasks is known once a task was asked for.
  const { statfs } = require('../../fs/promises') as typeof import('../../fs/promises');
  await statfs('/').catch(() => undefined);
  return ourPackage().supported.kill;
}

/**
 * One process for all looks. It has none of this one's pipes: the reader of a pipe waits for every process that has it
 * open.
 */
let second: ReturnType<typeof fork> | undefined;

async function askApart(timeout: number | undefined): Promise<Usage[]> {
  second ??= fork(__filename, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true });
  const over = new AbortController();
  try {
    const { signal } = over;
    const answer = once(second, 'message', { signal });
    const ended = once(second, 'exit', { signal }).then(() => {
      second = undefined;
      throw new CliError('The process that asks the mounts was ended before it had their answers: try again');
    });
    second.send({ timeout });
    return (await Promise.race([answer, ended]))[0] as Usage[];
  } finally {
    over.abort();
  }
}

if (require.main === module) {
  process.on('message', ({ timeout }: { timeout?: number }) => {
    void ask(timeout).then((found) => process.send?.(found));
  });
  process.once('disconnect', () => process.exit(0));
}
