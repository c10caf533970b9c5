// runCommand(): results, and commands that cannot be started.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CommandError, type CommandOptions, type RunningCommand, runCommand } from '../../lib/command';
import { inFolder } from '../fixtures/folder';
import { OpenDescriptors } from '../fixtures/leaks';
import { Child, descendants, processState } from '../fixtures/processes';
import { rejection } from '../table/tools';
import { dist, withoutOrphans } from './tools';

withoutOrphans();
const sh = (script: string, options?: CommandOptions) => runCommand('sh', ['-c', script], options);

/** Returns the output of a program with another launcher: the file that the test puts beside the addon of PENDINGOP_ADDON. */
function withLauncher(launcher: string, mode: number, program: string, folder = 'release'): Promise<string> {
  return inFolder('launcher', async (place) => {
    const addon = place(folder, 'pendingop.node');
    mkdirSync(place(folder));
    copyFileSync(process.env.PENDINGOP_ADDON as string, addon);
    writeFileSync(place(folder, 'pendingop-launcher'), launcher, { mode });
    const own = join(dirname(process.env.PENDINGOP_ADDON as string), 'pendingop-launcher');
    mkdirSync(place('app.asar.unpacked'));
    copyFileSync(own, place('app.asar.unpacked/pendingop-launcher'));
    const child = Child.node(program, [dist], { env: { ...process.env, PENDINGOP_ADDON: addon } });
    await child.wait();
    expect(child.stderr).toBe('');
    return child.stdout;
  });
}

test('output, exit code, input, environment and folder', async () => {
  const result = await sh('cat; echo err >&2; echo $X; pwd', {
    input: 'in\n',
    env: { ...process.env, X: 'x' },
    cwd: '/',
  });
  expect(result).toMatchObject({
    stdout: 'in\nx\n/\n',
    stderr: 'err\n',
    exitCode: 0,
    signal: undefined,
    outputComplete: true,
  });
  expect(result.pid).toBeGreaterThan(0);
});

test('bytes; without an input option the input is empty', async () => {
  const { stdout } = await runCommand('cat', [], { encoding: 'buffer' });
  expect(stdout).toEqual(Buffer.alloc(0));
});

test('much input that the command does not read, much output', async () => {
  expect((await sh('exit 0', { input: Buffer.alloc(1 << 22) })).exitCode).toBe(0);
  const { stdout } = await runCommand('cat', [], { input: Buffer.alloc(1 << 22, 'x') });
  expect(stdout.length).toBe(1 << 22);
});

