// ulimit -u: calls that are blocked leave processes to whoever else is of the same user.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { temporary } from '../fixtures/mounts';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

// It takes root to become somebody else.
describeWith('mounting', 'a limit of processes for the user', () => {
  it.each(['auto', 'always'])('leaves some to others, killable: %s', async (killable) => {
    const folder = await temporary('processes');
    try {
      execFileSync('chmod', ['755', folder]);
      const fifo = join(folder, 'fifo');
      execFileSync('mkfifo', ['-m', '666', fifo]);
      const program = join(__dirname, 'programs/processes.cjs');
      const child = Child.start(process.execPath, [program, dist, killable, fifo]);
      expect(await child.wait()).toEqual({ code: 0, signal: null });
      expect(child.stderr).toBe('');
      expect(JSON.parse(child.stdout)).toEqual({ queued: true, read: true });
    } finally {
      Child.killAll();
      rmSync(folder, { recursive: true });
    }
  });
});
