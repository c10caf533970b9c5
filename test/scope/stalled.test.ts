// Scopes with calls that the kernel does not release.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AbortError, listPending, onPending, runInterruptible, TimeoutError } from '../../lib';
import { stat as statCallback } from '../../lib/fs';
import { open, readFile, rm, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { failing, rejection } from '../table/tools';

describeWith('stallfs', 'a stalled mount', () => {
  let fs: StallFs;
  const at = (name: string): string => join(fs.path, name);
  beforeEach(async () => {
    fs = await StallFs.mount();
  });
  afterEach(() => fs.unmount());

  it('abandons within the grace, and the error is that of the op', async () => {
    await fs.hold('ignore', { op: 'lookup', path: '/file' });
    const controller = new AbortController();
    const failure = failing(runInterruptible({ signal: controller.signal }, () => stat(at('file'))));
    await fs.waitHeld();
    controller.abort(1);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ cause: 1, outcome: 'abandoned', syscall: 'stat', path: at('file') });
    expect(listPending({ state: 'abandoned' })).toHaveLength(1);
    await fs.normal();
    await fs.release();
    await until(() => listPending().length === 0, 'the release');
  });

  it('frees callbacks, handles and composites alike', async () => {
    await fs.hold('ignore', { op: 'lookup', path: '/file' });
    await fs.hold('ignore', { op: 'lookup', path: '/tree' });
    const error = await rejection(
      runInterruptible({ timeout: 500 }, () =>
        Promise.all([
          new Promise((resolve, reject) =>
            statCallback(at('file'), (failure, stats) => (failure ? reject(failure) : resolve(stats))),
          ),
          failing(rm(at('tree'), { recursive: true })).then((failure) => {
            expect(failure).toBeInstanceOf(TimeoutError);
            expect(failure.outcome).toBe('abandoned');
            return failure;
          }),
          failing(readFile(at('file'))),
        ]),
      ),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    await fs.normal();
    await fs.release();
    await until(() => listPending().length === 0, 'the release');
  });

  it('ends the call in the scope, and no call outside on the same mount', async () => {
    await fs.late({ op: 'lookup', path: '/file' });
    const outside = failing(stat(at('file')));
    await fs.waitHeld();
    const inside = failing(
      runInterruptible({ timeout: 500 }, () => stat(at('file2')).catch(() => stat(at('file')))),
    );
    expect(await inside).toBeInstanceOf(TimeoutError);
    expect(listPending({ state: 'running' })).toHaveLength(1);
    await fs.normal();
    await fs.release();
    expect(await outside).toMatchObject({ code: 'ENOENT' });
    await until(() => listPending().length === 0, 'the release');
  });

  it('frees the caller of a close', async () => {
    writeFileSync(join(fs.backing, 'file'), 'x');
    const handle = await open(at('file'));
    await fs.hold('ignore', { op: 'flush', path: '/file' });
    const failure = failing(runInterruptible({ timeout: 500 }, () => handle.close()));
    expect(await failure).toMatchObject({ outcome: 'abandoned', syscall: 'close' });
    await fs.normal();
    await fs.release();
    await until(() => listPending().length === 0, 'the release');
  });

  it('reports the release of composites, too', async () => {
    const seen: string[] = [];
    const off = onPending(({ type, op }) => {
      if (op.fn() === 'rm') seen.push(type);
    });
    await fs.hold('ignore', { op: 'lookup', path: '/tree' });
    const failure = failing(runInterruptible({ timeout: 500 }, () => rm(at('tree'), { recursive: true })));
    expect(await failure).toMatchObject({ outcome: 'abandoned' });
    const held = listPending();
    expect(held.map((op) => [op.fn(), op.state])).toEqual([
      ['rm', 'abandoned'],
      ['lstat', 'abandoned'],
    ]);
    expect(held[1]?.parent).toBe(held[0]?.id);
    expect(seen).toEqual(['start', 'interrupt', 'abandon', 'end']);
    await fs.normal();
    await fs.release();
    await until(() => listPending().length === 0, 'the release');
    off();
    expect(seen).toEqual(['start', 'interrupt', 'abandon', 'end', 'release']);
  });
});
