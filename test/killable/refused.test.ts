// If the system refuses tasks, as a seccomp filter does, workers are threads, and counts and doctor say so.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const killable = hasTasks();

// The program prints its counts after each line of its input.
const script = `
  const [dist, mount] = process.argv.slice(1);
  const { configure, interruptUnder, listPending, mounts, trackPending } = require(dist);
  const { open, readFile, stat } = require(dist + '/fs/promises');
  const { existsSync } = require('node:fs');
  const { canInterrupt } = mounts.of(mount);
  trackPending(true);
  const steps = {
    async calls() {
      const handle = await open(mount + '/file');
      const text = await readFile(mount + '/file', 'utf8');
      await handle.close();
      return [canInterrupt, mounts.of(mount).canInterrupt, text];
    },
    async always() {
      configure({ killable: 'always' });
      return [await readFile(process.execPath).then(({ length }) => length > 0)];
    },
    async stalled() {
      const fate = stat(mount + '/missing').catch((error) => error.outcome);
      while (listPending({ state: 'running' }).length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
      const thread = existsSync('/proc/self/task/' + listPending()[0].threadId);
      await interruptUnder(mount, { grace: 20 });
      return [thread ? 'thread' : 'task', await fate];
    },
    async over() {
      while (listPending().length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      process.exit(0);
    },
  };
  process.stdin.on('data', async (data) => console.log(data.toString().trim(), ...(await steps[data.toString().trim()]()), '.'));
  console.log('ready');`;

if (killable)
  describeWith('stallfs', 'where the system refuses tasks', () => {
    let fs: StallFs;
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
    });
    const folder = withFolder('refused');
    beforeEach(async () => {
      fs = await StallFs.mount();
    });

    it('workers are threads, whatever was asked for, and every report says so', async () => {
      execFileSync('sh', ['-c', `printf content > "$0/file"`, fs.backing]);
      const launcher = folder('no-tasks');
      execFileSync(process.env.CC || 'cc', ['-o', launcher, join(__dirname, 'programs/no-tasks.c')]);
      // Started before anything stalls, since a fork while a stalled file is open may hang.
      const child = Child.start(launcher, [process.execPath, '-e', script, dist, fs.path]);
      const step = async (name: string): Promise<string | undefined> => {
        child.write(`${name}\n`);
        const answer = new RegExp(`^${name} (.*) \\.$`, 'm');
        await until(() => child.over || answer.test(child.stdout), `an answer to ${name}`);
        return answer.exec(child.stdout)?.[1];
      };
      await child.says('ready');
      // The refusal is known only once the first task was refused.
      expect(await step('calls')).toMatch(/^(abort|kill) abort content$/);
      expect(await step('always')).toBe('true');
      await fs.deaf();
      expect(await step('stalled')).toBe('thread abandoned');
      await fs.normal();
      child.write('over\n');
      expect(await child.wait()).toEqual({ code: 0, signal: null });
      expect(child.stderr).toBe('');
    });
  });
