// A pid namespace whose process 1 waits only for its own children, as Node does.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { dist } from '../table/tools';

const killable = hasTasks();
afterEach(() => Child.killAll());

const READER = `
  const { readFile } = require(process.argv[1] + '/fs/promises');
  readFile(process.argv[2], 'utf8').then((text) => {
    if (process.argv[3] === 'exit') process.exit(text === 'content' ? 0 : 1);
  });`;

const FIRST = `
  const { spawn } = require('node:child_process');
  const { readdirSync, readFileSync } = require('node:fs');
  const [reader, dist, file] = process.argv.slice(1);
  const run = (how) => new Promise((resolve) =>
    spawn(process.execPath, ['-e', reader, dist, file, how], { stdio: 'inherit' }).on('exit', resolve));
  (async () => {
    const codes = [];
    for (const how of ['exit', 'natural', 'exit', 'natural']) codes.push(await run(how));
    const zombies = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).filter((id) => {
      try {
        return /^State:\\s*Z/m.test(readFileSync('/proc/' + id + '/status', 'latin1'));
      } catch {
        return false;
      }
    });
    console.log('codes', ...codes, 'zombies', zombies.length);
  })();`;

if (killable && process.getuid?.() === 0)
  describeWith('stallfs', 'process 1', () => {
    it('gets no zombies of programs that read from FUSE', async () => {
      const fs = await StallFs.mount();
      try {
        writeFileSync(join(fs.backing, 'file'), 'content');
        const args = [
          '-pf',
          '--mount-proc',
          process.execPath,
          '-e',
          FIRST,
          READER,
          dist,
          join(fs.path, 'file'),
        ];
        const child = Child.start('unshare', args);
        await child.wait();
        expect(child.stdout).toBe('codes 0 0 0 0 zombies 0\n');
      } finally {
        await fs.unmount();
      }
    });
  });
