// After a process has given up rights, no task keeps them and no call is made with them. Only root can give up rights.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { withSharedFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { hasTasks } from '../fixtures/tasks';
import { Program } from './program';

const killable = hasTasks();

const isRoot = process.getuid?.() === 0;

let attacker: string;
const place = withSharedFolder('rights');
beforeAll(() => {
  chmodSync(place(), 0o755);
  writeFileSync(place('secret'), 'content', { mode: 0o600 });
  mkdirSync(place('root'), { mode: 0o700 });
  attacker = place('attacker.so');
  const source = join(__dirname, 'programs/attacker.c');
  if (killable) execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-O1', '-o', attacker, source]);
});
afterEach(() => Child.killAll());

const startWith = (env: NodeJS.ProcessEnv, ...steps: string[]): Promise<Program> =>
  Program.start(place(), env, steps);
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

    it('has no task with the old rights soon after it gave them up without the package, even if it makes no call', async () => {
      const it = await start('always', 'read 100');
      await it.does('unseen');
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      expect(await it.does('read 20')).toBe('EACCES*20');
      await it.ends();
    });

    it('keeps its tasks if the change is refused or the argument is wrong', async () => {
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
      // The file belongs to another user: root could read its own without any capability.
      const it = await startWith(preload, 'always', 'seteuid 65534', 'seteuid 0', 'read 20');
      if (attack === 'capset') execFileSync('chown', ['65534', place('secret')]);
      try {
        await it.does('raw', 'turn');
        expect(await it.does('read 20')).toBe(reads);
        await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
        await it.ends();
      } finally {
        execFileSync('chown', ['0', place('secret')]);
      }
    });

    it('ends the helper processes that it started with them', async () => {
      const it = await start('lookup');
      await it.does('setuid');
      // It was killed already; the kernel may need a moment.
      await until(async () => (await it.does('others')) === 'none', 'no helper with the old rights', 5000);
      expect(await it.does('lookup')).not.toContain('Error');
      expect(await it.does('others')).toBe('none');
      await it.ends();
    });
  });

  if (process.arch === 'x64')
    describe('native code that asks tasks to act for it', () => {
      it.each([['seen'], ['unseen']])('finds no task with more rights: %s', async (how) => {
        const loot = place('root', `loot-${how}`);
        const preload = { LD_PRELOAD: attacker, ATTACK: 'patch', LOOT: loot };
        const it = await startWith(preload, 'always', 'read 100');
        if (how === 'seen') await it.does('setgroups', 'setgid', 'setuid');
        else await it.does('unseen', 'wait 500');
        await it.does('raw', 'turn');
        await it.does('read 100');
        // Once a second the exit task looks whether its process lives.
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

    it('kills the calls that a kill ends, and makes those again that only read', async () => {
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
      // A call that may have changed something is not made again.
      expect(await it.does('earlier')).toBe('done*3 killed*1');
      expect(await it.does('others')).toBe('none');
      await it.ends();
    });

    it('warns if the kernel does not release them', async () => {
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
    it('waits no grace for tasks that it has killed before and that the kernel keeps', async () => {
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

    it('waits no grace for a task that closes a file of a stalled mount', async () => {
      const it = await start('always', `keep ${join(fs.path, 'file')}`);
      await fs.hold('ignore', { op: 'flush' });
      // The forge begins with a copy of the descriptors, and closes each.
      expect(await it.does('read')).toBe('content*1');
      await fs.waitHeld();
      expect(await it.does('grace 600000', 'setuid')).toBe('pendingop-sweep D');
      await it.child.says('warning SecurityWarning PENDINGOP_TASKS_HELD\n');
      await fs.normal();
      await fs.release();
      await until(async () => (await it.does('others')) === 'none', 'no task with the old rights');
      await it.ends(/^.*PENDINGOP_TASKS_HELD.*: 1 of/);
    });

    it('does not count a task as kept that is about to be gone', async () => {
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

    it('kills the calls that a kill ends, also after rights were given up without the package', async () => {
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
