// Commands that are interrupted: the steps of an interrupt, and which processes remain.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { interrupt, listPending, OpKind } from '../../lib';
import { type CommandOptions, keepaliveSignal, type RunningCommand, runCommand } from '../../lib/command';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, descendants, processState } from '../fixtures/processes';
import { failing, rejection } from '../table/tools';
import { alive, dist, gone, withoutOrphans } from './tools';

withoutOrphans();
afterEach(() => Child.killAll());
const folder = withFolder('command');

const sh = (script: string, options?: CommandOptions, args: readonly string[] = []) =>
  runCommand('sh', ['-c', script, ...args], { cwd: folder(), ...options });
const DEAF =
  "trap '' TERM INT HUP; (trap '' TERM INT HUP; echo $$ > outer; while :; do sleep 1; done) & echo $! > inner; touch ready; wait";

/** Waits for a whole line in a file, and returns it. */
async function line(name: string): Promise<string> {
  const path = folder(name);
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'), name);
  return readFileSync(path, 'utf8').trim();
}

const number = async (name: string): Promise<number> => Number(await line(name));

test('a command is listed, and interrupt() ends it', async () => {
  const promise = failing(sh('echo said; echo $$ > pid; exec sleep 1000'));
  const pid = await number('pid');
  const [op] = listPending(OpKind.Process);
  expect(op?.fn()).toBe('runCommand');
  const [report] = await interrupt([op!], { reason: 'why', grace: 20_000 });
  expect(report?.outcome).toBe('interrupted');
  expect(await promise).toMatchObject({
    code: 'EINTR',
    outcome: 'interrupted',
    stdout: 'said\n',
    signal: 'SIGTERM',
    cause: 'why',
  });
  expect(alive(pid)).toBe(false);
});

test('a command that ignores signals is killed after waitDelay, with all its descendants', async () => {
  const controller = new AbortController();
  const promise = failing(sh(DEAF, { signal: controller.signal, waitDelay: 50 }));
  const inner = await number('inner');
  controller.abort('enough');
  expect(await promise).toMatchObject({ name: 'AbortError', outcome: 'killed', signal: 'SIGKILL' });
  expect(alive(inner)).toBe(false);
});

test('a grandchild in another session is killed, too', async () => {
  const promise = failing(
    sh("trap '' TERM; setsid sh -c 'echo $$ > far; while :; do sleep 1; done' & wait; wait", {
      timeout: 1e6,
      waitDelay: 20,
    }),
  );
  const far = await number('far');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(report?.outcome).toBe('killed');
  await promise;
  expect(alive(far)).toBe(false);
});

test('the caller is free after the grace, and the later signals follow all the same', async () => {
  const promise = failing(sh(DEAF, { waitDelay: 300 }));
  const inner = await number('inner');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 0 });
  expect(report?.outcome).toBe('abandoned');
  expect((await promise).outcome).toBe('abandoned');
  await gone(inner);
});

test('a timeout, a signal that is aborted before the start, and one during it', async () => {
  expect(await rejection(sh('exec sleep 1000', { timeout: 20 }))).toMatchObject({ code: 'ETIMEDOUT' });
  expect(await rejection(sh('touch no', { signal: AbortSignal.abort(1) }))).toMatchObject({
    outcome: 'cancelled',
    cause: 1,
  });
  expect(existsSync(folder('no'))).toBe(false);
  const controller = new AbortController();
  const promise = failing(sh('exec sleep 1000', { signal: controller.signal, waitDelay: 100 }));
  controller.abort();
  expect((await promise).name).toBe('AbortError');
});

test('a cancel function, and one that fails', async () => {
  const promise = failing(
    sh("trap 'exit 9' USR1; touch ready; while :; do sleep 0.01; done", {
      cancel: (command) => command.kill('SIGUSR1'),
    }),
  );
  await until(() => existsSync(folder('ready')), 'ready');
  await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(await promise).toMatchObject({ outcome: 'interrupted', exitCode: 9 });
  const cancel = (): never => {
    throw new Error('cannot');
  };
  const other = failing(sh('exec sleep 1000', { cancel, waitDelay: 20 }));
  await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(await other).toMatchObject({ outcome: 'killed', handlerError: { message: 'cannot' } });
});

