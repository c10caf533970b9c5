// Each task has its own credentials, which follow those of the process.
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { withSharedFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, processState, waitsAtExit } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const killable = hasTasks();

const NOBODY = 65534;
// Only root can change its credentials.
const isRoot = process.getuid?.() === 0;

if (killable)
  describe('the credentials of the process', () => {
    const folder = withSharedFolder('credentials');
    beforeAll(() => {
      chmodSync(folder(), 0o755);
      writeFileSync(folder('secret'), 'content', { mode: 0o600 });
    });

    const run = async (body: string): Promise<string> => {
      const script = `
        const { configure } = require(${JSON.stringify(dist)});
        const { readFile, access, stat, writeFile } = require(${JSON.stringify(dist)} + '/fs/promises');
        configure({ killable: 'always' });
        const path = process.argv[1];
        const code = (promise) => promise.then((value) => value ?? 'done', (error) => error.code);
        const read = () => code(readFile(path, 'utf8'));
        (async () => { ${body} })();`;
      const child = Child.node(script, [folder('secret')]);
      expect(await child.wait()).toEqual({ code: 0, signal: null });
      return child.stdout.trim();
    };

    it('apply to the next call, whether it opens a file or not', async () => {
      const body = isRoot
        ? `const seen = [await read()];
           process.setegid(${NOBODY}); process.seteuid(${NOBODY});
           seen.push(...(await Promise.all([read(), read(), code(access(path, 4)), read()])));
           process.seteuid(0); process.setegid(0);
           seen.push(await read());
           console.log(seen.join(' '));`
        : `console.log(await read());`;
      // access() asks about the real user, who is still root.
      expect(await run(body)).toBe(isRoot ? 'content EACCES EACCES done EACCES content' : 'content');
    });

    it('that are given up for good are given up by the tasks, too', async () => {
      const body = isRoot
        ? `await read();
           process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
           const seen = await Promise.all([read(), code(access(path, 4)), code(writeFile(path, 'other'))]);
           console.log(seen.join(' '));`
        : `console.log(await read());`;
      expect(await run(body)).toBe(isRoot ? 'EACCES EACCES EACCES' : 'content');
    });
  });

if (killable)
  describeWith('stallfs', 'a call of a process that is killed', () => {
    it('makes no further call once the process is gone', async () => {
      const fs = await StallFs.mount();
      // Two system calls.
      const chunk = 4 * 1024 * 1024;
      const script = `
        const { open } = require(${JSON.stringify(dist)} + '/fs/promises');
        (async () => {
          const handle = await open(process.argv[1], 'w');
          console.log('open');
          process.stdin.once('data', () => {
            handle.writeFile(Buffer.alloc(${2 * chunk}));
            process.stdin.once('data', () => process.kill(process.pid, 'SIGKILL'));
          });
        })();`;
      try {
        const child = Child.node(script, [join(fs.path, 'file')]);
        await child.says('open\n');
        await fs.deaf();
        child.write('\n');
        await fs.waitUnread();
        child.write('\n');
        // The last thread of the process closes the file and waits for the daemon. If that is the first thread, the process
        // lives until the daemon answers, and the call may be carried out.
        const isGone = (): boolean => child.over || processState(child.pid) === 'Z';
        await until(() => isGone() || waitsAtExit(child.pid), 'the process has ended, or closes the file');
        const closes = !isGone();
        await fs.normal();
        expect(await child.wait()).toEqual({ code: null, signal: 'SIGKILL' });
        await fs.waitCount('release', 1);
        const { size } = statSync(join(fs.backing, 'file'));
        expect(size).toBeLessThan(closes ? 2 * chunk + 1 : chunk);
      } finally {
        await fs.unmount();
      }
    });
  });
