// Openers, tasks that do nothing else, open the files of remote file systems: one for each open at a time.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { native } from '../../lib/engine/addon';
import { open } from '../../lib/fs/promises';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child, children } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist } from '../table/tools';

const { killable } = native.counts();
it('exist in the Linux backend only', () =>
  expect(killable).toBe(process.platform === 'linux' && process.env.PENDINGOP_BACKEND !== 'posix'));

const OPENS = 500;
/** Far fewer than one for each open, and enough on a busy machine. */
const FEW = 25;

function openers(): number {
  return children(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'latin1') === 'pendingop-open\n';
    } catch {
      return false; // It has just left.
    }
  }).length;
}

if (killable)
  describeWith('stallfs', 'opens one after the other', () => {
    it(`${OPENS} of them take few tasks`, async () => {
      const fs = await StallFs.mount();
      try {
        writeFileSync(join(fs.backing, 'file'), '');
        for (let i = 0; i < OPENS; i++) await (await open(join(fs.path, 'file'))).close();
        expect(openers()).toBeGreaterThan(0);
        expect(openers()).toBeLessThan(FEW);
      } finally {
        await fs.unmount();
      }
    });
  });

describeWith('stallfs', 'a process without descriptors to spare', () => {
  it('gets EMFILE, loses no descriptor, and goes on', async () => {
    const fs = await StallFs.mount();
    const script = `
      const { closeSync, openSync, readdirSync } = require('node:fs');
      const { open, readFile, stat } = require(${JSON.stringify(dist)} + '/fs/promises');
      const path = process.argv[1];
      const count = () => readdirSync('/proc/self/fd').length;
      const say = (...words) => console.log(...words);
      const fill = () => {
        const taken = [];
        try {
          for (;;) taken.push(openSync('/dev/null'));
        } catch {}
        return () => taken.forEach((fd) => closeSync(fd));
      };
      (async () => {
        await stat('/');
        say('full');
        // Not even the socket of the openers can be made.
        let release = fill();
        await readFile(path).catch(({ code, syscall }) => say(code, syscall));
        await stat(path).then(() => say('there'));
        release();
        say(await readFile(path, 'utf8'));
        const before = count();
        release = fill();
        await readFile(path).catch(({ code, syscall }) => say(code, syscall));
        release();
        const opens = await Promise.allSettled(Array.from({ length: 200 }, () => open(path)));
        const codes = opens.map(({ reason }) => reason?.code);
        say(codes.includes(undefined), codes.every((code) => code === undefined || code === 'EMFILE'));
        for (const { value } of opens) await value?.close();
        say(await readFile(path, 'utf8'), count() - before);
      })();`;
    try {
      writeFileSync(join(fs.backing, 'file'), 'content');
      const limited = 'ulimit -n 80; exec "$0" -e "$1" "$2"';
      const child = Child.start('sh', ['-c', limited, process.execPath, script, join(fs.path, 'file')]);
      expect(await child.wait()).toEqual({ code: 0, signal: null });
      expect(child.stdout.split('\n')).toEqual([
        'full',
        'EMFILE open',
        'there',
        'content',
        'EMFILE open',
        'true true',
        'content 0',
        '',
      ]);
      await until(async () => (await fs.openHandles()) === 0, 'nothing is open in the daemon');
    } finally {
      await fs.unmount();
    }
  });
});

if (killable)
  describeWith('stallfs', 'a process that has files of the mount open', () => {
    const FILES = 3;
    const script = `
      const { openSync } = require('node:fs');
      const [dist, mount] = process.argv.slice(1);
      for (let i = 0; i < ${FILES}; i++) openSync(mount + '/file');
      console.log('open');
      process.stdin.once('data', async () => {
        const { interruptUnder, listPending, trackPending } = require(dist);
        const { open, readFile, stat } = require(dist + '/fs/promises');
        trackPending(true);
        const ends = [open(mount + '/other'), readFile(mount + '/other'), stat(mount + '/other')].map((made) =>
          made.then(() => 'done', ({ outcome }) => outcome));
        while (listPending({ state: 'running' }).length < ends.length) await new Promise((resolve) => setTimeout(resolve, 1));
        await interruptUnder(mount, { grace: 10_000 });
        console.log('ended', ...(await Promise.all(ends)));
      });`;

    it.each([['with /proc'], ['without /proc']])('has its calls killed when it stalls: %s', async (how) => {
      const fs = await StallFs.mount();
      try {
        writeFileSync(join(fs.backing, 'file'), 'content');
        const args = ['-e', script, dist, fs.path];
        const child =
          how === 'with /proc'
            ? Child.start(process.execPath, args)
            : Child.start('unshare', [
                '-m',
                'sh',
                '-c',
                'umount -l /proc; exec "$0" "$@"',
                process.execPath,
                ...args,
              ]);
        await child.says('open\n');
        await fs.deaf();
        child.write('\n');
        await child.says('ended ');
        // A call that no opener had begun is interrupted.
        expect(child.stdout).toMatch(/^ended (killed|interrupted) (killed|interrupted) killed$/m);
        // The end of the process closes its files, which waits for the daemon.
        child.kill('SIGKILL');
        await fs.normal();
        await child.wait();
        await until(async () => (await fs.openHandles()) === 0, 'nothing is open in the daemon');
      } finally {
        Child.killAll();
        await fs.unmount();
      }
    });
  });
