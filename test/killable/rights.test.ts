// A process that gives up rights: nothing of the package keeps them, whatever it was doing, and no call made afterwards
// is made with them. Root alone can give anything up.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { Program } from './program';

const killable = hasTasks();

const isRoot = process.getuid?.() === 0;

let place: string;
let attacker: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'rights-'));
  chmodSync(place, 0o755);
  writeFileSync(join(place, 'secret'), 'content', { mode: 0o600 });
  mkdirSync(join(place, 'root'), { mode: 0o700 });
  attacker = join(place, 'attacker.so');
  const source = join(__dirname, 'programs/attacker.c');
  if (killable) execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-O1', '-o', attacker, source]);
});
afterAll(() => rm(place, { recursive: true }));
afterEach(() => Child.killAll());

const startWith = (env: NodeJS.ProcessEnv, ...steps: string[]): Promise<Program> =>
  Program.start(place, env, steps);
const start = (...steps: string[]): Promise<Program> => startWith({}, ...steps);

const READS = 400;

if (killable && isRoot) {
  describe('a process that has made calls', () => {
    for (const mode of ['auto', 'always']) {
      it(`has nothing left with the rights it gave up, step by step: killable ${mode}`, async () => {
        const it = await start(...(mode === 'always' ? ['always'] : []), 'read 100');
        for (const step of [
          'setgroups',
          'setegid',
          'setgid',
          'seteuid',
          'seteuid 0',
          'initgroups',
          'setuid',
        ]) {
          expect(`${step}: ${await it.does(step)}`).toBe(`${step}: none`);
          expect(await it.does('turn', 'others')).toBe('none');
          expect(await it.does('read 20')).toBe(
            step === 'setuid' || step === 'seteuid' ? 'EACCES*20' : 'content*20',
          );
        }
        await it.ends();
      });
    }

    it.each([['seen'], ['unseen']])('makes no call with them, from a busy pool: %s', async (how) => {
      for (let round = 0; round < 5; round++) {
        const it = await start('always', 'read 100');
        expect(await it.does(`drop ${how} ${READS}`)).toBe(`EACCES*${READS}`);
        await it.ends();
      }
    });

    it('has nothing left with them soon after it gave them up past the package, without another call', async () => {
      const it = await start('always', 'read 100');
      await it.does('unseen');
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      expect(await it.does('read 20')).toBe('EACCES*20');
      await it.ends();
    });

    it('keeps its tasks where it is refused, or the argument is wrong', async () => {
      const it = await start('always', 'read 10');
      expect(await it.does('wrong')).toBe('ERR_INVALID_ARG_TYPE');
      expect(await it.does('read 10')).toBe('content*10');
      expect(await it.does('looksTheSame')).toBe('true');
      await it.ends();
    });

    it.each([
      ['capset', 'EACCES*20'],
      ['groups', 'content*20'],
    ])('follows native code: %s', async (attack, reads) => {
      const preload = { LD_PRELOAD: attacker, ATTACK: attack };
      // Without this, root's own file can be read without any capability.
      const it = await startWith(preload, 'always', 'seteuid 65534', 'seteuid 0', 'read 20');
      if (attack === 'capset') execFileSync('chown', ['65534', join(place, 'secret')]);
      try {
        await it.does('raw', 'turn');
        expect(await it.does('read 20')).toBe(reads);
        await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
        await it.ends();
      } finally {
        execFileSync('chown', ['0', join(place, 'secret')]);
      }
    });

    it('ends the helper processes that it started with them', async () => {
      const it = await start('lookup');
      await it.does('setuid');
      // It was killed before; the kernel may take a moment.
      await until(async () => (await it.does('others')) === 'none', 'no helper with the old rights', 5000);
      expect(await it.does('lookup')).not.toContain('Error');
      expect(await it.does('others')).toBe('none');
      await it.ends();
    });
  });

  if (process.arch === 'x64')
    describe('native code that has tasks act for it', () => {
      it.each([['seen'], ['unseen']])('finds none that may do more: %s', async (how) => {
        const loot = join(place, 'root', `loot-${how}`);
        const preload = { LD_PRELOAD: attacker, ATTACK: 'patch', LOOT: loot };
        const it = await startWith(preload, 'always', 'read 100');
        if (how === 'seen') await it.does('setgroups', 'setgid', 'setuid');
        else await it.does('unseen', 'wait 500');
        await it.does('raw', 'turn');
        await it.does('read 100');
        // The exit task looks once a second whether its process is there.
        await it.does('wait 2500');
        expect(existsSync(loot)).toBe(false);
        await it.ends();
      });
    });
}

