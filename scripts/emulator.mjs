// qemu's emulation of single programs of linux-arm64.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ci, Failure, which } from './tools.mjs';

export const emulator = 'qemu-aarch64-static';
/** The folder of the C and C++ libraries that Node is linked with. */
export const sysroot = '/usr/aarch64-linux-gnu';

/**
 * The outcome of tests that cannot be emulated because a Debian package is missing; undefined: they can be. With
 * CI=true that is a failure.
 * @param {boolean} withNode whether Node's libraries are needed, too
 */
export function withoutEmulator(withNode) {
  const missing = [];
  if (which(emulator) === undefined) missing.push('qemu-user-static');
  if (withNode && !existsSync(join(sysroot, 'lib/libstdc++.so.6'))) missing.push('libstdc++6-arm64-cross');
  if (missing.length === 0) return undefined;
  const hint = `arm64 needs: apt-get install ${missing.join(' ')}`;
  if (ci) throw new Failure(hint);
  return { passed: 0, failed: 0, skipped: [hint] };
}
