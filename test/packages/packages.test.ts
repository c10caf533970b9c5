// Other packages under pendingop/register have the same results as without it.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { withFolder } from '../fixtures/folder';

const program = (name: string): string => join(__dirname, 'programs', name);

const folder = withFolder('packages');

async function run(name: string, flags: string[]) {
  // Both runs use the same path, since the results may contain it.
  const place = folder('place');
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
