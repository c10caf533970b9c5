// qemu's emulation of single programs of linux-arm64.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './tools.mjs';

export const emulator = 'qemu-aarch64-static';
/** Of the C and C++ library that Node is linked with. */
export const sysroot = '/usr/aarch64-linux-gnu';

/** What is to be installed, in words; undefined: nothing. @param {boolean} withNode Node's libraries are needed, too */
export function missingEmulator(withNode) {
  const missing = [];
  if (which(emulator) === undefined) missing.push('qemu-user-static');
  if (withNode && !existsSync(join(sysroot, 'lib/libstdc++.so.6'))) missing.push('libstdc++6-arm64-cross');
  return missing.length === 0 ? undefined : `arm64 needs: apt-get install ${missing.join(' ')}`;
}
