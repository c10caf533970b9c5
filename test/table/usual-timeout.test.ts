// The timeout of calls without their own: it ends calls on files that make no progress.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configure, trackOp } from '../../lib';
import { runCommand } from '../../lib/command';
import { defaults } from '../../lib/engine/settings';
import * as fs from '../../lib/fs';
import { copyFile, cp, open, readdir, readFile, rm, writeFile } from '../../lib/fs/promises';
import { lock } from '../../lib/lock';
import { describeWith } from '../fixtures/available';
import { StallFs, type StallOp } from '../fixtures/stallfs';
import { dist, rejection, withFifo } from './tools';

const before = defaults.timeout;
afterEach(() => {
  defaults.timeout = before;
});

const USUAL = 1000;
/** How long each request waits for its answer, in ms. */
const STEP = 400;
const FILES = 4;
const CHUNK = 128 * 1024;

describeWith('stallfs', 'the usual timeout', () => {
  let place: StallFs;
  const at = (name: string): string => join(place.path, name);
  beforeEach(async () => {
    place = await StallFs.mount();
    await place.directIo(true);
    mkdirSync(join(place.backing, 'folder/inner'), { recursive: true });
    for (let i = 0; i < FILES; i++)
      writeFileSync(join(place.backing, `folder/inner/file-${i}`), `content ${i}`);
    writeFileSync(join(place.backing, 'large'), Buffer.alloc(FILES * CHUNK));
    configure({ timeout: USUAL });
  });
  afterEach(() => place.unmount());

  /** Answers the requests of that kind one after the other, each late. */
  async function slowly<T>(op: StallOp, act: () => Promise<T>): Promise<T> {
    await place.late({ op });
    let over = false;
    const promise = act().finally(() => {
      over = true;
    });
    promise.catch(() => undefined);
    let steps = 0;
    while (!over) {
      const [first] = await place.held();
      if (first === undefined) {
        await delay(1);
        continue;
      }
      await delay(STEP);
      await place.release({ path: first.path });
      steps++;
    }
    await place.normal();
    const value = await promise;
    expect(steps * STEP).toBeGreaterThan(USUAL);
    return value;
  }

  it('lets a large read and a large write go on while they make progress', async () => {
    expect(await slowly('read', () => readFile(at('large')))).toHaveLength(FILES * CHUNK);
    await slowly('write', () => writeFile(at('new'), Buffer.alloc(FILES * CHUNK)));
    truncateSync(join(place.backing, 'large'), FILES * 1024 * 1024);
    // The portable backend copies by reads and writes.
    const step = process.env.PENDINGOP_BACKEND === 'posix' ? 'write' : 'copy_file_range';
    await slowly(step, () => copyFile(at('large'), at('copy')));
  });

  it('lets cp, readdir and rm go on while their parts do', async () => {
    const copy = join(place.backing, 'copy');
    await slowly('open', () => cp(at('folder'), copy, { recursive: true }));
    expect(await readdir(join(copy, 'inner'))).toHaveLength(FILES);
    for (let i = 0; i < FILES; i++) mkdirSync(join(copy, `inner/${i}/${i}/${i}`), { recursive: true });
    const names = await slowly('opendir', () => readdir(at('copy'), { recursive: true }));
    expect(names).toHaveLength(1 + 4 * FILES);
    await slowly('unlink', () => rm(at('copy'), { recursive: true }));
  });

  it('ends a call that hangs, at once or after some progress', async () => {
    const late = { code: 'ETIMEDOUT', name: 'TimeoutError' };
    await place.hold('ignore', { op: 'opendir' });
    expect(await rejection(readdir(at('folder'), { recursive: true }))).toMatchObject(late);
    expect(await rejection(rm(at('folder'), { recursive: true }))).toMatchObject(late);
    await place.normal();
    await place.hold('ignore', { op: 'read' });
    const error = await rejection(readFile(at('large')));
    expect(error).toMatchObject({ ...late, path: at('large'), syscall: 'read' });
    expect(error.message).toContain(`timed out after ${USUAL} ms`);
    const handle = await open(at('large'), 'r', undefined);
    expect(await rejection(handle.read(Buffer.alloc(10)))).toMatchObject(late);
    await handle.close();
  });
});

describe('the usual timeout is not for', () => {
  const fifo = withFifo();
  const SHORT = 40;
  beforeEach(() => configure({ timeout: SHORT }));

  it.each(['promises', 'callbacks', 'a stream', 'a whole file', 'a path'])('a pipe: %s', async (way) => {
    fifo().open();
    const { path } = fifo();
    const fd = openSync(path, 'r');
    const read: Record<string, () => Promise<string>> = {
      promises: async () => {
        const handle = await open(path);
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(10));
        await handle.close();
        return buffer.toString('utf8', 0, bytesRead);
      },
      callbacks: () =>
        new Promise((resolve, reject) =>
          fs.read(fd, Buffer.alloc(10), 0, 10, null, (error, bytes, buffer) =>
            error === null ? resolve(buffer.toString('utf8', 0, bytes)) : reject(error),
          ),
        ),
      'a stream': async () => {
        const stream = fs.createReadStream('', { fd, autoClose: false, encoding: 'utf8' });
        for await (const chunk of stream) return chunk as string;
        return '';
      },
      'a whole file': () =>
        new Promise((resolve, reject) =>
          fs.readFile(fd, 'utf8', (error, text) => (error === null ? resolve(text) : reject(error))),
        ),
      'a path': () => readFile(path, 'utf8'),
    };
    const text = (read[way] as () => Promise<string>)();
    await delay(3 * SHORT);
    fifo().feed('late');
    // Calls that read to the end of the file need one.
    await delay(SHORT);
    fifo().close();
    expect(await text).toBe('late');
    // The end of the loop destroys the stream, which closes its descriptor even without `autoClose`, as Node's does.
    if (way !== 'a stream') closeSync(fd);
  });

  it('standard input, under the hook', async () => {
    const script = `require('node:fs').readFile('/dev/stdin', 'utf8', (error, text) => {
      require('node:fs').readFile(0, 'utf8', (again) => console.log(error?.code ?? text, again?.code));
    });`;
    const env = { ...process.env, PENDINGOP_TIMEOUT: String(SHORT) };
    const command = `(sleep 0.5; printf slow) | "$0" --require "$1" -e "$2"`;
    const flags = ['-c', command, process.execPath, join(dist, 'register.js'), script];
    const said = execFileSync('sh', flags, { env, encoding: 'utf8' });
    expect(said).toBe('slow undefined\n');
  });

  it('a lock that another holds, a command, an op of the caller', async () => {
    const path = join(fifo().path, '../lock');
    const held = await lock(path);
    const next = lock(path);
    const command = runCommand('sh', ['-c', `sleep ${(3 * SHORT) / 1000}`]);
    const op = trackOp({ fn: 'own', onInterrupt: () => undefined }, () => delay(3 * SHORT, 'over'));
    await delay(3 * SHORT);
    await held.release();
    await (await next).release();
    await command;
    expect(await op).toBe('over');
  });
});

describe('configure({ timeout })', () => {
  const fifo = withFifo();
  it.each([0, Infinity])('of %d is none', (timeout) => {
    configure({ timeout });
    expect(defaults.timeout).toBe(0);
  });

  it('is overridden by a timeout of a call', async () => {
    configure({ timeout: 60_000 });
    const error = await rejection(open(fifo().path, 'r', undefined, { timeout: 5 }));
    expect(error.message).toContain('timed out after 5 ms');
  });
});
