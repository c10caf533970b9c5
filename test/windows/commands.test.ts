// pendingop/command on Windows. scripts/wine.mjs runs this.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { interrupt, listPending, OpKind } from '../../lib';
import { type CommandError, type CommandOptions, runCommand } from '../../lib/command';
import { until } from '../fixtures/leaks';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'commands-'));
});
afterEach(async () => {
  // Windows does not remove a folder that is the working directory of a process.
  for (const name of fs.readdirSync(dir)) await gone(await number(name));
  fs.rmSync(dir, { recursive: true });
});

const node = (script: string, options?: CommandOptions, args: string[] = []) =>
  runCommand(process.execPath, ['-e', script, dir, ...args], options);

const failure = (promise: Promise<unknown>): Promise<CommandError & { outcome: string }> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

/** Waits until a process has written its id to a file, as it does when it is ready. */
async function number(name: string): Promise<number> {
  const file = path.join(dir, name);
  await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8').endsWith('\n'), name);
  return Number(fs.readFileSync(file, 'utf8'));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
const gone = (pid: number): Promise<boolean> => until(() => !alive(pid), `the end of ${pid}`);

const READY = `require('node:fs').writeFileSync(process.argv[1] + '/' + name, process.pid + '\\n');
  setInterval(() => {}, 1000);`;
/** A program that waits without a handler for Ctrl-Break. */
const WAITS = `const name = 'waits'; ${READY}`;
const INNER = `const name = 'inner'; process.on('SIGBREAK', () => {}); ${READY}`;
/** A program that ignores Ctrl-Break, and has started another one. */
const DEAF = `const name = 'outer'; process.on('SIGBREAK', () => {});
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(INNER)}, process.argv[1]],
    { stdio: 'inherit', detached: process.argv[2] === 'detached' });
  ${READY}`;

test('arguments, output, exit code, input, environment and folder', async () => {
  const words = ['', 'a b', 'q"uote', 'back\\', 'back slash\\', '\\"', 'tab\there', '%PATH%', 'ü€😀', "'"];
  const script = `process.stdin.on('data', (text) => process.stdout.write(text)).on('end', () => {
    console.error(JSON.stringify([process.argv.slice(2), process.env.X, process.cwd()]));
    process.exitCode = 0;
  });`;
  const env = { ...process.env, X: 'y z' };
  const result = await node(script, { input: 'in\n', env, cwd: dir }, words);
  expect(result).toMatchObject({ stdout: 'in\n', exitCode: 0, signal: undefined, outputComplete: true });
  expect(JSON.parse(String(result.stderr))).toEqual([words, 'y z', dir]);
  expect(result.pid).toBeGreaterThan(0);
  const much = Buffer.alloc(1 << 20, 'x');
  const copy = await node('process.stdin.pipe(process.stdout)', { input: much, encoding: 'buffer' });
  expect((copy.stdout as unknown as Buffer).equals(much)).toBe(true);
});

test('a failure, too much output, and no input', async () => {
  const failed = await failure(node("console.log('out'); process.exit(3)"));
  expect(failed).toMatchObject({ code: 'ERR_COMMAND_FAILED', exitCode: 3, stdout: 'out\n' });
  expect(await node('process.exit(3)', { reject: false })).toMatchObject({ exitCode: 3, stdout: '' });
  const flood = "setInterval(() => process.stdout.write('x'.repeat(1 << 16)), 1)";
  expect(await failure(node(flood, { maxBuffer: 1000 }))).toMatchObject({
    code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER',
    signal: 'SIGKILL',
  });
  expect(
    (await node("process.stdin.on('end', () => process.exit(4)).resume()", { reject: false })).exitCode,
  ).toBe(4);
});

test('a program is found by its name, and what cannot be started has its name', async () => {
  const env = { ...process.env, PATH: path.dirname(process.execPath) };
  expect((await runCommand('node', ['-p', '1'], { env })).stdout).toBe('1\n');
  expect((await runCommand('NODE.EXE', ['-p', '1'], { env })).stdout).toBe('1\n');
  expect((await runCommand(process.execPath.replace(/\.exe$/i, ''), ['-p', '1'])).stdout).toBe('1\n');
  expect(await failure(runCommand('no-such-command', ['a'], { env }))).toMatchObject({
    ...{ code: 'ENOENT', path: 'no-such-command', syscall: 'spawn', spawnargs: ['a'] },
  });
  const none = path.join(dir, 'none');
  expect(await failure(node('', { cwd: none }))).toMatchObject({
    code: 'ENOENT',
    syscall: 'chdir',
    path: none,
  });
  const script = path.join(os.tmpdir(), `script-${process.pid}.bat`);
  fs.writeFileSync(script, 'exit 0');
  expect(await failure(runCommand(script))).toMatchObject({ code: 'EINVAL', path: script });
  fs.unlinkSync(script);
});

test('it is ended by Ctrl-Break', async () => {
  const running = failure(node(WAITS));
  const pid = await number('waits');
  const [report] = await interrupt(listPending(OpKind.Process), { reason: 'why', grace: 20_000 });
  expect(report?.outcome).toBe('interrupted');
  expect(await running).toMatchObject({
    code: 'EINTR',
    signal: 'SIGTERM',
    exitCode: undefined,
    cause: 'why',
  });
  expect(alive(pid)).toBe(false);
});

test('a program may handle Ctrl-Break', async () => {
  const running = node(`process.on('SIGBREAK', () => process.exit(0)); ${WAITS}`, { waitDelay: 60_000 });
  await number('waits');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(report?.outcome).toBe('completed');
  expect((await running).exitCode).toBe(0);
});

test.each(['', 'detached'])('what ignores everything is killed, with all below it: %s', async (how) => {
  const controller = new AbortController();
  const running = failure(node(DEAF, { signal: controller.signal, waitDelay: 50 }, [how]));
  const pids = [await number('inner'), await number('outer')];
  expect(listPending(OpKind.Process)[0]?.fn()).toBe('runCommand');
  controller.abort('enough');
  expect(await running).toMatchObject({ name: 'AbortError', outcome: 'killed', signal: 'SIGKILL' });
  expect(pids.map(alive)).toEqual([false, false]);
});

test('a timeout, and the caller that is free before the command is gone', async () => {
  expect(await failure(node(WAITS, { timeout: 20 }))).toMatchObject({ code: 'ETIMEDOUT' });
  const running = failure(node(DEAF, { waitDelay: 300 }));
  const inner = await number('inner');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 0 });
  expect(report?.outcome).toBe('abandoned');
  expect((await running).outcome).toBe('abandoned');
  await gone(inner);
});

