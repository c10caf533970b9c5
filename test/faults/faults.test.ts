// The system refuses a thread, a task, memory or a descriptor. A call that needs one then waits for it, does without, or
// fails with an error that says so. Nothing leaks, and afterwards everything works. programs/faulty.c makes the system
// refuse, programs/calls.cjs makes the calls.
//
// What is asked for, and where (binding/):
//   clone      tasks, their forge, openers, the janitor                sys/linux/tasks/
//   clone3     threads: workers, the supervisor, mounts, watches,
//              the control socket, reports, unblock functions          sys/unix/thread.cc
//   mmap       stacks of threads (libc) and tasks; large results       sys/linux/memory.cc
//   socketpair the way from openers to the process; commands' pipes    sys/linux/tasks/forge.cc
//   socket     the control socket                                      control/unix/
//   pipe       the control socket, reports, peeking into memory        control/, sys/peek.cc
//   epoll, inotify    watches                                          sys/linux/watching.cc
//   open       files of calls; /proc/self/mountinfo, fdinfo, cgroups   sys/unix/mountinfo.cc, limits.cc
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

/** The kinds of programs/faulty.c, and `none`. */
const kinds = {
  thread: 0,
  memory: 1,
  socketpair: 2,
  socket: 3,
  pipe: 4,
  epoll: 5,
  inotify: 6,
  open: 7,
  stack: 8,
  none: 99,
} as const;

interface Case {
  readonly kind: keyof typeof kinds;
  readonly errors: readonly (keyof typeof constants.errno)[];
  readonly killable: 'auto' | 'always';
  /** Only calls of this library fail: Node does not survive a failure of its own. */
  readonly only?: string;
  readonly without?: readonly string[];
  /** Codes that errors may have besides those of the system. */
  readonly codes?: readonly string[];
}

const THREADS = { kind: 'thread', codes: ['EAGAIN', 'ERR_COMMAND_LAUNCHER'] } as const;
// If pipe() fails in spawn(), or an open in the child, Node 20 to 24 leaves the sockets of the streams open.
const SPAWN = ['command'];

const cases: readonly Case[] = [
  { ...THREADS, errors: ['EAGAIN', 'ENOMEM'], killable: 'auto' },
  { ...THREADS, errors: ['EAGAIN', 'ENOMEM'], killable: 'always' },
  { ...THREADS, errors: ['EPERM'], killable: 'always' },
  { kind: 'stack', errors: ['ENOMEM'], killable: 'auto', codes: ['EAGAIN'] },
  { kind: 'memory', errors: ['ENOMEM'], killable: 'auto', only: 'pendingop.node' },
  { kind: 'memory', errors: ['ENOMEM'], killable: 'always', only: 'pendingop.node' },
  { kind: 'socketpair', errors: ['EMFILE', 'ENFILE'], killable: 'always' },
  { kind: 'socket', errors: ['EMFILE', 'EPERM'], killable: 'auto' },
  { kind: 'pipe', errors: ['EMFILE', 'ENFILE'], killable: 'auto', without: SPAWN },
  { kind: 'epoll', errors: ['EMFILE', 'ENOMEM'], killable: 'auto' },
  { kind: 'inotify', errors: ['EMFILE', 'ENFILE'], killable: 'auto' },
  {
    ...{ kind: 'open', errors: ['EMFILE', 'ENFILE', 'ENOMEM'], killable: 'always' },
    ...{ without: SPAWN, codes: ['ERR_MOUNT_UNKNOWN'] },
  },
];

interface Counts {
  descriptors: number;
  threads: number;
  maps: number;
}

interface Report {
  failed: number;
  before: Counts;
  after: Counts;
  found: string[];
}

const isLinux = process.platform === 'linux';
if (!isLinux) it('is tried on Linux', () => expect(isLinux).toBe(false));

const whereItIs = isLinux ? describe : () => undefined;
whereItIs('where the system refuses', () => {
  let faulty: string;
  /** By how much Node's own mappings grow meanwhile. */
  let growth = 0;

  async function run({ kind, errors, ...rest }: Omit<Case, 'kind'> & { kind: string }): Promise<Report> {
    const place = mkdtempSync(folder('place-'));
    const faults = folder('faults');
    writeFileSync(faults, Buffer.alloc(64));
    const text = JSON.stringify({
      ...rest,
      kind: kinds[kind as Case['kind']],
      errors: errors.map((name) => constants.errno[name]),
    });
    const program = join(__dirname, 'programs/calls.cjs');
    const child = Child.start(faulty, [faults, process.execPath, program, dist, place, faults, text]);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
    return JSON.parse(child.stdout) as Report;
  }

  afterAll(() => Child.killAll());
  const folder = withSharedFolder('faults');
  beforeAll(async () => {
    faulty = folder('faulty');
    execFileSync(process.env.CC || 'cc', ['-o', faulty, join(__dirname, 'programs/faulty.c')]);
    const { before, after, found, failed } = await run({
      kind: 'none',
      errors: ['EPERM'],
      killable: 'always',
    });
    growth = Math.max(0, after.maps - before.maps);
    // Without a fault every call succeeds, but a call with a short timeout may need longer on a busy machine.
    expect(failed).toBe(0);
    expect(found.filter((line) => !/: (right|TimeoutError ETIMEDOUT)$/.test(line))).toEqual([]);
  });

  it.each(cases)('$kind: $errors, killable: $killable', async (one) => {
    const { failed, before, after, found } = await run(one);
    expect(failed).toBeGreaterThan(0);
    const { errors, codes = [] } = one;
    const fine = new RegExp(`: (right|TimeoutError ETIMEDOUT|Error (${[...errors, ...codes].join('|')}))$`);
    expect(found.filter((line) => line.startsWith('faulty') && !fine.test(line))).toEqual([]);
    expect(found.filter((line) => line.startsWith('after') && !line.endsWith(': right'))).toEqual([]);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    // Idle workers may have ended and others started.
    expect(after.threads).toBeLessThanOrEqual(before.threads + 4);
    expect(after.maps).toBeLessThanOrEqual(before.maps + growth + 25);
  });
});
