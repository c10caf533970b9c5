// The control socket, and what the command line does over it.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist, withFifo } from '../table/tools';
import {
  clean,
  json,
  killAllAfterwards,
  pendingop,
  type SeenProcess,
  seen,
  socketFile,
  start,
  until,
} from './tools';

let runtime: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'runtime-'));
  env = { XDG_RUNTIME_DIR: runtime, PENDINGOP_CONTROL: '1' };
});
afterEach(() => rmSync(runtime, { recursive: true }));

const socketOf = (pid: number): string => socketFile(runtime, pid);

const running =
  (count: number) =>
  ({ ops }: SeenProcess): boolean =>
    ops?.filter(({ state }) => state === 'running').length === count;

/** Sends lines as they are; what comes back, line by line, once there are `count`. */
function raw(path: string, text: string, count: number): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = createConnection(path, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (piece: string) => {
      heard += piece;
      const lines = heard.split('\n');
      if (lines.length <= count) return;
      socket.destroy();
      resolve(lines.slice(0, count).map((line) => JSON.parse(line)));
    });
    socket.on('error', reject).on('close', () => reject(new Error(`closed after: ${heard}`)));
  });
}

describe('listing and interrupting', () => {
  killAllAfterwards();
  const fifo = withFifo();
  const controlled = (count: string, how = ''): Promise<Child> =>
    start('controlled.cjs', [dist, fifo().path, count, how], { env });

  it('lists the calls of a process whose event loop is busy, and interrupts them', async () => {
    const child = await controlled('3', 'busy');
    try {
      const { ops } = await seen(child.pid, running(3), env);
      expect(ops?.map(({ fn, call, path, mount }) => [fn, call, path, mount])).toEqual(
        Array(3).fill(['readFile', 'openat', fifo().path, '/']),
      );
      const { code, stdout } = await pendingop(['interrupt', String(child.pid), fifo().path, '--json'], env);
      expect(JSON.parse(stdout).map(({ outcome }: { outcome: string }) => outcome)).toEqual(
        Array(3).fill('interrupted'),
      );
      expect(code).toBe(0);
      expect((await seen(child.pid, () => true, env)).ops).toEqual([]);
      expect(child.stdout).toBe('ready\n');
    } finally {
      writeFileSync(`${fifo().path}.go`, '');
    }
    const lines = ['EINTR', 'event', 'interrupt readFile'];
    await until(
      () => lines.every((line) => child.stdout.includes(line)) && child.stdout.split('EINTR').length > 3,
      'the callers hear of it',
    );
    const uid = process.getuid?.();
    expect(child.stdout).toContain(`event interrupt 3 ${uid}\n`);
    expect(child.stdout.match(/^interrupt readFile$/gm)).toHaveLength(3);
    expect(child.stdout).toContain('InterruptError interrupted ERR_PENDINGOP_CONTROL EINTR: ');
  });

  it('ends one call by its OP, and no other', async () => {
    const child = await controlled('2');
    const { ops } = await seen(child.pid, running(2), env);
    const op = ops?.[0]?.op as string;
    const { stdout, code } = await pendingop(['interrupt', String(child.pid), op], env);
    expect(stdout).toContain(`${op}`);
    expect(code).toBe(0);
    const left = await seen(child.pid, running(1), env);
    expect(left.ops?.map((one) => one.op)).toEqual([ops?.[1]?.op]);
    const again = await pendingop(['interrupt', String(child.pid), op], env);
    expect([again.code, again.stdout]).toEqual([1, `Process ${child.pid} has no call there.\n`]);
  });

  it('names functions as their callers do', async () => {
    const child = await controlled('1', 'append');
    const { ops } = await seen(child.pid, running(1), env);
    expect(ops?.[0]?.fn).toBe('appendFile');
  });

  it('lists the calls of worker threads', async () => {
    const child = await controlled('2', 'thread');
    await seen(child.pid, running(4), env);
  });

  it('lists ten thousand calls', async () => {
    const child = await controlled('10000');
    const { ops } = await seen(child.pid, ({ ops: all }) => all?.length === 10_000, env);
    expect(new Set(ops?.map(({ op }) => op)).size).toBe(10_000);
    const { stdout } = await pendingop(['ps', String(child.pid)], { ...env, COLUMNS: '40' });
    expect(stdout.split('\n').length).toBeLessThan(500);
    expect(stdout).toContain('--all');
    const interrupted = await json<{ outcome: string }[]>(
      ['interrupt', String(child.pid), fifo().path, '--grace=20000'],
      env,
    );
    expect(interrupted).toHaveLength(10_000);
    expect(new Set(interrupted.map(({ outcome }) => outcome)).has('abandoned')).toBe(false);
  });

  it('has rates and counts for top', async () => {
    const child = await controlled('2');
    await seen(child.pid, running(2), env);
    await pendingop(['interrupt', String(child.pid), fifo().path], env);
    const once = await json<{ processes: { stats: { functions: Record<string, unknown>[] } }[] }>(
      ['top', String(child.pid)],
      env,
    );
    const [readFile] = once.processes[0]?.stats.functions ?? [];
    expect(readFile).toMatchObject({ fn: 'readFile', interrupted: 2, completed: 0 });
  });

  it('run starts a program with it, which keeps its exit status', async () => {
    const plain = join(__dirname, 'programs/plain.cjs');
    const child = Child.start(
      process.execPath,
      [join(dist, 'cli/main.js'), 'run', '--', process.execPath, plain, 'pool', fifo().path, '6'],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime } },
    );
    await child.says('ready');
    await until(() => existsSync(join(runtime, 'pendingop')), 'the socket');
    const [name = ''] = readdirSync(join(runtime, 'pendingop'));
    const pid = Number.parseInt(name, 10);
    const { ops } = await seen(pid, running(6), env);
    expect(ops?.[0]).toMatchObject({ fn: 'readFile', path: fifo().path });
    child.kill('SIGTERM');
    expect(await child.wait()).toEqual({ code: 143, signal: null });
    const exit = await pendingop(
      ['run', '--', process.execPath, '-e', 'process.exit(42)', '--', '--json'],
      env,
    );
    expect([exit.code, exit.stderr]).toEqual([42, '']);
    const missing = await pendingop(['run', '/no/such/command'], env);
    expect([missing.code, missing.stderr]).toEqual([
      3,
      "pendingop: Cannot start '/no/such/command': there is no such command\n",
    ]);
  });
});

