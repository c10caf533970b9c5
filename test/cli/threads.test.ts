// `pendingop ps` on threads: whose they are, and which of them wait for nothing.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isNodes, poolSizeOf, rolesOf } from '../../lib/cli/process/roles';
import type { Thread } from '../../lib/cli/process/threads';
import { Child } from '../fixtures/processes';
import { dist, withFifo } from '../table/tools';
import { withStates } from './states';
import { clean, json, killAllAfterwards, program, type SeenProcess, seen, start } from './tools';

const { folder, inState } = withStates();

describe('a thread', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('stands for its process', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '2']);
    const { waits } = await seen(pid, (one) => one.waits.length === 2);
    const [thread] = waits;
    const { pid: named, verdicts } = await json<SeenProcess>(['ps', String(thread?.thread)]);
    expect([named, verdicts[0]?.text]).toEqual([pid, expect.stringMatching(/^2 of 4 pool threads wait on/)]);
  });

  const named = (...names: string[]): Thread[] =>
    names.map((name, i) => ({
      ...{ pid: 1, tid: i + 1, name, state: 'S', parent: 0, isEnding: false, startedAt: i, processor: 0 },
      ...{ call: i === names.length - 1 ? 'read' : 'futex', args: [], wchan: '', refused: undefined },
    }));

  it('of a pool whose threads have names is counted', () => {
    const threads = named('node', 'libuv-worker', 'libuv-worker');
    expect(poolSizeOf(threads, rolesOf(1, threads))).toBe(2);
  });

  it('of the pool is told from the one before, also if the pool was started in pieces', () => {
    const started = [0, 100, 102, 106, 106, 106];
    const threads = named(...Array<string>(6).fill('node')).map((thread, i) => ({
      ...thread,
      call: i < 2 ? 'futex' : 'openat',
      startedAt: started[i] as number,
    }));
    const roles = rolesOf(1, threads);
    expect([...roles.values()]).toEqual(['loop', 'thread', 'pool', 'pool', 'pool', 'pool']);
    expect(poolSizeOf(threads, roles)).toBe(4);
  });

  it.each(['mprotect', 'madvise', 'munmap'])('of V8 in a call on memory (%s) is none of the pool', (call) => {
    const threads = named('node', 'node', 'node').map((thread) =>
      thread.tid === 2 ? { ...thread, call, startedAt: -100 } : thread,
    );
    const roles = rolesOf(1, threads);
    expect([roles.get(2), roles.get(3), poolSizeOf(threads, roles)]).toEqual(['thread', 'pool', 4]);
  });

  it.each([
    ['an addon, in Node 20', ['node', 'node', 'node', 'rolldown-worker', 'rolldown-worker'], 'thread'],
    ['an addon, in Node 26', ['node-MainThread', 'node-V8Worker', 'rolldown-worker'], 'thread'],
    ['JavaScript, in Node 24', ['MainThread', 'V8Worker', 'libuv-worker', 'WorkerThread'], 'thread'],
    ['the pool, in Node 20', ['node', 'node', 'node'], 'pool'],
    ['the pool, in Node 20 with a title', ['my app', 'node', 'node', 'my app'], 'pool'],
    ['the pool, in Node 22', ['node', 'DelayedTaskSche', 'libuv-worker'], 'pool'],
    ['another program', ['node_exporter', 'node_exporter'], 'thread'],
  ])('of %s is told', (_, names, role) => {
    const threads = named(...names);
    expect(rolesOf(1, threads).get(threads.length)).toBe(role);
  });

  it.each([
    ['node', true],
    ['nodejs', true],
    ['node-22', true],
    ['node-V8Worker', true],
    ['node_exporter', false],
    ['nodemon', false],
  ])('called %s: whether it is one of Node’s is %p', (name, is) => expect(isNodes(name)).toBe(is));
});

describe('threads that wait for nothing', () => {
  killAllAfterwards();

  it('read an eventfd or an inotify', async () => {
    const pid = await inState('reads-events');
    expect(await seen(pid, ({ threads }) => threads.length === 3)).toMatchObject({ waits: [], verdicts: [] });
  });

  it('of the kernel are in no call', async () => {
    // Process 2 is kthreadd; in a container its number is another process's or nobody's.
    if (!existsSync('/proc/2/exe') && statSync('/proc/2').uid === 0) {
      const { threads, waits } = await json<SeenProcess & { threads: { call: string | null }[] }>([
        'ps',
        '2',
      ]);
      expect([waits, threads.filter(({ call }) => (call ?? '') !== '')]).toEqual([[], []]);
    }
  });

  it('of this package wait for a signal to report on, and for clients', async () => {
    const runtime = folder('runtime');
    mkdirSync(runtime, { mode: 0o700 });
    const child = Child.start(
      process.execPath,
      ['--require', join(dist, 'register.js'), program('plain.cjs'), 'idle'],
      {
        env: {
          ...clean(),
          XDG_RUNTIME_DIR: runtime,
          PENDINGOP_CONTROL: '1',
          PENDINGOP_REPORT_SIGNAL: 'SIGUSR2',
        },
      },
    );
    await child.says('ready');
    // Also without the control socket, over which the process itself would say so.
    for (const env of [{ XDG_RUNTIME_DIR: runtime }, {}])
      expect(await json<SeenProcess>(['ps', String(child.pid)], env)).toMatchObject({ waits: [] });
  });
});
