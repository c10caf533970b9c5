#!/usr/bin/env node
// What prebuildify runs in place of node-gyp (`rebuild --arch=… --release …`): has cmake-js build the addon, if it is not
// up to date, and lays it where node-gyp would have.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBackend, ensureAddon } from './bootstrap.mjs';
import { Failure, main } from './tools.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  if (args[0] !== 'rebuild') throw new Failure(`node-gyp-shim: only 'rebuild' is known, not '${args[0]}'`);
  const arch = args.find((arg) => arg.startsWith('--arch='))?.slice('--arch='.length) ?? process.arch;
  if (arch !== process.arch) throw new Failure(`node-gyp-shim: no cross build, ${arch} on ${process.arch}`);
  const addon = await ensureAddon(defaultBackend);
  const folder = join(process.cwd(), 'build/Release');
  mkdirSync(folder, { recursive: true });
  copyFileSync(addon, join(folder, 'pendingop.node'));
});
