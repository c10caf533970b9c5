// Control sockets of several pid namespaces in one folder, and what `ps` shows of a process in another namespace.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWith, unavailable } from '../fixtures/available';
import { Child, children } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist, withFifo } from '../table/tools';
import {
  clean,
  json,
  killAllAfterwards,
  pendingop,
  program,
  seen,
  start,
  until,
  withRuntimeFolder,
} from './tools';

const runtime = withRuntimeFolder();

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? [] : ['--user', '--map-root-user'];

/** Starts a program as process 1 of a new pid namespace. */
async function first(...args: string[]): Promise<{ pid: number; child: Child }> {
  const child = Child.start(
    'unshare',
    [
      ...asRoot,
      '-p',
      '-f',
      '--mount-proc',
      '--kill-child',
      process.execPath,
      program('controlled.cjs'),
      dist,
      ...args,
    ],
    { env: { ...clean(), ...runtime.env } },
  );
  await child.says('ready');
  const [pid] = children(child.pid);
  return { pid: pid as number, child };
}

describe('a pid namespace', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('of its own gives each process a socket of its own', async () => {
    const one = await first(fifo().path, '1');
    const two = await first(fifo().path, '2');
    expect(readdirSync(join(runtime.folder, 'pendingop'))).toHaveLength(2);
    for (const [{ pid }, count] of [
      [one, 1],
      [two, 2],
    ] as const) {
      const { ops, waits } = await seen(pid, (it) => it.ops?.length === count, runtime.env);
      expect(ops).toHaveLength(count);
      // The threads are shown with the ids that they have in this namespace.
      expect(waits.map(({ thread }) => thread).sort()).toEqual(ops?.map(({ thread }) => thread).sort());
      expect(waits[0]?.file).toBe(fifo().path);
    }
    const outcomes = await json<unknown[]>(['interrupt', String(two.pid), fifo().path], runtime.env);
    expect(outcomes).toHaveLength(2);
    await seen(one.pid, ({ ops }) => ops?.length === 1, runtime.env);
  });

  it('of its own: a process there is not taken for the one with the same id here', async () => {
    await first(fifo().path, '1');
    // The only socket of a process 1 is that of the other namespace.
    const { stderr } = await pendingop(['interrupt', '1', '/'], runtime.env);
    expect(stderr).toContain('Process 1 has no control socket that you may use.');
  });

  it('keeps its socket while its process lives, and no longer', async () => {
    const one = await first(fifo().path, '1');
    const two = await first(fifo().path, '1');
    process.kill(two.pid, 'SIGKILL');
    await two.child.wait();
    expect(readdirSync(join(runtime.folder, 'pendingop'))).toHaveLength(2);
    const here = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    const names = readdirSync(join(runtime.folder, 'pendingop'));
    expect(names.map((name) => name.split('.')[0]).sort()).toEqual(['1', String(here.pid)].sort());
    expect((await seen(one.pid, () => true, runtime.env)).control).toBe(true);
  });
});

describe('a socket', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('in a folder of another user is ignored', async () => {
    if (!isRoot) return;
    const child = await start('controlled.cjs', [dist, fifo().path, '1'], { env: runtime.env });
    const folder = join(runtime.folder, 'pendingop');
    chownSync(folder, 65534, 65534);
    expect((await seen(child.pid, () => true, runtime.env)).control).toBe(false);
    chownSync(folder, 0, 0);
    expect((await seen(child.pid, () => true, runtime.env)).control).toBe(true);
  });
});

describe('a mount namespace', () => {
  killAllAfterwards();

  it('of its own: the advice names its files by way of /proc/<pid>/root', async () => {
    const place = join(runtime.folder, 'place');
    mkdirSync(place);
    const script = `mount -t tmpfs none "$1" && mkfifo "$1/fifo" && exec "$2" "$3" pool "$1/fifo" 4`;
    const child = Child.start(
      'unshare',
      [...asRoot, '-m', 'sh', '-c', script, '-', place, process.execPath, program('plain.cjs')],
      { env: clean() },
    );
    await child.says('ready');
    const { verdicts, waits } = await seen(child.pid, (one) => one.waits.length === 4);
    expect(waits[0]).toMatchObject({ file: join(place, 'fifo'), mount: place, type: 'tmpfs' });
    const command = verdicts[0]?.advice[0]?.split('   ')[0] as string;
    expect(command).toBe(`: <> /proc/${child.pid}/root${place}/fifo`);
    expect(await Child.start('sh', ['-c', command]).wait()).toEqual({ code: 0, signal: null });
    await until(async () => (await seen(child.pid, () => true)).waits.length === 0, 'the threads are free');
  });
});

describeWith('stallfs', 'a mount of another mount namespace', () => {
  killAllAfterwards();

  it('that hangs does not make a mount at the same path here hang', async () => {
    if (unavailable('mounting') !== undefined) return;
    const fs = await StallFs.mount();
    try {
      writeFileSync(join(fs.backing, 'file'), '');
      await fs.hold('ignore', { op: 'open' });
      const inside = [process.execPath, program('controlled.cjs'), dist, join(fs.path, 'file'), '1'];
      const child = Child.start('unshare', ['-m', ...inside], { env: { ...clean(), ...runtime.env } });
      await child.says('ready');
      await fs.waitHeld(1);
      execFileSync('mount', ['-t', 'tmpfs', 'ours', fs.path]);
      try {
        const { ops } = await seen(child.pid, (one) => one.ops?.[0]?.state === 'running', runtime.env);
        expect(ops?.[0]?.mount).toBe(fs.path);
        const rows = await json<{ mountPoint: string; source: string; stuck: number | null }[]>(
          ['mounts', '--all'],
          runtime.env,
        );
        expect(rows.filter(({ mountPoint }) => mountPoint === fs.path)).toMatchObject([
          { source: 'ours', state: 'ok', stuck: null },
        ]);
      } finally {
        execFileSync('umount', [fs.path]);
      }
      child.kill();
      await fs.release();
      await child.wait();
    } finally {
      await fs.unmount();
    }
  });
});