test('a failure rejects with the whole result; with reject: false it resolves', async () => {
  const error = await rejection<CommandError>(sh('echo out; echo err >&2; exit 3'));
  expect(error).toBeInstanceOf(CommandError);
  expect(error).toMatchObject({ code: 'ERR_COMMAND_FAILED', exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
  expect(error.message).toContain('failed with exit code 3: sh -c');
  expect(await sh('exit 3', { reject: false })).toMatchObject({ exitCode: 3 });
  expect(await rejection(sh('kill -SEGV $$'))).toMatchObject({ signal: 'SIGSEGV', exitCode: undefined });
});

test('without free descriptors for its pipes: EMFILE; once there are some, it runs', async () => {
  const script = `
    const fs = require('node:fs');
    const { runCommand } = require(${JSON.stringify(dist)});
    (async () => {
      const said = [(await runCommand('echo', ['first'])).stdout];
      const taken = [];
      try {
        for (;;) taken.push(fs.openSync('/dev/null'));
      } catch {}
      said.push(await runCommand('echo').catch(({ code, path }) => [code, path]));
      taken.forEach((fd) => fs.closeSync(fd));
      said.push((await runCommand('echo', ['last'])).stdout);
      console.log(JSON.stringify(said));
    })();`;
  const { stdout, stderr } = await runCommand('sh', [
    '-c',
    'ulimit -n 64; exec "$0" -e "$1"',
    process.execPath,
    script,
  ]);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(['first\n', ['EMFILE', 'echo'], 'last\n']);
});

test('a program that cannot be started is named in the error', async () => {
  await inFolder('command', async (folder) => {
    writeFileSync(folder('plain'), 'no program');
    const missing = { code: 'ENOENT', path: 'no-such-command', spawnargs: ['a'] };
    expect(await rejection(runCommand('no-such-command', ['a']))).toMatchObject(missing);
    const plain = folder('plain');
    expect(await rejection(runCommand(plain))).toMatchObject({ code: 'EACCES', path: plain });
    expect(await rejection(sh('true', { cwd: `${folder()}/none` }))).toMatchObject({
      code: 'ENOENT',
      syscall: 'chdir',
      path: `${folder()}/none`,
    });
    const big = await rejection(runCommand('true', ['x'.repeat(1 << 20)]));
    expect(big).toMatchObject({ code: 'E2BIG', path: 'true' });
  });
});

test('bad arguments and unknown options', async () => {
  const bad = (options: object | null) => rejection(sh('true', options as CommandOptions));
  for (const options of [
    { shell: true },
    null,
    [],
    { cancel: 1 },
    { cancel: 'SIGFOO' },
    { cancel: 'toString' },
    { waitDelay: Infinity },
    { maxBuffer: 0.5 },
    { stdio: ['ignore', 'pipe'] },
    { stdio: ['ignore', -1, 'pipe'] },
    { stdio: ['pipe', 'pipe', 'pipe'] },
    { env: null },
    { env: { A: 'a\0b' } },
    { input: new ArrayBuffer(1) },
    { reject: 0 },
    { detached: true },
    { waitDelay: -1 },
    { encoding: 'x' },
    { stdio: 'pipe' },
    { keepalive: true },
    { cwd: 'a\0b' },
    { maxBuffer: -1 },
    { input: 1 },
    { timeout: 'x' },
    { signal: 1 },
  ]) {
    expect((await bad(options)).code).toMatch(/^ERR_(INVALID_ARG|OUT_OF_RANGE)/);
  }
  expect((await rejection(runCommand(''))).message).toContain('file');
  expect((await rejection(runCommand('true', ['a\0b']))).message).toContain('args[0]');
});

test('a descriptor that is not open', async () => {
  const error = await rejection(sh('true', { stdio: ['ignore', 2 ** 20, 'pipe'] }));
  expect(error).toMatchObject({ code: 'EBADF', path: 'sh' });
});

test('the launcher is missing', async () => {
  // A copy of the addon without a launcher beside it.
  await inFolder('addon', async (folder) => {
    const addon = folder('pendingop.node');
    copyFileSync(process.env.PENDINGOP_ADDON as string, addon);
    const script = `
      const { listPending, trackPending } = require(${JSON.stringify(join(dist, '../../index.js'))});
      trackPending(true);
      require(${JSON.stringify(dist)}).runCommand('true').catch(({ code, message }) =>
        console.log(code, message, listPending().length));`;
    const child = Child.node(script, [], { env: { ...process.env, PENDINGOP_ADDON: addon } });
    expect((await child.wait()).code).toBe(0);
    expect(child.stdout).toBe(
      `ERR_COMMAND_LAUNCHER pendingop/command: there is no pendingop-launcher beside ${addon}; install the package again 0\n`,
    );
  });
});

test('maxBuffer ends the command', async () => {
  const error = await rejection<CommandError>(runCommand('yes', [], { maxBuffer: 1000 }));
  expect(error.code).toBe('ERR_CHILD_PROCESS_STDIO_MAXBUFFER');
  expect(error.stdout.length).toBe(1000);
});

describe('an order that comes after the end of the launcher', () => {
  // The loop does not turn, so no report of the launcher has been read.
  const launcherEnded = (): void => {
    const ended = () => descendants(process.pid).some(isEndedLauncher);
    for (const until = Date.now() + 20_000; !ended(); ) {
      if (Date.now() > until) throw new Error('the launcher has not ended');
    }
  };
  // Another process's zombie may be gone before its name is read.
  const isEndedLauncher = (pid: number): boolean => {
    if (processState(pid) !== 'Z') return false;
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('pendingop-launc');
    } catch {
      return false;
    }
  };

  test.each([
    ['an abort', 'SIGTERM' as const],
    ['a signal of a cancel function', (command: RunningCommand) => command.kill('SIGHUP')],
  ])('%s: how the command ended is known all the same', async (_, cancel) => {
    const controller = new AbortController();
    const running = rejection<CommandError>(sh('exit 3', { signal: controller.signal, cancel }));
    launcherEnded();
    controller.abort();
    const error = await running;
    expect(error).toMatchObject({ code: 'ABORT_ERR', exitCode: 3, signal: undefined });
    expect(error.pid).toBeGreaterThan(0);
  });

  test('maxBuffer: more output after the order to kill', async () => {
    const said = await withLauncher(
      `#!/bin/sh
        head -c 100000 /dev/zero
        echo "pid $$" >&4
        echo 'exit 0' >&4\n`,
      0o755,
      `
      const { runCommand } = require(process.argv[1]);
      runCommand('true', [], { maxBuffer: 1000 }).then(
        () => console.log('ran'),
        (error) => console.log(error.code, error.stdout.length, error.exitCode, error.pid > 0),
      );
      // The launcher has ended before this process reads any of its reports.
      const { readFileSync } = require('node:fs');
      const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
      while (!children().some((pid) => /\\) Z /.test(readFileSync('/proc/' + pid + '/stat', 'utf8'))));`,
    );
    expect(said).toBe('ERR_CHILD_PROCESS_STDIO_MAXBUFFER 1000 0 true\n');
  });
});

test('a pipe that another process holds open is waited for no longer than waitDelay', async () => {
  const result = await sh('echo early; sleep 1000 & echo $!', { waitDelay: 50 });
  expect(result).toMatchObject({ exitCode: 0, outputComplete: false });
  const sleeper = Number(String(result.stdout).split('\n')[1]);
  process.kill(sleeper, 'SIGKILL');
});

test('hundreds of commands leave no descriptor, process or op', async () => {
  await sh('true');
  const before = new OpenDescriptors();
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => runCommand('true')));
  await before.closed();
});

