// Packages of others under pendingop/register: the same results as without it.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const program = (name: string): string => join(__dirname, 'programs', name);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(name: string, flags: string[]) {
  // The same path both times: it may be part of what is compared.
  const place = join(folder, 'place');
  mkdirSync(place);
  const args = [...flags, program('scenarios.mjs'), name, place];
  const env = { ...process.env, PENDINGOP_TRACK: '1', NODE_ENV: 'production' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 100_000 });
  rmSync(place, { recursive: true });
  return { result: JSON.parse(stdout), stderr };
}

test.each([
  'graceful-fs',
  'fs-extra',
  'glob',
  'rimraf',
  'tar',
  'chokidar',
  'write-file-atomic',
  'proper-lockfile',
  'vite',
])('%s does the same with the hook', async (name) => {
  const plain = await run(name, []);
  const hooked = await run(name, ['--require', program('counted.cjs')]);
  expect(hooked.result).toEqual(plain.result);
  expect(Number(/^calls (\d+)$/m.exec(hooked.stderr)?.[1])).toBeGreaterThan(0);
});