if (killable && isRoot)
  describeWith('stallfs', 'a process that has calls stuck', () => {
    let fs: StallFs;
    beforeEach(async () => {
      fs = await StallFs.mount();
      chmodSync(fs.backing, 0o755);
      writeFileSync(join(fs.backing, 'file'), 'content', { mode: 0o644 });
    });
    afterEach(async () => {
      Child.killAll();
      await fs.unmount();
    });

    it('ends those that a kill ends, and makes what only reads once more', async () => {
      const it = await start('track', 'grace 50', 'read');
      await fs.deaf();
      const path = join(fs.path, 'file');
      await it.does(
        `stuck ${path} stat`,
        `stuck ${path} open`,
        `stuck ${path} readFile`,
        `stuck ${path}-new writeFile`,
      );
      expect(await it.does('setgroups 65534')).toBe('none');
      expect(await it.does('turn', 'others')).toBe('none');
      await fs.normal();
      // What may have changed something is not made once more.
      expect(await it.does('earlier')).toBe('done*3 killed*1');
      expect(await it.does('others')).toBe('none');
      await it.ends();
    });

    it('says so where the kernel does not let go of them', async () => {
      const it = await start('track', 'grace 50', 'read');
      await fs.hold('ignore', { op: 'lookup' });
      await it.does(`stuck ${join(fs.path, 'missing')} stat`);
      await fs.waitHeld();
      expect(await it.does('setuid')).toBe('pendingop-call D');
      await it.child.says('warning SecurityWarning PENDINGOP_TASKS_HELD\n');
      fs.abort();
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      await it.ends().catch(() => undefined);
    });

    // The grace is for calls that may end by themselves. A killed task makes no more calls.
    it('waits no grace for those that it has killed before, and that the kernel keeps', async () => {
      const it = await start('track', 'grace 50', 'read');
      await fs.hold('ignore', { op: 'lookup' });
      await it.does(`stuck ${join(fs.path, 'missing')} stat`);
      await fs.waitHeld();
      expect(await it.does('interrupt')).toBe('abandoned');
      expect(await it.does('grace 600000', 'setuid')).toBe('pendingop-call D');
      await it.child.says('warning SecurityWarning PENDINGOP_TASKS_HELD\n');
      await fs.release();
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      await it.ends(/^.*PENDINGOP_TASKS_HELD.*: 1 of/);
    });

    it('waits no grace for what closes a file of a stalled mount', async () => {
      const it = await start('always', `keep ${join(fs.path, 'file')}`);
      await fs.hold('ignore', { op: 'flush' });
      // The process that makes tasks begins with a copy of the descriptors, and has each of them closed.
      expect(await it.does('read')).toBe('content*1');
      await fs.waitHeld();
      expect(await it.does('grace 600000', 'setuid')).toBe('pendingop-sweep D');
      await it.child.says('warning SecurityWarning PENDINGOP_TASKS_HELD\n');
      await fs.normal();
      await fs.release();
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      await it.ends(/^.*PENDINGOP_TASKS_HELD.*: 1 of/);
    });

    it('does not take for kept by the kernel what is about to be gone', async () => {
      const it = await start('track', 'grace 0', 'read');
      await fs.deaf();
      const path = join(fs.path, 'file');
      await it.does(`stuck ${path} stat`, `stuck ${path} stat`, `stuck ${path} stat`);
      expect(await it.does('setgroups 65534')).toBe('none');
      await fs.normal();
      expect(await it.does('earlier')).toBe('done*3');
      expect(it.child.stdout).not.toContain('warning');
      await it.ends();
    });

    it('ends those that a kill ends also where it gave up its rights past the package', async () => {
      const it = await start('track', 'read');
      await fs.deaf();
      await it.does(`stuck ${join(fs.path, 'file')} stat`);
      await it.does('unseen groups');
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      await fs.normal();
      expect(await it.does('earlier')).toBe('done*1');
      await it.ends();
    });
  });
