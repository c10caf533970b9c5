// `pendingop ps` on processes that cannot run, and on those that end.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { whileFrozen } from '../fixtures/freezer';
import { Child, stop } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist, withFifo } from '../table/tools';
import { withStates } from './states';
import { clean, killAllAfterwards, noProcess, pendingop, type SeenProcess, seen, start } from './tools';

const { folder, inState, run } = withStates();

describe('a process', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('that is stopped counts as hanging, and the advised command continues it', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '4']);
    await seen(pid, ({ waits }) => waits.length === 4);
    await stop(pid);
    const stopped = await seen(pid, ({ state }) => state === 'stopped');
    expect(stopped.verdicts.map(({ text }) => text)).toEqual([
      'The process is stopped (SIGSTOP, or Ctrl-Z at a terminal): none of its threads runs.',
    ]);
    const { code, stdout } = await pendingop(['ps', String(pid)]);
    expect([code, stdout.includes('No thread waits')]).toEqual([1, false]);
    const command = stopped.verdicts[0]?.advice[0]?.split('   ')[0] as string;
    expect(await Child.start('sh', ['-c', command]).wait()).toEqual({ code: 0, signal: null });
    await seen(pid, ({ state, waits }) => state === 'runs' && waits.length === 4);
  });

  it('that a debugger holds counts as hanging, and the debugger is named', async () => {
    const pid = await inState('traced');
    const { verdicts } = await seen(pid, ({ state }) => state === 'traced');
    expect(verdicts[0]?.text).toMatch(
      /^A debugger holds the process \(process \d+ \(states\)\): none of its threads runs\.$/,
    );
    expect((await pendingop(['ps', String(pid)])).code).toBe(1);
  });

  it('that is a zombie is shown as ended, with its parent', async () => {
    const pid = await inState('ended');
    const { verdicts, state } = await seen(pid, () => true);
    expect([state, verdicts[0]?.text.replace(/\d+/, 'N')]).toEqual([
      'ended',
      'The process has ended. Its parent N (states) has not yet asked for its exit status (a zombie).',
    ]);
    const { code, stdout } = await pendingop(['ps', String(pid)]);
    expect([code, stdout.includes('No thread waits')]).toEqual([0, false]);
  });

  it('whose first thread has ended is shown with the files that the others wait for', async () => {
    const pid = await inState('without-first-thread', fifo().path);
    const { waits, verdicts } = await seen(pid, (one) => one.waits.length === 1);
    expect(waits[0]).toMatchObject({ call: 'openat', file: fifo().path, mount: '/' });
    expect(verdicts[0]?.text).toMatch(/^1 thread waits on \/.* \(a FIFO whose other end nobody has opened/);
  });

  it('that ends during a look is shown as gone, or with what was seen', async () => {
    // Each look is at a process that ends at another moment of the look.
    for (let i = 0; i < 8; i++) {
      const child = await start('plain.cjs', ['pool', fifo().path, '4']);
      const look = Child.start(process.execPath, [
        require.resolve('../../dist/cli/main.js'),
        ...['ps', String(child.pid), '--json'],
      ]);
      setTimeout(() => child.kill(), 30 * i);
      const { code } = await look.wait();
      if (code === 3) expect(look.stderr).toBe(noProcess(child.pid));
      else expect([look.stderr, (JSON.parse(look.stdout) as SeenProcess).pid]).toEqual(['', child.pid]);
    }
  });

  it('that ends during a sample of top is shown as gone', async () => {
    const child = await start('plain.cjs', ['pool', fifo().path, '4']);
    const top = Child.start(process.execPath, [
      require.resolve('../../dist/cli/main.js'),
      ...['top', String(child.pid), '--watch=0.1'],
    ]);
    await top.says('(thread)');
    child.kill();
    expect((await top.wait()).code).toBe(3);
    expect(top.stderr).toBe(noProcess(child.pid));
  });

  it('that may not be looked at is not shown as one in which nothing waits', async () => {
    // Only root can become another user.
    if (process.getuid?.() !== 0) return;
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '2']);
    const main = require.resolve('../../dist/cli/main.js');
    const script = `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 1, ${JSON.stringify(main)}); require(${JSON.stringify(main)});`;
    const asNobody = async (...words: string[]): Promise<[number | null, string]> => {
      const child = Child.node(script, ['-', ...words], { env: clean() });
      const { code } = await child.wait();
      return [code, child.stdout + child.stderr];
    };
    const [code, text] = await asNobody('ps', String(pid));
    expect([code, text]).toEqual([3, expect.stringContaining('may only be read by root here (EACCES)')]);
    const [, top] = await asNobody('top', String(pid));
    expect(top).toContain('Nothing that can be seen waits: 1 may not be looked at');
  });
});

describeWith('stallfs', 'a process that ends', () => {
  killAllAfterwards();

  it('that waits in the close of a file at its end is shown so', async () => {
    const fs = await StallFs.mount();
    try {
      writeFileSync(join(fs.backing, 'file'), '');
      const child = run('closes-at-its-end', join(fs.path, 'file'));
      await child.says('\n');
      await fs.deaf();
      child.write('\n');
      await fs.waitUnread();
      const { verdicts } = await seen(child.pid, ({ waits }) => waits.length === 1);
      expect(verdicts[0]?.text).toMatch(/^The process is ending: 1 thread waits (most likely )?on .*\.$/);
      await fs.normal();
      expect((await child.wait()).code).toBe(0);
    } finally {
      await fs.unmount();
    }
  });
});

describeWith('freezer', 'a process that its control group has stopped', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('is shown as frozen, and answers once it is thawed', async () => {
    const runtime = mkdtempSync(folder('frozen-'));
    const env = { XDG_RUNTIME_DIR: runtime, PENDINGOP_CONTROL: '1' };
    const { pid } = await start('controlled.cjs', [dist, fifo().path, '2'], { env });
    await whileFrozen(pid, async () => {
      const { verdicts, ops } = await seen(pid, ({ state }) => state === 'frozen', env);
      expect([verdicts[0]?.text, ops]).toEqual([
        'The process is frozen by its control group, as in a paused container: none of its threads runs.',
        null,
      ]);
      const { code, stdout } = await pendingop(['ps', String(pid)], env);
      expect([code, stdout.includes('No thread waits')]).toEqual([1, false]);
    });
    await seen(pid, ({ state, ops }) => state === 'runs' && ops?.length === 2, env);
  });
});