describeWith('stallfs', 'abort', () => {
  killAllAfterwards();
  const hook = ['--require', join(dist, 'register.js')];
  const abort = async (pid: number, mount: string): Promise<Record<string, unknown> | undefined> =>
    (await raw(socketOf(pid), `{"v":1,"do":"abort","mount":${JSON.stringify(mount)}}\n`, 1))[0];

  it('ends a FUSE mount that the event loop itself waits for', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const child = await start('plain.cjs', ['told-stat', `${fs.path}/x`], { env }, hook);
      await seen(child.pid, ({ waits, ops }) => waits.length + (ops?.length ?? 0) > 0, env);
      expect(await abort(child.pid, fs.path)).toEqual({ v: 1, ok: true, pid: child.pid, aborted: fs.path });
      await until(() => /E(CONNABORTED|NOTCONN)/.test(child.stdout), 'the end of the call');
    } finally {
      await fs.unmount();
    }
  });

  it('says what cannot be ended', async () => {
    const child = await start('plain.cjs', ['idle'], { env }, hook);
    expect(await abort(child.pid, '/proc')).toMatchObject({
      ok: false,
      code: 'ENOTSUP',
      error: 'The mount is of type proc: there is no connection to end',
    });
    expect(await abort(child.pid, '/proc/self')).toMatchObject({ ok: false, code: 'EINVAL' });
  });
});

