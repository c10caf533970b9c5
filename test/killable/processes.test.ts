// ulimit -u: blocked calls leave processes to other programs of the same user.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

// Only root can become another user.
describeWith('mounting', 'a limit of processes for the user', () => {
  it.each(['auto', 'always'])('some processes are left to others, killable: %s', async (killable) => {
    await inFolder('processes', async (folder) => {
      try {
        execFileSync('chmod', ['755', folder()]);
        const fifo = folder('fifo');
        execFileSync('mkfifo', ['-m', '666', fifo]);
        const program = join(__dirname, 'programs/processes.cjs');
        const child = Child.start(process.execPath, [program, dist, killable, fifo]);
        expect(await child.wait()).toEqual({ code: 0, signal: null });
        expect(child.stderr).toBe('');
        expect(JSON.parse(child.stdout)).toEqual({ queued: true, read: true });
      } finally {
        Child.killAll();
      }
    });
  });
});