test('keepalive: its input is closed, and it leaves', async () => {
  const command = JSON.stringify(path.join(__dirname, '../../lib/command'));
  const script = `const signal = require(${command}).keepaliveSignal();
    signal.addEventListener('abort', () => process.exit(0)); ${WAITS}`;
  const running = node(script, { keepalive: 'stdin', waitDelay: 60_000 });
  await number('waits');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(report?.outcome).toBe('completed');
  expect((await running).exitCode).toBe(0);
});

test('what it leaves behind runs on, if it was not interrupted', async () => {
  const script = `require('node:child_process').spawn(process.execPath,
      ['-e', ${JSON.stringify(WAITS)}, process.argv[1]], { stdio: 'inherit', detached: true }).unref();
    const wait = setInterval(() => require('node:fs').existsSync(process.argv[1] + '/waits') && process.exit(0), 5);`;
  const result = await node(script, { waitDelay: 50 });
  expect(result).toMatchObject({ exitCode: 0, outputComplete: false });
  const pid = await number('waits');
  expect(alive(pid)).toBe(true);
  process.kill(pid);
});

const RUNS = `require(${JSON.stringify(path.join(__dirname, '../../lib/command'))}).runCommand(
  process.execPath, ['-e', ${JSON.stringify(DEAF)}, dir], { waitDelay: 1e6 }).catch(() => {});`;

test('no orphans when the parent is killed', async () => {
  const parent = spawn(process.execPath, ['-e', `const dir = process.argv[1]; ${RUNS}`, dir]);
  const pids = [await number('inner'), await number('outer')];
  parent.kill();
  for (const pid of pids) await gone(pid);
});

test('no orphans when the worker thread that asked for it ends', async () => {
  const worker = new Worker(`const dir = require('node:worker_threads').workerData; ${RUNS}`, {
    eval: true,
    workerData: dir,
  });
  const pids = [await number('inner'), await number('outer')];
  await worker.terminate();
  for (const pid of pids) await gone(pid);
});

test('no orphans when the launcher is killed', async () => {
  const script = `require('node:fs').writeFileSync(process.argv[1] + '/launcher', process.ppid + '\\n'); ${DEAF}`;
  const running = failure(node(script, { waitDelay: 60_000 }));
  const pids = [await number('inner'), await number('outer')];
  process.kill(await number('launcher'));
  expect(await running).toMatchObject({ code: 'ERR_COMMAND_FAILED', signal: 'SIGKILL' });
  for (const pid of pids) await gone(pid);
});
