import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const hook = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/hooked.mjs');

function run(flags: string[], env: Record<string, string>): unknown[] {
  const options = { encoding: 'utf8', env: { ...process.env, PENDINGOP_TRACK: '1', ...env } } as const;
  const lines = execFileSync(process.execPath, [...flags, program], options)
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

const expected = [
  [true, 'pending', ['readFile', 'stat']],
  [false, 'pending', ['readFile', 'stat']],
  [false, 'undone', [true, true, true]],
  [true, 'undone', [true, true, true]],
];

test.each([
  ['--require', ['--require', hook], {}],
  ['--import', ['--import', pathToFileURL(hook).href], {}],
  ['NODE_OPTIONS', [], { NODE_OPTIONS: `--require ${hook}` }],
])('%s: names imported before, worker threads, and undone', (_, flags, env) => {
  expect(run(flags, env)).toEqual(expected);
});

test('PENDINGOP_TIMEOUT is the timeout of calls without one', () => {
  const script = `const { execSync } = require('node:child_process');
    const { mkdtempSync, open, rmSync } = require('node:fs');
    const dir = mkdtempSync('/tmp/hook-');
    execSync('mkfifo ' + dir + '/fifo');
    open(dir + '/fifo', 'r', (error) => { rmSync(dir, { recursive: true }); console.log(error.code); });`;
  const env = { ...process.env, PENDINGOP_TIMEOUT: '50' };
  const said = execFileSync(process.execPath, ['--require', hook, '-e', script], { encoding: 'utf8', env });
  expect(said.trim()).toBe('ETIMEDOUT');
});

test("rmdir with `recursive`: the program gets Node's warning, once, whichever function it calls first", () => {
  const script = `const fs = require('node:fs');
    const seen = [];
    process.on('warning', ({ name, code, message }) => seen.push([name, code, message]));
    (async () => {
      for (const rmdir of [fs.promises.rmdir, fs.rmdirSync, require('node:util').promisify(fs.rmdir)])
        for (let i = 0; i < 2; i++)
          await (async () => rmdir('/dev/null/x', { recursive: true }))().catch(({ code }) => seen.push(code));
      setImmediate(() => console.log(JSON.stringify(seen.sort())));
    })();`;
  const warned = (args: string[]): unknown =>
    JSON.parse(execFileSync(process.execPath, [...args, '-e', script], { encoding: 'utf8', stdio: 'pipe' }));
  expect(warned(['--require', hook])).toEqual(warned([]));
});

test.each(['', '--pending-deprecation --throw-deprecation'])(
  "NODE_OPTIONS=%s: what callbacks queue runs in Node's order",
  (flags) => {
    // Named in the order in which they are called: several threads of Node's pool end calls in any order.
    const script = `const { stat } = require('node:fs');
    const seen = [];
    let called = 0;
    const callback = () => {
      const name = ++called;
      seen.push(name);
      process.nextTick(() => seen.push(name + ' tick'));
      Promise.resolve().then(() => seen.push(name + ' promise')).then(() => seen.push(name + ' second promise'));
      if (name === 3) setImmediate(() => console.log(seen.join()));
    };
    for (let i = 0; i < 3; i++) stat('/', callback);`;
    const ordered = (args: string[]): string => {
      const env = { ...process.env, NODE_OPTIONS: flags };
      return execFileSync(process.execPath, [...args, '-e', script], { encoding: 'utf8', env });
    };
    expect(ordered(['--require', hook])).toBe(ordered([]));
  },
);

test('an error of a callback goes to the domain of its own call', () => {
  const script = `const { readFile, stat } = require('node:fs');
    const seen = [];
    let left = 5;
    const fail = (name) => () => {
      if (--left === 0) setImmediate(() => console.log(seen.sort().join()));
      throw new Error(name);
    };
    process.on('uncaughtException', ({ message }) => seen.push('none ' + message));
    const domain = (name) => require('node:domain').create().on('error', ({ message }) => seen.push(name + ' ' + message));
    domain('a').run(() => stat('/', fail('in a')));
    stat('/', fail('in none'));
    domain('b').run(() => readFile('/dev/null', () => stat('/', fail('in b'))));
    domain('c').run(() => stat('/', fail('in c')));
    readFile('/dev/null', fail('in none, later'));`;
  const told = (args: string[]): string =>
    execFileSync(process.execPath, [...args, '-e', script], { encoding: 'utf8' }).trim();
  expect(told(['--require', hook])).toBe(told([]));
});

test('PENDINGOP_ADDON=none.node is refused, with what is wrong', () => {
  const script = "require('node:fs').promises.stat('/').catch((error) => { throw error; })";
  const env = { ...process.env, PENDINGOP_ADDON: 'none.node' };
  const entry = join(hook, '../index.js');
  const made = spawnSync(process.execPath, ['--require', entry, '-e', script], {
    cwd: '/tmp',
    encoding: 'utf8',
    env,
  });
  expect(made.stderr).toMatch(/PENDINGOP_ADDON names \/tmp\/none\.node, which cannot be loaded as an addon/);
  expect(made.status).toBe(1);
});