describe('a launcher that cannot be used is not blamed on the command', () => {
  const program = `
    const { runCommand } = require(process.argv[1]);
    runCommand('true').then(
      () => console.log('ran'),
      (error) => console.log(error.code, '|', error.message),
    );`;

  const runWith = (launcher: string, mode: number, folder?: string) =>
    withLauncher(launcher, mode, program, folder);

  // Electron shows the archive as a folder with files. The kernel cannot execute a file in it.
  test('a launcher in an asar archive: the one beside the archive is started', async () => {
    expect(await runWith('', 0o644, 'app.asar')).toBe('ran\n');
  });

  test('a launcher without the right to execute', async () => {
    const said = await runWith('', 0o644);
    expect(said).toMatch(/^ERR_COMMAND_LAUNCHER \| .*pendingop-launcher cannot be started \(EACCES\)/);
  });

  test('a launcher that its interpreter refuses', async () => {
    const said = await runWith('#!/nonexistent/loader\n', 0o755);
    expect(said).toMatch(/^ERR_COMMAND_LAUNCHER \| .*pendingop-launcher cannot be started \(ENOENT\)/);
  });

  test('a launcher that ends before it has started anything', async () => {
    const said = await runWith('#!/bin/sh\necho no such symbol >&2\nexit 1\n', 0o755);
    expect(said).toMatch(/^ERR_COMMAND_LAUNCHER \| .*ended with exit code 1 .*: no such symbol/);
  });
});