describe('the socket', () => {
  killAllAfterwards();

  it('is there for its user alone, and gone with the process', async () => {
    const child = Child.node(
      `require('${dist}/index.js').configure({ control: true }); console.log('ready'); process.stdin.once('data', () => process.exit())`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime } },
    );
    await child.says('ready');
    expect(statSync(join(runtime, 'pendingop')).mode & 0o777).toBe(0o700);
    expect(statSync(socketOf(child.pid)).mode & 0o777).toBe(0o600);
    child.write('end\n');
    await child.wait();
    expect(readdirSync(join(runtime, 'pendingop'))).toEqual([]);
  });

  it('is closed by configure({ control: false })', async () => {
    const child = Child.node(
      `const { configure } = require('${dist}/index.js');
      for (let i = 0; i < 3; i++) { configure({ control: true }); configure({ control: false }); }
      console.log(require('node:fs').readdirSync('${runtime}/pendingop').length);`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime } },
    );
    await child.wait();
    expect([child.stdout, child.stderr]).toEqual(['0\n', '']);
  });

  it('of a dead process is removed by the next one', async () => {
    const first = await start('controlled.cjs', [dist, '/', '0'], { env });
    first.kill('SIGKILL');
    await first.wait();
    expect(existsSync(socketOf(first.pid))).toBe(true);
    const { code, stderr } = await pendingop(['interrupt', String(process.pid), '/'], env);
    expect([code, stderr.split('\n')[0]]).toEqual([
      3,
      `pendingop: Process ${process.pid} has no control socket that you may use.`,
    ]);
    const second = await start('controlled.cjs', [dist, '/', '0'], { env });
    const sockets = readdirSync(join(runtime, 'pendingop'));
    expect(sockets.map((name) => name.split('.')[0])).toEqual([String(second.pid)]);
  });

  it('is not made in a folder that others may write to', async () => {
    mkdirSync(join(runtime, 'pendingop'), { mode: 0o777 });
    chmodSync(join(runtime, 'pendingop'), 0o777);
    const child = await start('controlled.cjs', [dist, '/', '0'], { env });
    expect(readdirSync(join(runtime, 'pendingop'))).toEqual([]);
    // The next place is taken, and found.
    expect((await seen(child.pid, () => true, env)).control).toBe(true);
  });

  it('of another user is not spoken to, even by one who can reach it', async () => {
    // Without being root there is nobody else to become.
    if (process.getuid?.() !== 0) return;
    const child = await start('controlled.cjs', [dist, '/', '0'], { env });
    const path = socketOf(child.pid);
    for (const folder of [runtime, join(runtime, 'pendingop')]) chmodSync(folder, 0o755);
    chmodSync(path, 0o666);
    const stranger = Child.node(
      `process.setgid(65534); process.setuid(65534);
      const socket = require('node:net').createConnection(${JSON.stringify(path)}, () => socket.write('{"v":1,"do":"hello"}\\n'));
      socket.on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code)).on('close', () => console.log('closed'));`,
    );
    await stranger.wait();
    expect(stranger.stdout).toMatch(/^(ECONNRESET\n|EPIPE\n)?closed\n$/);
    expect(await raw(path, '{"v":1,"do":"hello"}\n', 1)).toEqual([{ v: 1, ok: true, pid: child.pid }]);
  });

  it('root may look at a process of another user', async () => {
    if (process.getuid?.() !== 0) return;
    chownSync(runtime, 65534, 65534);
    const child = Child.node(
      `process.setgid(65534); process.setuid(65534);
      require('${dist}/index.js').configure({ control: true }); console.log('ready'); setInterval(() => {}, 60000);`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime } },
    );
    await child.says('ready');
    expect((await seen(child.pid, () => true, env)).control).toBe(true);
  });

  it('refuses what it does not understand, and goes on', async () => {
    const child = await start('controlled.cjs', [dist, '/', '0'], { env });
    const requests = [
      'nonsense',
      '{"do":"list"}',
      '{"v":2,"do":"list"}',
      '{"v":1,"do":"dance"}',
      '{"v":1,"do":"interrupt"}',
      '{"v":1,"do":"interrupt","under":"relative"}',
      '{"v":1,"do":"interrupt","under":"/","grace":-1}',
      '{"v":1,"do":"abort","mount":"/no/such"}',
      '{"v":1,"do":"list","more":{"a":1}}',
      `{"v":1,"do":"list","under":"/\\u00e4\\ud83d\\ude00"}`,
      '{"v":1,"do":"hello"}',
    ];
    const answers = await raw(socketOf(child.pid), `${requests.join('\n')}\n`, requests.length);
    expect(answers.map(({ ok, code }) => code ?? ok)).toEqual([
      ...['EINVAL', 'EPROTO', 'EPROTO', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL'],
      ...[true, true],
    ]);
    // A line without an end is not waited for for ever.
    await expect(raw(socketOf(child.pid), 'x'.repeat(100_000), 1)).rejects.toThrow();
    expect((await raw(socketOf(child.pid), '{"v":1,"do":"stats"}\n', 1))[0]).toMatchObject({ ok: true });
  });

  it('PENDINGOP_CONTROL that is mistyped is an error', async () => {
    const child = Child.start(process.execPath, ['--require', join(dist, 'register.js'), '-e', '0'], {
      env: { ...clean(), PENDINGOP_CONTROL: 'yes' },
    });
    await child.wait();
    expect(child.stderr).toContain('PENDINGOP_CONTROL');
  });
});
