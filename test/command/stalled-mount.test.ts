// Processes are started while files of a stalled mount are open in this one, and from a working directory there.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { inFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const program = join(__dirname, 'programs/stalled-mount.cjs');

const DONE = `command: said
input: in name y 3
signal: SIGPIPE
inherited: 0
group: true
missing: ENOENT no-such-command a
closed: EBADF sh
env: ERR_INVALID_ARG_VALUE
timeout: TimeoutError
lookup: true
isolated: 42
ended: killed
exits: ERR_HELPER_ENDED 5
leaves: nothing
priority: 7
`;

const killable = hasTasks();

if (killable)
  describeWith('stallfs', 'processes', () => {
    let fs: StallFs;
    beforeEach(async () => {
      fs = await StallFs.mount();
      writeFileSync(join(fs.backing, 'file'), 'content');
    });
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
    });

    async function expectAll(child: Child, beforeGo: () => Promise<void>, more = ''): Promise<void> {
      await child.says('ready\n');
      await beforeGo();
      child.write('go\n');
      await child.says('done\n', 60_000);
      expect(child.stdout).toBe(`ready\n${DONE}${more}done\n`);
      expect(child.stderr).toBe('to you\n');
    }

    test.each(['read', 'written', 'read, written, high and cwd', 'many'])(
      'are started while the mount is stalled: %s',
      async (how) => {
        const child = Child.start(process.execPath, [program, dist, fs.path, how]);
        await expectAll(child, () => fs.deaf());
      },
    );

    if (process.getuid?.() === 0)
      test('have the rights that the process has changed to', async () => {
        const child = Child.start(process.execPath, [program, dist, fs.path, 'read, nobody']);
        await expectAll(child, async () => undefined, 'nobody: 65534 65534\n');
      });

    // The mount answers here: Node's own way to start a process could not do without.
    test('are started in Node’s way if workers are threads', async () => {
      const child = Child.start(process.execPath, [program, dist, fs.path, 'read, threads']);
      await expectAll(child, async () => undefined);
    });

    test('are started in Node’s way if the system refuses tasks', async () => {
      await inFolder('no-tasks', async (folder) => {
        const filter = folder('no-tasks');
        execFileSync(process.env.CC || 'cc', [
          '-o',
          filter,
          join(__dirname, '../killable/programs/no-tasks.c'),
        ]);
        const child = Child.start(filter, [process.execPath, program, dist, fs.path, 'read']);
        await expectAll(child, async () => undefined);
      });
    });
  });