test.each(['SIGNONE', 0, 65, 1.5])('a cancel function that sends %p, which is no signal', async (signal) => {
  const cancel = (command: RunningCommand): void => command.kill(signal as NodeJS.Signals);
  const promise = failing(sh('exec sleep 1000', { cancel, waitDelay: 20 }));
  await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  expect(await promise).toMatchObject({
    outcome: 'killed',
    handlerError: { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' },
  });
});

const WORKER = `
  const { keepaliveSignal } = require(${JSON.stringify(dist)});
  const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
  const signal = keepaliveSignal();
  const dir = mkdtempSync(process.argv[1] + '/work-');
  writeFileSync(process.argv[1] + '/dir', dir + '\\n');
  const hold = setInterval(() => {}, 1000);
  const leave = () => { rmSync(dir, { recursive: true }); clearInterval(hold); };
  if (signal.aborted) leave(); else signal.addEventListener('abort', leave);`;

test('keepalive: the command sees its input close, cleans up and exits', async () => {
  const args = ['-e', WORKER, folder()];
  const promise = runCommand(process.execPath, args, {
    keepalive: 'stdin',
    input: 'thrown away',
    waitDelay: 20_000,
  });
  const dir = await line('dir');
  const [report] = await interrupt(listPending(OpKind.Process), { grace: 20_000 });
  // It exited with code 0, so it completed.
  expect(report?.outcome).toBe('completed');
  expect((await promise).exitCode).toBe(0);
  expect(existsSync(dir)).toBe(false);
});

test('keepaliveSignal: an input that was closed before, one that fails, and one that does not keep the loop alive', async () => {
  expect((await runCommand(process.execPath, ['-e', WORKER, folder()])).exitCode).toBe(0);
  const closed = 'exec "$0" -e "$1" "$2" <&-';
  expect((await sh(closed, {}, [process.execPath, WORKER, folder()])).exitCode).toBe(0);
  const stream = new PassThrough();
  const signal = keepaliveSignal(stream);
  stream.write('thrown away');
  expect(signal.aborted).toBe(false);
  stream.destroy(new Error('broken'));
  await until(() => signal.aborted, 'aborted');
  const idle = Child.node(`require(${JSON.stringify(dist)}).keepaliveSignal()`);
  expect(await idle.wait()).toEqual({ code: 0, signal: null });
});

const PARENT = `
  const { runCommand } = require(${JSON.stringify(dist)});
  const run = (cwd) => runCommand('sh', ['-c', ${JSON.stringify(DEAF)}], { cwd, waitDelay: 1e6 }).catch(() => {});`;

test.each(['SIGKILL', 'SIGTERM'] as const)('no orphans when the parent is ended by %s', async (signal) => {
  const parent = Child.node(`${PARENT} run(process.argv[1]);`, [folder()]);
  const inner = await number('inner');
  const outer = await number('outer');
  parent.kill(signal);
  await parent.wait();
  await gone(inner);
  await gone(outer);
});

/** Returns the processes that have written their ids to `pids`. */
const written = (): number[] =>
  existsSync(folder('pids'))
    ? readFileSync(folder('pids'), 'utf8').split('\n').filter(Boolean).map(Number)
    : [];

test('no orphans when the launcher is killed, before the command runs or after', async () => {
  for (let turns = 0; turns < 30; turns += 2) {
    const before = new Set(descendants(process.pid));
    const failed = failing(sh('echo $$ >> pids; exec sleep 1000'));
    const launcher = await until(
      () => descendants(process.pid).find((pid) => !before.has(pid)),
      'the launcher',
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.kill(launcher as number, 'SIGKILL');
    expect(await failed).toMatchObject({ code: 'ERR_COMMAND_FAILED', signal: 'SIGKILL' });
  }
  for (const pid of written()) await gone(pid);
  expect(listPending()).toEqual([]);
});

test('no orphans when the parent is killed right after the start', async () => {
  const script = `
    const { runCommand } = require(${JSON.stringify(dist)});
    const [, cwd, turns] = process.argv;
    runCommand('sh', ['-c', 'echo $$ >> pids; exec sleep 1000'], { cwd });
    let turn = 0;
    const next = () => (turn++ < turns ? setImmediate(next) : process.kill(process.pid, 'SIGKILL'));
    next();`;
  for (let turns = 0; turns < 2000; turns = 4 * turns + 1) {
    expect((await Child.node(script, [folder(), String(turns)]).wait()).signal).toBe('SIGKILL');
  }
  for (const pid of written()) await gone(pid);
});

test('an abandoned command does not keep the program running, and ends with it', async () => {
  const script = `const { runCommand } = require(${JSON.stringify(dist)});
    const { existsSync } = require('node:fs');
    const { interrupt, listPending, trackPending } = require(${JSON.stringify(join(dist, '../../index.js'))});
    const [, cwd] = process.argv;
    trackPending(true);
    runCommand('sh', ['-c', ${JSON.stringify(DEAF)}], { cwd, waitDelay: 1e6 }).catch((error) => console.log(error.outcome));
    const timer = setInterval(() => {
      if (!existsSync(cwd + '/ready')) return;
      clearInterval(timer);
      void interrupt(listPending(), { grace: 0 });
    }, 5);`;
  const parent = Child.node(script, [folder()]);
  expect(await parent.wait()).toEqual({ code: 0, signal: null });
  expect(parent.stdout).toBe('abandoned\n');
  await gone(await number('inner'));
  await gone(await number('outer'));
});

test('no orphans when the worker thread that started the command ends', async () => {
  const script = `const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(`${PARENT} run(require('node:worker_threads').workerData);`)}, {
      eval: true,
      workerData: process.argv[1],
    });
    process.stdin.on('data', () => worker.terminate());`;
  const parent = Child.node(script, [folder()]);
  const inner = await number('inner');
  parent.write('end\n');
  await gone(inner);
  parent.kill();
  await parent.wait();
});

const FIRST = `
  const { readdirSync, readFileSync } = require('node:fs');
  const { runCommand } = require(process.argv[1]);
  const stateOf = (id) => {
    try {
      return /^State:\\s*(.)/m.exec(readFileSync('/proc/' + id + '/status', 'latin1'))?.[1];
    } catch {
      return undefined;
    }
  };
  (async () => {
    await runCommand('true');
    await runCommand('false').catch(() => undefined);
    await runCommand('sh', ['-c', 'kill -9 $$']).catch(() => undefined);
    await runCommand('sleep', ['1000'], { timeout: 50 }).catch(() => undefined);
    const zombies = readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && stateOf(name) === 'Z');
    console.log('zombies', zombies.length);
  })();`;

if (process.platform === 'linux' && process.getuid?.() === 0)
  test('commands leave no zombies to a process 1 that waits for no unknown child', async () => {
    const child = Child.start('unshare', ['-pf', '--mount-proc', process.execPath, '-e', FIRST, dist]);
    await child.wait();
    expect([child.stdout, child.stderr]).toEqual(['zombies 0\n', '']);
  });

test('as long as a signal may still be sent to an ended command, no other process gets its id', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  // The orphan has left the group before the signal comes.
  const script =
    "setsid sh -c 'echo $$ > orphan; exec sleep 1000' & while [ ! -s orphan ]; do :; done; echo $$ > leader";
  const promise = sh(script, { signal, waitDelay: 10_000 });
  const [leader, orphan] = [await number('leader'), await number('orphan')];
  await until(() => processState(leader) !== 'S' && processState(leader) !== 'R', 'the end of the leader');
  // The zombie keeps the id, which is also that of the process group.
  expect(processState(leader)).toBe('Z');
  expect(alive(orphan)).toBe(true);
  controller.abort();
  // The command itself ended before the signal.
  expect(await promise).toMatchObject({ exitCode: 0 });
  await gone(orphan);
  expect(processState(leader)).toBeUndefined();
});
