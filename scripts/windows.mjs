// On Windows itself: the tests that wine.mjs runs in wine, in the Node that runs this script, with the addon of
// prebuilds/. PENDINGOP_SHARE is a share that may be written to, such as \\localhost\name\.
// `node scripts/windows.mjs stat` runs those files whose names have `stat`.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main, root } from './tools.mjs';
import { compile, runFiles, testFiles } from './wine.mjs';

/** What needs wine: a call that the system does not cancel, and an addon that wine.mjs compiles. */
const inWineOnly = ['test/windows/stuck.test.ts', 'test/windows/addon.test.ts'];

function here(paths, env, output) {
  const file = openSync(output, 'w');
  const addon = join(root, `prebuilds/win32-${process.arch}/pendingop.node`);
  const options = {
    stdio: ['ignore', file, file],
    env: { ...process.env, PENDINGOP_ADDON: addon, PENDINGOP_ON_WINDOWS: '1', ...env },
  };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, paths, options);
    child.once('close', resolve);
    child.once('error', resolve);
  }).finally(() => closeSync(file));
}

await main(async () => {
  if (process.platform !== 'win32') throw new Failure('scripts/wine.mjs runs these tests on Linux');
  await compile();
  const files = testFiles(process.argv[2] ?? '').filter((file) => !inWineOnly.includes(file));
  const { passed, failed } = await runFiles(`Node ${process.versions.node}`, files, here);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
