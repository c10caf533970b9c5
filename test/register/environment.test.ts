// The environment variables, and the errors of mistakes in them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configure, listPending, trackPending } from '../../lib';
import { applyEnvironment, VARIABLES } from '../../lib/config/environment';
import { defaults, settings } from '../../lib/engine/settings';
import { stat } from '../../lib/fs/promises';
import { withAbsoluteHook } from '../../lib/hook/node-options';
import { inFolder } from '../fixtures/folder';
import { thrown } from '../table/tools';

const { timeout } = defaults;
afterEach(() => {
  defaults.timeout = timeout;
});

it.each([
  ['', timeout],
  ['0', 0],
  ['Infinity', 0],
  ['1500', 1500],
  ['1e3', 1000],
  ['0.5', 0.5],
])('PENDINGOP_TIMEOUT=%s', (value, ms) => {
  applyEnvironment({ PENDINGOP_TIMEOUT: value });
  expect(defaults.timeout).toBe(ms);
});

it.each([
  ['10s', 'ERR_INVALID_ARG_VALUE'],
  [' ', 'ERR_INVALID_ARG_VALUE'],
  ['NaN', 'ERR_INVALID_ARG_VALUE'],
  ['-1', 'ERR_OUT_OF_RANGE'],
])('refuses PENDINGOP_TIMEOUT=%j', (value, code) => {
  const error = thrown(() => applyEnvironment({ PENDINGOP_TIMEOUT: value }));
  expect(error).toMatchObject({ code });
  expect(error.message).toContain('PENDINGOP_TIMEOUT');
  expect(defaults.timeout).toBe(timeout);
});

it.each([
  ['1', 1],
  ['0', 0],
  ['', 0],
])('PENDINGOP_TRACK=%s', async (value, count) => {
  trackPending(false);
  applyEnvironment({ PENDINGOP_TRACK: value });
  const call = stat('/');
  expect(listPending()).toHaveLength(count);
  await call;
  if (count === 0) trackPending(true);
});

it.each(['true', 'yes', '2', ' 1'])('refuses PENDINGOP_TRACK=%j', (value) => {
  const error = thrown(() => applyEnvironment({ PENDINGOP_TRACK: value }));
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(error.message).toContain("'PENDINGOP_TRACK' must be '1' or '0'");
});

it('a mistake ends the program before it begins', () => {
  const env = { ...process.env, PENDINGOP_TIMEOUT: '10s' };
  const hook = join(__dirname, '../../dist/register.js');
  const flags = ['--require', hook, '-e', 'console.log("begun")'];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', env });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('PENDINGOP_TIMEOUT');
});

describe('settings', () => {
  const before = { ...settings };
  afterEach(() => {
    configure({ ...before, maxThreads: 16_384, maxStuckPerMount: 1000 });
  });

  it('each has a variable, and a row in the docs', () => {
    const docs = readFileSync(join(__dirname, '../../docs/table.md'), 'utf8');
    for (const [setting, variable] of Object.entries(VARIABLES)) {
      expect(docs).toContain(`| \`${setting}\` | \`${variable}\` |`);
      // configure() knows each.
      configure({ [setting]: undefined });
    }
    const source = readFileSync(join(__dirname, '../../lib/config/configure.ts'), 'utf8');
    const known = /const KNOWN = new Set\(\[([^\]]*)\]/.exec(source)?.[1] ?? '';
    expect([...known.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort()).toEqual(
      Object.keys(VARIABLES).sort(),
    );
  });

  it('are set', () => {
    applyEnvironment({
      PENDINGOP_GRACE: '70',
      PENDINGOP_KILLABLE: 'never',
      PENDINGOP_CAPTURE_STACKS: '1',
      PENDINGOP_MAX_THREADS: '16384',
      PENDINGOP_MAX_STUCK: '1000',
    });
    expect(settings).toMatchObject({ grace: 70, killable: 'never', captureStacks: true });
  });

  it.each([
    ['PENDINGOP_GRACE', 'x'],
    ['PENDINGOP_GRACE', '-1'],
    ['PENDINGOP_KILLABLE', 'yes'],
    ['PENDINGOP_MAX_THREADS', '0'],
    ['PENDINGOP_MAX_STUCK', ' '],
    ['PENDINGOP_SIGNAL', 'SIGNONE'],
    ['PENDINGOP_CAPTURE_STACKS', 'true'],
    ['PENDINGOP_EXPECT_MOUNTS', 'relative'],
  ])('%s=%j is refused', (name, value) => {
    expect(thrown(() => applyEnvironment({ [name]: value })).message).toContain(name);
    expect(settings).toEqual(before);
  });
});

describe('NODE_OPTIONS', () => {
  const file = '/a b/register.js';
  it.each([
    ['--import pendingop/register', '--import file:///a%20b/register.js'],
    ['--import=pendingop/register', '--import=file:///a%20b/register.js'],
    ['--require "pendingop/register" --no-warnings', '--require "/a b/register.js" --no-warnings'],
    ['-r pendingop/register', '-r "/a b/register.js"'],
    ['--import other/pendingop/register', '--import other/pendingop/register'],
    ['--max-old-space-size=100', '--max-old-space-size=100'],
  ])('%s is handed on as %s', (given, expected) => {
    expect(withAbsoluteHook(given, file)).toBe(expected);
    expect(withAbsoluteHook(expected, file)).toBe(expected);
  });

  it.each(['--import', '--require'])('%s pendingop/register works in children that run elsewhere', (flag) =>
    inFolder('with space', (folder) => {
      mkdirSync(folder('node_modules'));
      symlinkSync(join(__dirname, '../..'), folder('node_modules/pendingop'));
      const inner = "console.log(require('node:fs').promises.stat.toString().includes('native') || 'ran')";
      const script = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(inner)}],
        { cwd: '/', stdio: 'inherit' })`;
      const env = { ...process.env, NODE_OPTIONS: `${flag} pendingop/register` };
      const said = spawnSync(process.execPath, ['-e', script], { cwd: folder(), env, encoding: 'utf8' });
      expect([said.status, said.stdout.trim()]).toEqual([0, 'ran']);
    }),
  );
});
