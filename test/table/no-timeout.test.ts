// A timeout of 0 or Infinity means none, wherever there is a timeout.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mounts, OpKind, runInterruptible, trackOp } from '../../lib';
import { runCommand } from '../../lib/command';
import { defaults } from '../../lib/engine/settings';
import * as fs from '../../lib/fs';
import * as promises from '../../lib/fs/promises';
import { lock } from '../../lib/lock';
import { withFolder } from '../fixtures/folder';
import { lookup, runIsolated, work } from '../lookup/tools';
import { pending, withFifo } from './tools';

const fifo = withFifo();

afterEach(() => {
  defaults.timeout = usual;
});
const folder = withFolder('no-timeout');
beforeEach(() => {
  for (let i = 0; i < 20; i++) writeFileSync(folder(`file-${i}`), 'content');
});
const { timeout: usual } = defaults;

/** Longer than a timer that would end a call with almost no time. */
const AWHILE = 30;

/** Expects that the call still waits for the FIFO after a while, and then opens the FIFO. */
async function stays<T>(start: () => Promise<T>): Promise<T> {
  const promise = start();
  promise.catch(() => undefined);
  const [op] = await pending(1, { kind: OpKind.Path | OpKind.File, state: 'running' });
  await delay(AWHILE);
  const [still] = await pending(1, { kind: OpKind.Path | OpKind.File });
  expect(still?.id).toBe(op?.id);
  fifo().open();
  return promise;
}

describe.each([0, Infinity])('a timeout of %d is none', (timeout) => {
  const path = (): string => folder('file-1');

  it('of a call', async () => {
    await (await stays(() => promises.open(fifo().path, 'r', undefined, { timeout }))).close();
  });

  it('of a call with a default timeout', async () => {
    defaults.timeout = 5;
    await (await stays(() => promises.open(fifo().path, 'r', undefined, { timeout }))).close();
  });

  it('of a callback function', async () => {
    const opened = (): Promise<number> =>
      new Promise((resolve, reject) =>
        fs.open(
          fifo().path,
          'r',
          undefined,
          { timeout } as never,
          ((error: Error | null, fd: number) => (error === null ? resolve(fd) : reject(error))) as never,
        ),
      );
    fs.closeSync(await stays(opened));
  });

  it('of a composite', async () => {
    expect(await promises.readdir(folder(), { recursive: true, timeout } as object)).toHaveLength(20);
    await promises.cp(folder(), folder('../no-timeout-copy'), { recursive: true, timeout } as object);
    await promises.rm(folder('../no-timeout-copy'), { recursive: true, timeout } as object);
  });

  it('of a synchronous function', () => {
    expect(fs.readFileSync(path(), { timeout }).toString()).toBe('content');
    expect(fs.readdirSync(folder(), { recursive: true, timeout })).toHaveLength(20);
    const dir = fs.opendirSync(folder(), { timeout });
    expect(dir.readSync({ timeout } as never)).not.toBeNull();
    dir.closeSync({ timeout } as never);
  });

  it('of a stream', async () => {
    const chunks: string[] = [];
    for await (const chunk of fs.createReadStream(path(), { timeout, encoding: 'utf8' } as never))
      chunks.push(chunk as string);
    expect(chunks.join('')).toBe('content');
  });

  it('of a scope', async () => {
    await runInterruptible({ timeout }, async (scope) => {
      await delay(AWHILE);
      expect(scope.signal.aborted).toBe(false);
      await promises.stat(folder());
    });
  });

  it('of a command', async () => {
    const { stdout } = await runCommand('sh', ['-c', 'sleep 0.05; echo done'], { timeout });
    expect(String(stdout)).toBe('done\n');
  });

  it('of an op of the caller', async () => {
    const info = { fn: 'waiting', onInterrupt: () => undefined, timeout };
    expect(await trackOp(info, () => delay(AWHILE, 'over'))).toBe('over');
  });

  it('of a lock that another holds', async () => {
    const held = await lock(path());
    const next = lock(path(), { timeout });
    await delay(AWHILE);
    await held.release();
    await (await next).release();
  });

  it('of a look-up, and of what runs in another process', async () => {
    const found = await new Promise((resolve, reject) =>
      lookup('localhost', { timeout }, (error, address) =>
        error === null ? resolve(address) : reject(error),
      ),
    );
    expect(found).toBeDefined();
    expect(await runIsolated(work, ['later', 1], { timeout })).toBe(1);
  });

  it('of the usage of mounts', async () => {
    for (const { stalled } of await mounts.statfs({ timeout })) expect(stalled).toBe(false);
  });
});

describe('options in the place of arguments that are left out', () => {
  it('are those of the call, with promises as with callbacks', async () => {
    for (const act of [
      () => promises.open(fifo().path, { timeout: 5 }),
      () => promises.open(fifo().path, 'r', { timeout: 5 }),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const { signal } = new AbortController();
    await promises.access(folder(), { signal, timeout: 1e6 });
    await promises.access(folder(), fs.constants.R_OK, { signal });
    await expect(promises.access(folder(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await expect(promises.open(folder(), {} as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });
});
