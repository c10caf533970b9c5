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

test('PENDINGOP_TIMEOUT is the timeout of calls that have none', () => {
  const script = `const { execSync } = require('node:child_process');
    const { mkdtempSync, open, rmSync } = require('node:fs');
    const dir = mkdtempSync('/tmp/hook-');
    execSync('mkfifo ' + dir + '/fifo');
    open(dir + '/fifo', 'r', (error) => { rmSync(dir, { recursive: true }); console.log(error.code); });`;
  const env = { ...process.env, PENDINGOP_TIMEOUT: '50' };
  const said = execFileSync(process.execPath, ['--require', hook, '-e', script], { encoding: 'utf8', env });
  expect(said.trim()).toBe('ETIMEDOUT');
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
