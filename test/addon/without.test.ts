// Without an addon no import throws, calls go to Node, interrupts free the callers, and functions that need the addon
// throw an error that says so.
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Fifo } from '../fixtures/fifo';
import { withFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';

const root = join(__dirname, '../..');
const NO_ADDON = 'ERR_PENDINGOP_NO_ADDON';

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program that imports the package by its name. */
async function run(script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = Child.start(process.execPath, [...args, '-e', script], {
    cwd: root,
    env: { ...process.env, PENDINGOP_ADDON: 'none', NODE_OPTIONS: '', ...env },
  });
  const { code } = await child.wait();
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** Returns the JSON that a program prints. Its warnings are ignored. */
async function result(body: string): Promise<unknown> {
  const script = `(async () => {
    const po = require('pendingop');
    const fsp = require('pendingop/fs/promises');
    const fs = require('pendingop/fs');
    const error = (made) => made.then(() => 'resolved', ({ code, outcome, name }) => [code, outcome, name]);
    console.log(JSON.stringify(await (async () => { ${body} })()));
  })();`;
  const { code, stdout, stderr } = await run(script, ['--no-warnings']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

let fifo: Fifo;
beforeEach(async () => {
  fifo = await Fifo.make();
});
afterEach(() => fifo.remove());

describe('PENDINGOP_ADDON=none', () => {
  test('every entry point can be imported without a warning', async () => {
    const names = ['', '/fs', '/fs/promises', '/command', '/lock', '/task', '/register'];
    const made = await run(names.map((name) => `require('pendingop${name}');`).join('\n'));
    expect(made).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('supported is false and says why', async () => {
    expect(await result('return po.supported')).toEqual({
      native: false,
      interrupt: false,
      kill: false,
      mounts: false,
      locks: false,
      commands: false,
      nativeApi: false,
      reason: expect.stringContaining('PENDINGOP_ADDON'),
    });
  });

  test('the first call warns, and no other does', async () => {
    const { stderr } = await run(`
      const fsp = require('pendingop/fs/promises');
      const { Worker } = require('node:worker_threads');
      fsp.stat('/').then(() => fsp.stat('/')).then(() =>
        new Worker("require('pendingop/fs/promises').stat('/')", { eval: true }));`);
    expect(stderr.match(new RegExp(`\\[${NO_ADDON}\\] PendingopWarning`, 'g'))).toHaveLength(1);
  });

  test('a call that hangs is listed, and its caller is freed', async () => {
    const path = JSON.stringify(fifo.path);
    const found = await result(`
      po.trackPending(true);
      const stop = new AbortController();
      const ended = error(fsp.open(${path}, 'r', undefined, { signal: stop.signal }));
      await new Promise(setImmediate);
      const rows = () => po.listPending().map((op) => [op.fn(), op.state, op.call, op.threadId]);
      const before = rows();
      stop.abort();
      const how = await ended;
      const after = rows();
      const { promises, constants, readdirSync, openSync, closeSync } = require('node:fs');
      const descriptors = readdirSync('/proc/self/fd').length;
      const writer = openSync(${path}, constants.O_RDWR | constants.O_NONBLOCK);
      // The op leaves the list once the late descriptor is closed.
      while (po.listPending().length > 0) await new Promise(setImmediate);
      closeSync(writer);
      await promises.stat('/');
      while (readdirSync('/proc/self/fd').length > descriptors) await new Promise(setImmediate);
      return { before, how, after };`);
    expect(found).toEqual({
      before: [['open', 'running', '', 0]],
      how: ['ABORT_ERR', 'abandoned', 'AbortError'],
      after: [['open', 'abandoned', '', 0]],
    });
  });

  test('interrupt(), signals and scopes free the caller; a queued call is cancelled', async () => {
    const path = JSON.stringify(fifo.path);
    const found = await result(`
      po.trackPending(true);
      const opened = () => fsp.open(${path});
      const first = error(opened());
      const cancelled = await po.interrupt(...po.listPending());
      const second = error(opened());
      await new Promise(setImmediate);
      const abandoned = await po.interrupt(po.listPending(), { grace: 10 });
      const aborted = error(fsp.open(${path}, 'r', undefined, { signal: AbortSignal.timeout(10) }));
      const scoped = error(po.runInterruptible({ timeout: 10 }, opened));
      const all = await Promise.all([first, second, aborted, scoped]);
      const { openSync, closeSync } = require('node:fs');
      const both = openSync(${path}, 'r+');
      while (po.listPending().length > 0) await new Promise(setImmediate);
      closeSync(both);
      return [...cancelled.map((report) => report.outcome), ...abandoned.map((report) => report.outcome), ...all];`);
    expect(found).toEqual([
      'cancelled',
      'abandoned',
      ['EINTR', 'cancelled', 'InterruptError'],
      ['EINTR', 'abandoned', 'InterruptError'],
      ['ABORT_ERR', 'abandoned', 'AbortError'],
      ['ETIMEDOUT', 'abandoned', 'TimeoutError'],
    ]);
  });

  test('the synchronous functions take a timeout and return', async () => {
    const found = await result(`
      const timeout = 1000;
      return [
        fs.statSync('/', { timeout }).isDirectory(),
        fs.readdirSync('/', { timeout }).length === require('node:fs').readdirSync('/').length,
        fs.realpathSync('/proc/self/..', { timeout }),
        (() => { try { fs.readFileSync('/none/such', { timeout }); } catch ({ code }) { return code; } })(),
      ];`);
    expect(found).toEqual([true, true, '/proc', 'ENOENT']);
  });

  test('functions that need the addon throw before they have done anything', async () => {
    const found = await result(`
      const thrown = (run) => { try { run(); return 'done'; } catch ({ code }) { return code; } };
      const file = ${JSON.stringify(`${fifo.path}.lock`)};
      return [
        ...['maxThreads', 'maxStuckPerMount'].map((name) => thrown(() => po.configure({ [name]: 5 }))),
        thrown(() => po.configure({ signal: 'SIGUSR2' })),
        thrown(() => po.configure({ killable: 'always', grace: 7 })),
        thrown(() => po.configure({ grace: 50, captureStacks: true })),
        (await error(require('pendingop/lock').lock(file)))[0],
        require('node:fs').existsSync(file),
        (await error(require('pendingop/command').runCommand('true')))[0],
        (await error(po.mounts.abort('/')))[0],
        po.mounts.list(),
        po.listPending().length,
      ];`);
    expect(found).toEqual([...Array(4).fill(NO_ADDON), 'done', NO_ADDON, false, NO_ADDON, NO_ADDON, [], 0]);
  });

  test('a program under the hook runs', async () => {
    const made = await run(
      `const { readFileSync } = require('node:fs');
       require('node:fs').readFile(process.execPath, (error, all) =>
         console.log(error, all.equals(readFileSync(process.execPath))));`,
      ['--no-warnings', '--require', 'pendingop/register'],
    );
    expect(made).toEqual({ code: 0, stdout: 'null true\n', stderr: '' });
  });
});

describe('a package without an addon for this system', () => {
  const place = withFolder('package');
  let folder: string;
  beforeEach(() => {
    folder = place('node_modules/pendingop');
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    cpSync(join(root, 'node_modules/node-gyp-build'), place('node_modules/node-gyp-build'), {
      recursive: true,
    });
  });

  async function reason(): Promise<string> {
    const script = `
      const { supported } = require(${JSON.stringify(folder)});
      require(${JSON.stringify(join(folder, 'dist/fs/promises'))}).stat('/').then((stats) =>
        console.log(JSON.stringify([supported.native, supported.reason, stats.isDirectory()])));`;
    const { stdout } = await run(script, ['--no-warnings'], { PENDINGOP_ADDON: '' });
    const [native, said, works] = JSON.parse(stdout) as [boolean, string, boolean];
    expect([native, works]).toEqual([false, true]);
    return said;
  }

  test('names this system, and the systems that have an addon', async () => {
    mkdirSync(join(folder, 'prebuilds/plan9-x64'), { recursive: true });
    writeFileSync(join(folder, 'prebuilds/plan9-x64/pendingop.node'), '');
    const libc = process.platform === 'linux' ? '-glibc' : '';
    expect(await reason()).toContain(
      `This is ${process.platform}-${process.arch}${libc}, Node ${process.versions.node}; ` +
        'pendingop has a prebuilt addon for: plan9-x64. Build it on this system',
    );
  });

  test('passes on why the loader refuses the addon that is there', async () => {
    const prebuild = join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(prebuild, { recursive: true });
    const name = process.platform === 'linux' ? 'pendingop.glibc.node' : 'pendingop.node';
    writeFileSync(join(prebuild, name), 'no addon');
    expect(await reason()).toContain(`${join(prebuild, name)} cannot be loaded: `);
  });
});
