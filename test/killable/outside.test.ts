// Another program kills tasks, as `pkill -9` does. Their calls end or are made again, and new calls work.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child, children, signal } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { Program } from './program';

const killable = hasTasks();

/** Returns the tasks of a process with this name, zombies included. */
function tasks(pid: number, name: string): number[] {
  return children(pid).filter((task) => {
    try {
      const status = readFileSync(`/proc/${task}/status`, 'latin1');
      return status.startsWith(`Name:\t${name}\n`) && !/^State:\s*Z/m.test(status);
    } catch {
      return false; // It has just gone.
    }
  });
}

async function killAll(pid: number, name: string): Promise<void> {
  const found = tasks(pid, name);
  expect(found.length).toBeGreaterThan(0);
  for (const task of found) signal(task, 'SIGKILL');
}

if (killable)
  describeWith('stallfs', 'tasks that somebody else kills', () => {
    let fs: StallFs;
    let file: string;
    beforeEach(async () => {
      fs = await StallFs.mount();
      writeFileSync(join(fs.backing, 'file'), 'content');
      file = join(fs.path, 'file');
    });
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
    });

    it.each([['pendingop-call'], ['pendingop-open'], ['pendingop-forge'], ['pendingop-exit']])(
      'idle: %s',
      async (name) => {
        const program = await Program.start(fs.path, {}, ['track', `read 20 ${file}`]);
        for (let round = 0; round < 3; round++) {
          await killAll(program.child.pid, name);
          expect(await program.does(`read 20 ${file}`)).toBe('content*20');
          // A task that no call needs is started again while calls are made.
          await until(async () => {
            await program.does(`read 1 ${file}`);
            return tasks(program.child.pid, name).length > 0;
          }, `there is ${name} again`);
        }
        await program.ends();
      },
    );

    it('all tasks, again and again, while calls run', async () => {
      const program = await Program.start(fs.path, {}, ['track']);
      // Each kill comes while 200 calls are in flight.
      for (let round = 0; round < 10; round++) {
        const reads = program.does(`read 200 ${file}`);
        for (const task of children(program.child.pid)) signal(task, 'SIGKILL');
        // A read at the file's own position is not made again.
        expect(await reads).toMatch(/^((content|EINTR)\*\d+ ?)+$/);
      }
      await until(async () => (await program.does('pending')) === 'none', 'nothing is left');
      expect(await program.does(`read 20 ${file}`)).toBe('content*20');
      await program.ends();
    });

    it('in a call: a call that only reads is made again, one that may have changed something fails', async () => {
      const program = await Program.start(fs.path, {}, ['track', `read 1 ${file}`]);
      await fs.deaf();
      await program.does(`stuck ${file} stat`, `stuck ${file} open`, `stuck ${file}-new writeFile`);
      await killAll(program.child.pid, 'pendingop-call');
      await until(() => tasks(program.child.pid, 'pendingop-call').length > 0, 'others go on');
      await killAll(program.child.pid, 'pendingop-open');
      await until(async () => (await program.does('pending')).split(' ').length < 3, 'one has ended');
      await fs.normal();
      expect(await program.does('earlier')).toBe('done*2 killed*1');
      await program.ends();
    });

    it('in a copy: the destination stays, since it may be older than the copy', async () => {
      const copy = join(fs.backing, 'file-copy');
      writeFileSync(copy, 'older, and longer');
      const program = await Program.start(fs.path, {}, ['track', `read 1 ${file}`]);
      await fs.hold('honour', { op: 'copy_file_range' });
      await program.does(`stuck ${file} copyFile`);
      await fs.waitHeld(1, { op: 'copy_file_range' });
      await killAll(program.child.pid, 'pendingop-call');
      expect(await program.does('earlier')).toBe('killed*1');
      await fs.release();
      await fs.normal();
      expect(existsSync(copy)).toBe(true);
      await program.ends();
    });
  });
