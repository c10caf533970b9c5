// Thousands of kills, at any moment, while the file system stalls and goes on: nothing may be lost.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { InterruptError } from '../../lib';
import { listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import { open, readdir, readFile, stat } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { OpenDescriptors, until } from '../fixtures/leaks';
import { StallFs } from '../fixtures/stallfs';
import { idleWorkersLeave } from '../fixtures/workers';

const KILLS = 20_000;
const BATCH = 200;
const BOUND = 300_000;

const { killable } = native.counts();
it('is for tasks, which the portable backend has none of', () =>
  expect(killable).toBe(process.platform === 'linux' && process.env.PENDINGOP_BACKEND !== 'posix'));

if (killable)
  describeWith('stallfs', 'a storm of kills', () => {
    it(
      `${KILLS} of them leave nothing, and no wrong answer`,
      async () => {
        const fs = await StallFs.mount();
        try {
          mkdirSync(join(fs.backing, 'folder'));
          writeFileSync(join(fs.backing, 'folder', 'a'), '');
          writeFileSync(join(fs.backing, 'file'), 'content');
          const at = (name: string): string => join(fs.path, name);
          const handle = await open(at('file'), 'r');
          const calls: (() => Promise<void>)[] = [
            async () => expect((await stat(at('file'), { timeout: timeout() })).size).toBe(7),
            async () =>
              expect(await readFile(at('file'), { encoding: 'utf8', timeout: timeout() })).toBe('content'),
            async () => expect(await readdir(at('folder'), { timeout: timeout() })).toEqual(['a']),
            async () => {
              const other = await open(at('file'), 'r', undefined, { timeout: timeout() });
              await other.close();
            },
            async () => {
              const { buffer } = await handle.read(Buffer.alloc(7), 0, 7, 0, { timeout: timeout() });
              expect(buffer.toString()).toBe('content');
            },
          ];
          const timeout = (): number => 1 + 12 * Math.random();
          await Promise.all(calls.map((call) => call().catch(() => undefined)));
          const before = new OpenDescriptors();
          const outcomes: Record<string, number> = {};
          let deaf = false;
          while ((outcomes.killed ?? 0) < KILLS) {
            if (deaf) await fs.normal();
            else await fs.deaf();
            deaf = !deaf;
            const batch = Array.from(
              { length: BATCH },
              (_, i) => calls[i % calls.length] as () => Promise<void>,
            );
            const settled = await Promise.allSettled(batch.map((call) => call()));
            for (const one of settled) {
              if (one.status === 'rejected' && (one.reason as InterruptError).outcome === undefined)
                throw one.reason;
              const key = one.status === 'fulfilled' ? 'done' : (one.reason as InterruptError).outcome;
              outcomes[key] = (outcomes[key] ?? 0) + 1;
            }
          }
          await fs.normal();
          expect(outcomes.done).toBeGreaterThan(0);
          await until(() => listPending().length === 0, 'an empty table');
          await until(() => native.counts().queued === 0, 'an empty queue');
          await before.closed();
          expect((await handle.read(Buffer.alloc(7), 0, 7, 0)).buffer.toString()).toBe('content');
          await handle.close();
          await until(async () => (await fs.openHandles()) === 0, 'nothing is open in the daemon');
          await idleWorkersLeave();
        } finally {
          await fs.unmount();
        }
      },
      BOUND,
    );
  });
