// Tries the package on linux-arm64, with qemu's emulation of single programs: a Node of that architecture loads the
// prebuilt addon and runs the program of test/runtimes, and its output is compared with that of this machine's Node.
// `node scripts/arm64.mjs`. What such an emulation cannot show is run in the emulation of a whole machine, by
// `npm run test:guest -- --arch=arm64`.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultBackend, ensureAddon, ensureDist, ensureInstalled } from './bootstrap.mjs';
import { emulator, sysroot, withoutEmulator } from './emulator.mjs';
import { arm64Node } from './nodes.mjs';
import { makePrebuilds, prebuildsAreFresh } from './prebuilds.mjs';
import { Failure, isProgram, main, root, run, which } from './tools.mjs';

const addonOf = 'prebuilds/linux-arm64/pendingop.glibc.node';

async function printedBy(command, addon) {
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-arm64-'));
  try {
    const [file, ...args] = [...command, join(root, 'test/runtimes/program.cjs'), join(root, 'dist'), folder];
    const env = { PENDINGOP_ADDON: addon, PENDINGOP_NODE: undefined };
    const { code, text } = await run(file, args, { env, collect: true, limit: 120_000 });
    if (code !== 0) throw new Failure(`${file} ended with ${code}: ${text}`);
    return JSON.parse(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Features that the emulator lacks: it starts no program of its architecture unless the kernel knows the emulator
 * (binfmt).
 */
const leftOut = ['commands'];

/** Returns the number of features that work as here, and of those that do not. */
export async function arm64Smoke() {
  const without = withoutEmulator(true);
  if (without !== undefined) return without;
  if (!prebuildsAreFresh() || !existsSync(join(root, addonOf))) await makePrebuilds(['linux-arm64-glibc']);
  const node = await arm64Node();
  const here = await printedBy([process.execPath], await ensureAddon(defaultBackend));
  const there = await printedBy([which(emulator), '-L', sysroot, node], join(root, addonOf));
  let passed = 0;
  let failed = 0;
  for (const [feature, result] of Object.entries(here)) {
    if (leftOut.includes(feature)) continue;
    if (isDeepStrictEqual(there[feature], result)) passed++;
    else {
      failed++;
      console.error(`${feature}: ${JSON.stringify(there[feature])} on arm64, ${JSON.stringify(result)} here`);
    }
  }
  return { passed, failed };
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    await ensureInstalled();
    await ensureDist();
    const { passed, failed, skipped = [] } = await arm64Smoke();
    console.log([...skipped, `${passed} passed, ${failed} failed`].join('\n'));
    return failed === 0 ? 0 : 1;
  });
}
