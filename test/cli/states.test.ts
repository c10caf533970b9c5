// `pendingop ps` on processes that cannot run, on threads that wait for nothing, and on names with control characters.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { shellWord } from '../../lib/cli/process/advice';
import { isNodes, poolSizeOf, rolesOf } from '../../lib/cli/process/roles';
import type { Thread } from '../../lib/cli/process/threads';
import { decode, encode, escaped, unescaped } from '../../lib/cli/screen/bytes';
import { jsonText } from '../../lib/cli/screen/json';
import { printable } from '../../lib/cli/screen/style';
import { describeWith } from '../fixtures/available';
import { withSharedFolder } from '../fixtures/folder';
import { whileFrozen } from '../fixtures/freezer';
import { Child, stop } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist, withFifo } from '../table/tools';
import {
  clean,
  json,
  killAllAfterwards,
  noProcess,
  pendingop,
  program,
  type SeenProcess,
  seen,
  start,
} from './tools';

const folder = withSharedFolder('states');
beforeAll(() => {
  execFileSync('cc', ['-pthread', '-o', folder('states'), program('states.c')]);
});

/** Starts a program that brings a process into that state. Returns that process. */
async function inState(state: string, ...words: string[]): Promise<number> {
  const child = Child.start(folder('states'), [state, ...words]);
  await child.says('\n');
  return Number(child.stdout);
}

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
      const child = Child.start(folder('states'), ['closes-at-its-end', join(fs.path, 'file')]);
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

describe('a time', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('of waiting is never longer than the true one', async () => {
    const from = performance.now();
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '4']);
    for (let i = 0; i < 5; i++) {
      const { waits } = await seen(pid, (one) => one.waits.length === 4);
      const most = performance.now() - from;
      expect(waits.filter(({ ms }) => ms > most)).toEqual([]);
      expect(waits.filter(({ ms }) => !(ms >= 100))).toEqual([]);
    }
  });
});

describeWith('mounting', 'a time that the kernel does not tell', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('is at least what ps has seen itself, and ps looks until that shows a hang', async () => {
    const { pid } = await start('plain.cjs', ['pool', fifo().path, '2']);
    await seen(pid, ({ waits }) => waits.length === 2);
    const hide =
      'for tool in /usr/bin/taskset /bin/taskset; do [ ! -e $tool ] || mount --bind /dev/null $tool; done';
    const look = Child.start('unshare', [
      ...['-m', 'sh', '-c', `${hide}; exec "$@"`, '-'],
      ...[process.execPath, require.resolve('../../dist/cli/main.js'), 'ps', String(pid), '--json'],
    ]);
    expect((await look.wait()).code).toBe(1);
    const { waits, verdicts } = JSON.parse(look.stdout) as SeenProcess;
    expect(waits.map(({ ms, atLeast }) => [ms >= 1000, atLeast])).toEqual(Array(2).fill([true, true]));
    expect(verdicts[0]?.text).toMatch(/nobody has opened for at least \d\.\d s\)/);
  });
});

describe('a name', () => {
  killAllAfterwards();
  const evil = '\u001b[2J\u009b31m\u202eend\nPID 1 \u0007';

  it('of a file, a command or a program cannot move the cursor', async () => {
    const where = folder(`it's ${evil}`);
    mkdirSync(where);
    const path = join(where, 'fifo');
    execFileSync('mkfifo', [path]);
    const cat = folder('c\u001b[1mat');
    copyFileSync('/bin/cat', cat);
    const child = Child.start(cat, [path]);
    const { verdicts } = await seen(child.pid, ({ waits }) => waits.length === 1);
    const id = String(child.pid);
    for (const args of [
      ['ps', id],
      ['ps', id, '--all'],
      ['ps', id, '--json'],
      ['top', id, '--once'],
    ]) {
      const { stdout } = await pendingop(args);
      expect(stdout).toContain('\\u001b[2J');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about these characters
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|^PID 1/m);
    }
    // The advised command still frees the program.
    const command = verdicts[0]?.advice[0]?.split('   ')[0] as string;
    expect(await Child.start('bash', ['-c', command]).wait()).toEqual({ code: 0, signal: null });
    expect((await child.wait()).code).toBe(0);
  });

  it('on the command line cannot, either', async () => {
    for (const args of [
      [evil],
      ['ps', evil],
      ['ps', `--${evil}`],
      ['abort', `/${evil}`],
      ['run', '--', evil],
    ]) {
      const { stderr } = await pendingop(args);
      expect(stderr).toMatch(/^pendingop: /);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about these characters
      expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  it.each(['plain', "it's", '$HOME `x`', evil, '\\n\u0001\\', 'ä €\u00ad'])(
    'is a word of a shell: %j',
    async (name) => {
      const child = Child.start('bash', ['-c', `printf %s ${shellWord(name)}`]);
      await child.wait();
      expect(child.stdout).toBe(name);
    },
  );

  it('of bytes that are no UTF-8 is one, too, and is told from another one', () => {
    const bytes = Buffer.from([
      0x2f, 0xff, 0xc3, 0xa4, 0xc3, 0x0a, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xb3, 0xbf, 0x5c, 0x33, 0x37, 0x37,
    ]);
    const name = decode(bytes.toString('latin1'));
    expect(encode(name)).toEqual(bytes);
    expect(execFileSync('bash', ['-c', `printf %s ${shellWord(name)}`])).toEqual(bytes);
    expect([printable(name), unescaped(escaped(name)) === name]).toEqual([
      '/\\377ä\\303\\u000a😀\\355\\263\\277\\377',
      true,
    ]);
    expect(escaped(name)).toBe('/\\377ä\\303\\012😀\\355\\263\\277\\134377');
    expect(JSON.parse(jsonText({ name }))).toEqual({ name: bytes.toString() });
  });

  it('whose bytes are lost is no word at all', () => expect(shellWord('/a\ufffd')).toBeUndefined());

  it('is unchanged in JSON', () => {
    const text = jsonText({ evil, plain: 'ä' });
    expect([JSON.parse(text), text.includes('ä')]).toEqual([{ evil, plain: 'ä' }, true]);
  });
});
