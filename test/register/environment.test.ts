// What the environment says, and how a mistake in it is told.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { listPending, trackPending } from '../../lib';
import { applyEnvironment } from '../../lib/config/environment';
import { defaults } from '../../lib/engine/settings';
import { stat } from '../../lib/fs/promises';
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

it('ends a program that is started with a mistake in it, before it begins', () => {
  const env = { ...process.env, PENDINGOP_TIMEOUT: '10s' };
  const hook = join(__dirname, '../../dist/register.js');
  const flags = ['--require', hook, '-e', 'console.log("begun")'];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', env });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('PENDINGOP_TIMEOUT');
});
