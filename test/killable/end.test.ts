// The end of a process whose tasks are stuck. A task is a process of its own to the system, and has the descriptors of
// the one that it belongs to: what nothing ends must hold neither the process nor its ports, pipes and locks.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import { tryLock } from '../../lib/lock';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child, children, processState } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const program = join(__dirname, 'programs/stalled.cjs');
const killable = hasTasks();

/** A zombie is the business of who has inherited it. */
const isThere = (pid: number): boolean => !['Z', 'X', undefined].includes(processState(pid));

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

async function isUnlocked(path: string, kind: 'flock' | 'fcntl'): Promise<boolean> {
  const held = await tryLock(path, { kind });
  await held?.release();
  return held !== undefined;
}

if (killable)
  describeWith('stallfs', 'a process with tasks that are stuck', () => {
    let fs: StallFs;
    let folder: string;
    const times: string[] = [];
    beforeEach(async () => {
      fs = await StallFs.mount();
      folder = mkdtempSync(join(tmpdir(), 'end-'));
      for (const kind of ['flock', 'fcntl']) writeFileSync(join(folder, `file-${kind}`), '');
    });
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
      await rm(folder, { recursive: true });
    });
    // For people: how long it took.
    afterAll(() => void process.stdout.write(`${times.join('\n')}\n`));

    const stalls = {
      'where nothing ends them': () => fs.hold('ignore', { op: 'lookup' }),
      'where a kill does': () => fs.deaf(),
    };
    const ways = ['exit', 'SIGTERM', 'SIGKILL'] as const;
    const cases = Object.keys(stalls).flatMap((stall) => ways.map((how) => [stall, how] as const));

    it.each(cases)('%s, ends at once by %s', async (stall, how) => {
      await stalls[stall as keyof typeof stalls]();
      const file = join(folder, 'file');
      const child = Child.start(process.execPath, [program, dist, fs.path, file]);
      await child.says('port ');
      const port = Number(/port (\d+)/.exec(child.stdout)?.[1]);
      expect(await isFree(port)).toBe(false);
      expect(await isUnlocked(`${file}-flock`, 'flock')).toBe(false);
      // A task is held once the daemon has read its request, and can be killed until then.
      if (stall === 'where nothing ends them') await fs.waitHeld();
      const tasks = children(child.pid);
      expect(tasks.length).toBeGreaterThanOrEqual(5);

      const begin = performance.now();
      if (how === 'exit') child.write('exit\n');
      else child.kill(how);
      // Reaped, and at the end of its output: no task holds the pipe.
      expect(await child.wait()).toEqual(
        how === 'exit' ? { code: 7, signal: null } : { code: null, signal: how },
      );
      times.push(`  gone after ${(performance.now() - begin).toFixed(1)} ms: ${stall}, ${how}`);
      await until(() => isFree(port), 'its port can be bound');
      await until(() => isUnlocked(`${file}-flock`, 'flock'), 'its flock() is gone');
      await until(() => isUnlocked(`${file}-fcntl`, 'fcntl'), 'its lock of the open file is gone');
      times.push(`  all is free after ${(performance.now() - begin).toFixed(1)} ms`);

      if (stall === 'where nothing ends them') {
        // The test is one of orphans indeed: they are there until the file system answers.
        expect(tasks.some(isThere)).toBe(true);
        fs.abort();
      }
      await until(() => !tasks.some(isThere), 'no task is left');
    });
  });
