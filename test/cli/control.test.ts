// The control socket, and the commands that use it.
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWith } from '../fixtures/available';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { dist, withFifo } from '../table/tools';
import {
  clean,
  json,
  killAllAfterwards,
  pendingop,
  raw,
  type SeenProcess,
  seen,
  start,
  until,
  withRuntimeFolder,
} from './tools';

const runtime = withRuntimeFolder();

const running =
  (count: number) =>
  ({ ops }: SeenProcess): boolean =>
    ops?.filter(({ state }) => state === 'running').length === count;

describe('listing and interrupting', () => {
  killAllAfterwards();
  const fifo = withFifo();
  const controlled = (count: string, how = ''): Promise<Child> =>
    start('controlled.cjs', [dist, fifo().path, count, how], { env: runtime.env });

  it('lists the calls of a process whose event loop is busy, and interrupts them', async () => {
    const child = await controlled('3', 'busy');
    try {
      const { ops } = await seen(child.pid, running(3), runtime.env);
      expect(ops?.map(({ fn, call, path, mount }) => [fn, call, path, mount])).toEqual(
        Array(3).fill(['readFile', 'openat', fifo().path, '/']),
      );
      const { code, stdout } = await pendingop(
        ['interrupt', String(child.pid), fifo().path, '--json'],
        runtime.env,
      );
      expect(JSON.parse(stdout).map(({ outcome }: { outcome: string }) => outcome)).toEqual(
        Array(3).fill('interrupted'),
      );
      expect(code).toBe(0);
      expect((await seen(child.pid, () => true, runtime.env)).ops).toEqual([]);
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
    const { ops } = await seen(child.pid, running(2), runtime.env);
    const op = ops?.[0]?.op as string;
    const { stdout, code } = await pendingop(['interrupt', String(child.pid), op], runtime.env);
    expect(stdout).toContain(`${op}`);
    expect(code).toBe(0);
    const left = await seen(child.pid, running(1), runtime.env);
    expect(left.ops?.map((one) => one.op)).toEqual([ops?.[1]?.op]);
    const again = await pendingop(['interrupt', String(child.pid), op], runtime.env);
    expect([again.code, again.stdout]).toEqual([1, `Process ${child.pid} has no call there.\n`]);
  });

  it('names functions as their callers do', async () => {
    const child = await controlled('1', 'append');
    const { ops } = await seen(child.pid, running(1), runtime.env);
    expect(ops?.[0]?.fn).toBe('appendFile');
  });

  it('lists the calls of worker threads', async () => {
    const child = await controlled('2', 'thread');
    await seen(child.pid, running(4), runtime.env);
  });

  it('lists ten thousand calls', async () => {
    const child = await controlled('10000');
    const { ops } = await seen(child.pid, ({ ops: all }) => all?.length === 10_000, runtime.env);
    expect(new Set(ops?.map(({ op }) => op)).size).toBe(10_000);
    const { stdout } = await pendingop(['ps', String(child.pid)], { ...runtime.env, COLUMNS: '40' });
    expect(stdout.split('\n').length).toBeLessThan(500);
    expect(stdout).toContain('--all');
    const interrupted = await json<{ outcome: string }[]>(
      ['interrupt', String(child.pid), fifo().path, '--grace=20000'],
      runtime.env,
    );
    expect(interrupted).toHaveLength(10_000);
    expect(new Set(interrupted.map(({ outcome }) => outcome)).has('abandoned')).toBe(false);
  });

  it('has rates and counts for top', async () => {
    const child = await controlled('2');
    await seen(child.pid, running(2), runtime.env);
    await pendingop(['interrupt', String(child.pid), fifo().path], runtime.env);
    const once = await json<{ processes: { stats: { functions: Record<string, unknown>[] } }[] }>(
      ['top', String(child.pid)],
      runtime.env,
    );
    const [readFile] = once.processes[0]?.stats.functions ?? [];
    expect(readFile).toMatchObject({ fn: 'readFile', interrupted: 2, completed: 0 });
  });

  it('run starts a program with a control socket and passes its exit status on', async () => {
    const plain = join(__dirname, 'programs/plain.cjs');
    const child = Child.start(
      process.execPath,
      [join(dist, 'cli/main.js'), 'run', '--', process.execPath, plain, 'pool', fifo().path, '6'],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime.folder } },
    );
    await child.says('ready');
    await until(() => existsSync(join(runtime.folder, 'pendingop')), 'the socket');
    const [name = ''] = readdirSync(join(runtime.folder, 'pendingop'));
    const pid = Number.parseInt(name, 10);
    const { ops } = await seen(pid, running(6), runtime.env);
    expect(ops?.[0]).toMatchObject({ fn: 'readFile', path: fifo().path });
    child.kill('SIGTERM');
    expect(await child.wait()).toEqual({ code: 143, signal: null });
    const exit = await pendingop(
      ['run', '--', process.execPath, '-e', 'process.exit(42)', '--', '--json'],
      runtime.env,
    );
    expect([exit.code, exit.stderr]).toEqual([42, '']);
    const missing = await pendingop(['run', '/no/such/command'], runtime.env);
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
    (await raw(runtime.socketOf(pid), `{"v":1,"do":"abort","mount":${JSON.stringify(mount)}}\n`, 1))[0];

  it('ends a FUSE mount that the event loop itself waits for', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const child = await start('plain.cjs', ['told-stat', `${fs.path}/x`], { env: runtime.env }, hook);
      await seen(child.pid, ({ waits, ops }) => waits.length + (ops?.length ?? 0) > 0, runtime.env);
      expect(await abort(child.pid, fs.path)).toEqual({ v: 1, ok: true, pid: child.pid, aborted: fs.path });
      await until(() => /E(CONNABORTED|NOTCONN)/.test(child.stdout), 'the end of the call');
    } finally {
      await fs.unmount();
    }
  });

  it('calls that an interrupt has freed already are shown as such, and no interrupt is proposed', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore', { op: 'lookup' });
      const child = await start('controlled.cjs', [dist, `${fs.path}/x`, '2'], { env: runtime.env });
      const before = await seen(child.pid, running(2), runtime.env);
      expect(before.verdicts[0]?.advice[0]).toContain(`npx pendingop interrupt ${child.pid} `);
      const { code } = await pendingop(['interrupt', String(child.pid), fs.path], runtime.env);
      expect(code).toBe(1);
      const after = await seen(
        child.pid,
        ({ ops }) => ops?.every(({ state }) => state === 'abandoned') === true,
        runtime.env,
      );
      expect(after.verdicts[0]?.text).toMatch(
        /: their callers are free, and the kernel still has the calls\.$/,
      );
      expect(after.verdicts[0]?.advice[0]).toContain(`npx pendingop abort ${fs.path} `);
    } finally {
      await fs.unmount();
    }
  });

  it('refuses to abort a mount that has no connection to end', async () => {
    const child = await start('plain.cjs', ['idle'], { env: runtime.env }, hook);
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

  it('exists for its user alone and is removed when the process ends', async () => {
    const child = Child.node(
      `require('${dist}/index.js').configure({ control: true }); console.log('ready'); process.stdin.once('data', () => process.exit())`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime.folder } },
    );
    await child.says('ready');
    expect(statSync(join(runtime.folder, 'pendingop')).mode & 0o777).toBe(0o700);
    expect(statSync(runtime.socketOf(child.pid)).mode & 0o777).toBe(0o600);
    child.write('end\n');
    await child.wait();
    expect(readdirSync(join(runtime.folder, 'pendingop'))).toEqual([]);
  });

  it('is closed by configure({ control: false })', async () => {
    const child = Child.node(
      `const { configure } = require('${dist}/index.js');
      for (let i = 0; i < 3; i++) { configure({ control: true }); configure({ control: false }); }
      console.log(require('node:fs').readdirSync('${runtime.folder}/pendingop').length);`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime.folder } },
    );
    await child.wait();
    expect([child.stdout, child.stderr]).toEqual(['0\n', '']);
  });

  it('of a dead process is removed by the next one', async () => {
    const first = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    first.kill('SIGKILL');
    await first.wait();
    expect(existsSync(runtime.socketOf(first.pid))).toBe(true);
    const { code, stderr } = await pendingop(['interrupt', String(process.pid), '/'], runtime.env);
    expect([code, stderr.split('\n')[0]]).toEqual([
      3,
      `pendingop: Process ${process.pid} has no control socket that you may use.`,
    ]);
    const second = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    const sockets = readdirSync(join(runtime.folder, 'pendingop'));
    expect(sockets.map((name) => name.split('.')[0])).toEqual([String(second.pid)]);
  });

  it('is not made in a folder that others may write to', async () => {
    mkdirSync(join(runtime.folder, 'pendingop'), { mode: 0o777 });
    chmodSync(join(runtime.folder, 'pendingop'), 0o777);
    const child = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    expect(readdirSync(join(runtime.folder, 'pendingop'))).toEqual([]);
    // The process makes its socket in the next place of the list, where `ps` finds it.
    expect((await seen(child.pid, () => true, runtime.env)).control).toBe(true);
  });

  it('of another user gets no request, even from a user who could connect to it', async () => {
    // Only root can become another user.
    if (process.getuid?.() !== 0) return;
    const child = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    const path = runtime.socketOf(child.pid);
    for (const folder of [runtime.folder, join(runtime.folder, 'pendingop')]) chmodSync(folder, 0o755);
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
    chownSync(runtime.folder, 65534, 65534);
    const child = Child.node(
      `process.setgid(65534); process.setuid(65534);
      require('${dist}/index.js').configure({ control: true }); console.log('ready'); setInterval(() => {}, 60000);`,
      [],
      { env: { ...clean(), XDG_RUNTIME_DIR: runtime.folder } },
    );
    await child.says('ready');
    expect((await seen(child.pid, () => true, runtime.env)).control).toBe(true);
  });

  it('refuses what it does not understand, and goes on', async () => {
    const child = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
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
    const answers = await raw(runtime.socketOf(child.pid), `${requests.join('\n')}\n`, requests.length);
    expect(answers.map(({ ok, code }) => code ?? ok)).toEqual([
      ...['EINVAL', 'EPROTO', 'EPROTO', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL'],
      ...[true, true],
    ]);
    // A line that is too long and has no end closes the connection.
    await expect(raw(runtime.socketOf(child.pid), 'x'.repeat(100_000), 1)).rejects.toThrow();
    expect((await raw(runtime.socketOf(child.pid), '{"v":1,"do":"stats"}\n', 1))[0]).toMatchObject({
      ok: true,
    });
  });

  it('a mistyped PENDINGOP_CONTROL is an error', async () => {
    const child = Child.start(process.execPath, ['--require', join(dist, 'register.js'), '-e', '0'], {
      env: { ...clean(), PENDINGOP_CONTROL: 'yes' },
    });
    await child.wait();
    expect(child.stderr).toContain('PENDINGOP_CONTROL');
  });
});
