// Commands, tasks and trackOp(), which an event loop carries out without a worker, over the control socket.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Child } from '../fixtures/processes';
import { dist } from '../table/tools';
import { killAllAfterwards, pendingop, seen, start, until, withRuntimeFolder } from './tools';

const runtime = withRuntimeFolder();

interface Outcome {
  op: string;
  outcome: string;
}

describe('ops of an event loop', () => {
  killAllAfterwards();
  const file = (): string => join(runtime.folder, 'file');
  const controlled = (how: string): Promise<Child> =>
    start('loop-ops.cjs', [dist, file(), how], { env: runtime.env });

  /** Returns the ops of the process by the names of their functions. */
  async function listed(pid: number): Promise<Map<string, Record<string, unknown>>> {
    const { ops } = await seen(pid, (one) => one.ops?.length === 3, runtime.env);
    return new Map(ops?.map((op) => [op.fn, op]));
  }

  async function interruptOne(pid: number, op: unknown): Promise<[string | undefined, number | null]> {
    const { stdout, code } = await pendingop(['interrupt', String(pid), String(op), '--json'], runtime.env);
    return [(JSON.parse(stdout) as Outcome[])[0]?.outcome, code];
  }

  it('are listed while the loop is blocked, and ended when it next turns', async () => {
    const child = await controlled('busy');
    const ops = await listed(child.pid);
    expect(ops.get('waitForIt')).toMatchObject({ path: file(), label: 'of track', state: 'running', fd: -1 });
    expect(ops.get('runCommand')).toMatchObject({ path: '', subject: 'sleep 1000', mount: '', thread: 0 });
    expect([...ops.values()].map(({ op }) => op)).toEqual(
      Array(3).fill(expect.stringMatching(/^loop\.\d+$/)),
    );
    const screen = await pendingop(['ps', String(child.pid)], runtime.env);
    expect(screen.stdout).toMatch(/runCommand +sleep 1000 +running/);
    for (const { op } of ops.values()) expect(await interruptOne(child.pid, op)).toEqual(['deferred', 1]);
    expect(child.stdout).toBe('ready\n');
    writeFileSync(`${file()}.go`, '');
    for (const name of ['track', 'command', 'task'])
      await until(() => child.stdout.includes(`${name} EINTR`), `the end of ${name}`);
    expect(child.stdout.match(/ ERR_PENDINGOP_CONTROL$/gm)).toHaveLength(3);
    expect((await seen(child.pid, () => true, runtime.env)).ops).toEqual([]);
  });

  it('are ended at once by a loop that turns, and their outcome is told', async () => {
    const child = await controlled('');
    const ops = await listed(child.pid);
    for (const fn of ['waitForIt', 'runCommand']) {
      const { stdout, code } = await pendingop(
        ['interrupt', String(child.pid), String(ops.get(fn)?.op), '--json', '--grace=20000'],
        runtime.env,
      );
      expect([JSON.parse(stdout)[0].outcome, code]).toEqual(['interrupted', 0]);
    }
    await until(() => child.stdout.includes('track EINTR interrupted ERR_PENDINGOP_CONTROL'), 'the end');
    // An op is found by its path, too.
    const again = await pendingop(['interrupt', String(child.pid), file(), '--json'], runtime.env);
    expect([again.stdout, again.code]).toEqual(['[]\n', 1]);
  });

  it('are ended below a path', async () => {
    const child = await controlled('');
    await listed(child.pid);
    const { stdout } = await pendingop(
      ['interrupt', String(child.pid), runtime.folder, '--json', '--grace=20000'],
      runtime.env,
    );
    expect((JSON.parse(stdout) as Outcome[]).map(({ outcome }) => outcome)).toEqual(['interrupted']);
  });

  it('are in the report of a signal', async () => {
    const child = await start(
      'loop-ops.cjs',
      [dist, file(), 'busy'],
      { env: { ...runtime.env, PENDINGOP_REPORT_SIGNAL: 'SIGUSR2' } },
      ['--require', join(dist, 'register.js')],
    );
    await until(() => {
      child.kill('SIGUSR2');
      return (
        child.stderr.includes('runCommand "sleep 1000"') || child.stderr.includes('runCommand sleep 1000')
      );
    }, 'the report');
    expect(child.stderr).toContain(`waitForIt ${file()} running `);
  });
});
