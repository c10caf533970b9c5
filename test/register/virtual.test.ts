// Node's virtual file systems, which Node 26 has: calls on them are Node's own.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const flag = '--experimental-vfs';
const flags = process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
const hook = ['--require', join(__dirname, '../../dist/register.js')];

test('calls on a virtual file system come to the same with the hook', () => {
  const said = (args: string[]): string =>
    execFileSync(
      process.execPath,
      ['--no-warnings', ...flags, ...args, join(__dirname, 'programs/virtual.cjs')],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
  expect(said(hook)).toBe(said([]));
});
