// The end of a process whose tasks are stuck. To the system a task is another process with the same descriptors. A task
// that nothing ends must keep neither the process nor its ports, pipes and locks.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import { tryLock } from '../../lib/lock';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, children, processState } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const program = join(__dirname, 'programs/stalled.cjs');
const killable = hasTasks();

/** A zombie counts as gone: its new parent reaps it. */
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
    const times: string[] = [];
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
    });
    const folder = withFolder('end');
    beforeEach(async () => {
      fs = await StallFs.mount();
      for (const kind of ['flock', 'fcntl']) writeFileSync(folder(`file-${kind}`), '');
    });
    // Prints how long it took.
    afterAll(() => void process.stdout.write(`${times.join('\n')}\n`));

    const stalls = {
      'where nothing ends them': () => fs.hold('ignore', { op: 'lookup' }),
      'where a kill does': () => fs.deaf(),
    };
    const ways = ['exit', 'SIGTERM', 'SIGKILL'] as const;
    const cases = Object.keys(stalls).flatMap((stall) => ways.map((how) => [stall, how] as const));

    it.each(cases)('%s, ends at once by %s', async (stall, how) => {
      await stalls[stall as keyof typeof stalls]();
      const file = folder('file');
      const child = Child.start(process.execPath, [program, dist, fs.path, file]);
      await child.says('port ');
      const port = Number(/port (\d+)/.exec(child.stdout)?.[1]);
      expect(await isFree(port)).toBe(false);
      expect(await isUnlocked(`${file}-flock`, 'flock')).toBe(false);
      // A task can be killed until the daemon has read its request.
      if (stall === 'where nothing ends them') await fs.waitHeld();
      const tasks = children(child.pid);
      expect(tasks.length).toBeGreaterThanOrEqual(5);

      const begin = performance.now();
      if (how === 'exit') child.write('exit\n');
      else child.kill(how);
      // The process is reaped and its output has ended, so no task keeps the pipe.
      expect(await child.wait()).toEqual(
        how === 'exit' ? { code: 7, signal: null } : { code: null, signal: how },
      );
      times.push(`  gone after ${(performance.now() - begin).toFixed(1)} ms: ${stall}, ${how}`);
      await until(() => isFree(port), 'its port can be bound');
      await until(() => isUnlocked(`${file}-flock`, 'flock'), 'its flock() is gone');
      await until(() => isUnlocked(`${file}-fcntl`, 'fcntl'), 'its lock of the open file is gone');
      times.push(`  all is free after ${(performance.now() - begin).toFixed(1)} ms`);

      if (stall === 'where nothing ends them') {
        // There are orphans: they remain until the file system answers.
        expect(tasks.some(isThere)).toBe(true);
        fs.abort();
      }
      await until(() => !tasks.some(isThere), 'no task is left');
    });
  });
