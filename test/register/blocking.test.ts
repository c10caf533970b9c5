// Node's pool starts a call as it is made. Programs rely on that: they make a call that changes something, block, and look
// what it did.
import { execFile, execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { withFolder } from '../fixtures/folder';

const register = join(__dirname, '../../dist/register.js');
const program = join(__dirname, 'programs/blocking.cjs');

const folder = withFolder('blocking');

const run = promisify(execFile);
const places = JSON.parse(
  execFileSync(process.execPath, [program, 'all', tmpdir()], { encoding: 'utf8' }),
) as string[];

test.each(places)('a call starts although its tick blocks: in %s', async (where) => {
  const arguments_ = ['--require', register, program, where, folder()];
  const { stdout } = await run(process.execPath, arguments_, { timeout: 20_000 });
  expect(stdout).toBe('over\n');
});
