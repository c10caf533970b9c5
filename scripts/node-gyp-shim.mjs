#!/usr/bin/env node
// prebuildify runs this in place of node-gyp (`rebuild --arch=… --release …`): it has cmake-js build the addon, if it
// is not up to date, and puts it where node-gyp would have. PENDINGOP_PREBUILD names the target of
// scripts/prebuilds.mjs; without it the addon is this machine's.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBackend, ensureAddon } from './bootstrap.mjs';
import { buildTarget } from './prebuilds.mjs';
import { Failure, main } from './tools.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  if (args[0] !== 'rebuild') throw new Failure(`node-gyp-shim: only 'rebuild' is known, not '${args[0]}'`);
  const arch = args.find((arg) => arg.startsWith('--arch='))?.slice('--arch='.length) ?? process.arch;
  const target = process.env.PENDINGOP_PREBUILD;
  if (target === undefined && arch !== process.arch)
    throw new Failure(`node-gyp-shim: no cross build, ${arch} on ${process.arch}; see npm run prebuilds`);
  const addon =
    target === undefined
      ? await ensureAddon(defaultBackend)
      : join(await buildTarget(target), 'pendingop.node');
  const folder = join(process.cwd(), 'build/Release');
  mkdirSync(folder, { recursive: true });
  copyFileSync(addon, join(folder, 'pendingop.node'));
});
