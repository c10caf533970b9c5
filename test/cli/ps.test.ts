// `pendingop ps` on processes that do not use the package.
import { describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { withFifo } from '../table/tools';
import { killAllAfterwards, noProcess, pendingop, type SeenProcess, seen, start } from './tools';

const stuck =
  (count: number) =>
  ({ waits }: SeenProcess): boolean =>
    waits.length === count;

describe('a FIFO', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('holds all threads of the pool', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '6']);
    const { verdicts, waits, node } = await seen(pid, stuck(4));
    expect(node).toBe(true);
    expect(waits.map(({ role, call, file }) => [role, call, file])).toEqual(
      Array(4).fill(['pool', 'openat', fifo().path]),
    );
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.text).toMatch(
      /^4 of 4 pool threads wait on \/.*fifo \(a FIFO whose other end nobody has opened for .*\): every fs call and dns\.lookup of this process waits\.$/,
    );
    expect(verdicts[0]?.advice[0]).toContain(fifo().path);
  });

  it('holds some', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '2']);
    const { verdicts } = await seen(pid, stuck(2));
    expect(verdicts[0]?.text).toMatch(/^2 of 4 pool threads wait .*: 2 of 4 are left for all other fs calls/);
  });

  it('holds the event loop', async () => {
    const { pid } = await start('plain.cjs', ['sync', fifo().path]);
    const { verdicts, waits } = await seen(pid, stuck(1));
    expect(waits[0]?.role).toBe('loop');
    expect(verdicts[0]?.text).toMatch(/^The event loop waits on .*: nothing else runs in this process/);
  });

  it('holds a read on a descriptor', async () => {
    const { pid } = await start('plain.cjs', ['read', fifo().path]);
    const { waits, verdicts } = await seen(pid, stuck(1));
    expect(waits[0]).toMatchObject({ call: 'read', file: fifo().path, role: 'pool' });
    expect(verdicts[0]?.text).toContain('a pipe that nobody writes to');
  });

  it('holds a program other than Node', async () => {
    const { pid } = Child.start('cat', [fifo().path]);
    const { verdicts, node } = await seen(pid, stuck(1));
    expect(node).toBe(false);
    expect(verdicts[0]?.text).toMatch(/^1 thread waits on /);
  });

  it('frees its readers by the command that the screen advises', async () => {
    const child = await start('plain.cjs', ['pool', fifo().path, '4']);
    const { verdicts } = await seen(child.pid, stuck(4));
    const command = verdicts[0]?.advice[0]?.split('   ')[0] as string;
    const shell = Child.start('sh', ['-c', command]);
    expect(await shell.wait()).toEqual({ code: 0, signal: null });
    await seen(child.pid, stuck(0));
  });

  it('is shown without a pid as the cause of a process that hangs, and the exit status is 1', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '4']);
    const row = new RegExp(`^\\s*${pid}\\s+\\S+\\s+4\\s.*${fifo().path}$`, 'm');
    // A wait is measured by the scheduler's clocks. On a shared machine these differ from processor to processor, so one look
    // may show too short a wait.
    await until(async () => {
      const { code, stdout } = await pendingop(['ps']);
      return code === 1 && row.test(stdout);
    }, 'ps shows the process, and says that one hangs');
  });

  it('fits 40 columns: a path is cut at its start', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '4']);
    await seen(pid, stuck(4));
    const { stdout } = await pendingop(['ps', String(pid)], { COLUMNS: '40' });
    const long = stdout.split('\n').filter((line) => [...line].length > 40 && !line.includes(fifo().path));
    expect(long).toEqual([]);
    expect(stdout).toMatch(/…\S*fifo$/m);
    expect(stdout).not.toContain('\u001b');
  });
});

describe('nothing to show:', () => {
  killAllAfterwards();

  it('a process that is idle', async () => {
    const { pid } = await start('plain.cjs', ['idle']);
    const { code, stdout } = await pendingop(['ps', String(pid)]);
    expect(stdout).toContain('No thread waits for a file or a mount.');
    expect(code).toBe(0);
  });

  it('a process that is gone', async () => {
    const child = Child.start('true');
    const { pid } = child;
    await child.wait();
    expect(await pendingop(['ps', String(pid)])).toEqual({
      code: 3,
      stdout: '',
      stderr: noProcess(pid),
    });
  });

  it('a process that ends while it is watched', async () => {
    const child = await start('plain.cjs', ['idle']);
    const watching = Child.start(process.execPath, [
      require.resolve('../../dist/cli/main.js'),
      ...['ps', String(child.pid), '--watch=0.1', '--json'],
    ]);
    await watching.says('\n');
    child.kill();
    const { code } = await watching.wait();
    expect([code, watching.stderr]).toEqual([3, noProcess(child.pid)]);
  });

  it.each([
    ['ps', 'abc'],
    ['ps', '0'],
    ['ps', '--no-such'],
    ['ps', '1', '2'],
    ['interrupt', '1'],
    ['no-such-command'],
    ['top', '--sort=size'],
  ])('%s %s is a mistake', async (...args) => {
    const { code, stdout, stderr } = await pendingop(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^pendingop: /);
    expect(stderr).not.toContain('    at ');
  });
});

describeWith('stallfs', 'a FUSE file system', () => {
  killAllAfterwards();

  it('whose daemon hangs is named, and the advised command frees its callers', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const { pid } = await start('plain.cjs', ['pool-stat', fs.path, '4']);
      const { verdicts, waits } = await seen(pid, stuck(4));
      expect(new Set(waits.map(({ mount }) => mount))).toEqual(new Set([fs.path]));
      expect(verdicts[0]?.text).toMatch(
        new RegExp(
          `^4 of 4 pool threads wait on ${fs.path} \\(fuse.*, its daemon not answering for .*\\): every`,
        ),
      );
      const advice = verdicts[0]?.advice[0] as string;
      expect(advice).toMatch(/^npx pendingop abort \S+ {3}/);
      const { code, stderr } = await pendingop(advice.split('   ')[0]?.split(' ').slice(2) as string[]);
      expect([code, stderr]).toEqual([0, '']);
      await seen(pid, stuck(0));
    } finally {
      await fs.unmount();
    }
  });

  it('is marked by df and mounts, which do not hang', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.late({ op: 'statfs' });
      const df = await pendingop(['df', '--timeout=300']);
      expect(df.stdout).toMatch(new RegExp(`^${fs.path} .*STALLED`, 'm'));
      expect(df.stdout).toMatch(/^\/ /m);
      expect(df.code).toBe(1);
      const mounts = await pendingop(['mounts', '--timeout=300', '--json']);
      const entry = (JSON.parse(mounts.stdout) as { mountPoint: string }[]).find(
        ({ mountPoint }) => mountPoint === fs.path,
      );
      expect(entry).toMatchObject({ state: 'stalled', remote: true });
      expect((entry as unknown as { unanswered: number }).unanswered).toBeGreaterThan(0);
      await fs.release();
      await fs.normal();
    } finally {
      await fs.unmount();
    }
  });
});
