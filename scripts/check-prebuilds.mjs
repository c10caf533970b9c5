// Checks by its bytes whether each file of prebuilds/ can be loaded where its name says. A file that fails on an old
// glibc, or in a renamed Node, would work on every machine of ours.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBinary } from './binaries.mjs';
import { cacheFolder } from './pinned.mjs';
import { root } from './tools.mjs';

/** The glibc of CentOS 7 and of Node 16's own binaries: every Node that this package supports needs a newer one. */
const OLDEST_GLIBC = [2, 17];
const ENTRY = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** The symbols by which a macOS image finds its own start: each image has its own. */
const OF_THE_LINKER = ['_mh_dylib_header', '__dso_handle'];
/** Bytes: twice the usual size. A larger file was linked with something that does not belong there. */
const LARGEST = { addon: 1_000_000, launcher: 200_000 };

const FORMATS = { linux: 'elf', darwin: 'macho', win32: 'pe' };
/**
 * Not Node, nor a C++ library that would have to be there. Windows has the C library (UCRT) since Windows 10, in pieces
 * whose names begin with api-ms-win-crt.
 */
const isSystemLibrary =
  /^(lib(c|m|dl|pthread|rt)\.so(\.\d+)?|ld-[a-z0-9_-]+\.so\.\d+|\/usr\/lib\/libSystem\.B\.dylib|(kernel32|ntdll|advapi32|api-ms-win-(crt|core)-[a-z0-9-]+)\.dll)$/i;
const isAboveOldest = (version) => {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return true;
  return Number(major) > OLDEST_GLIBC[0] || Number(minor) > OLDEST_GLIBC[1];
};

/** Returns what is wrong with a file; empty: nothing. @param {Buffer} bytes @param {object} target */
export function faultsOf(bytes, { platform, arch, libc }, isLauncher) {
  const faults = [];
  const must = (ok, fault) => {
    if (!ok) faults.push(fault);
  };
  let binary;
  try {
    binary = readBinary(bytes);
  } catch (error) {
    return [error.message];
  }
  must(binary.format === FORMATS[platform], `is of format ${binary.format}`);
  must(binary.arch === arch, `is for ${binary.arch}`);
  must(binary.searchPaths.length === 0, `looks for libraries in ${binary.searchPaths.join(', ')}`);
  must(!binary.hasExecutableStack, 'has an executable stack');
  for (const folder of [root, cacheFolder])
    must(!bytes.includes(folder), `names ${folder}, a folder of the machine that it was made on`);
  const largest = isLauncher ? LARGEST.launcher : LARGEST.addon;
  must(bytes.length <= largest, `has ${bytes.length} bytes, more than ${largest}`);
  const foreign = binary.needs.filter((name) => !isSystemLibrary.test(name));
  must(foreign.length === 0, `needs ${foreign.join(', ')}`);
  if (isLauncher) {
    must(binary.isProgram, 'is no program');
    if (platform === 'linux')
      must(binary.interpreter === undefined, `is not static: needs ${binary.interpreter}`);
    return faults;
  }
  const exported = binary.exported.filter((name) => !OF_THE_LINKER.includes(name));
  must(
    exported.length === ENTRY.length && ENTRY.every((name) => exported.includes(name)),
    `exports ${exported.join(', ') || 'nothing'}, not ${ENTRY.join(', ')}`,
  );
  if (platform === 'linux') {
    must(binary.staysMapped, 'can be unloaded: is not linked with -z nodelete');
    const isGlibc = binary.versions.some((version) => version.startsWith('GLIBC_'));
    must(isGlibc === (libc === 'glibc'), isGlibc ? 'asks for glibc' : 'does not ask for glibc');
    const young = binary.versions.filter(isAboveOldest);
    must(young.length === 0, `asks for ${young.join(', ')}, above GLIBC_${OLDEST_GLIBC.join('.')}`);
  }
  // Functions of Node that do not belong to Node-API differ between versions, and are missing in other runtimes.
  const ofNode = binary.imported.filter((name) => /^(uv_|_ZN2v8|_ZN4node|v8_)/.test(name));
  must(ofNode.length === 0, `takes ${ofNode.join(', ')} from Node`);
  return faults;
}

/** Checks the files of the targets that are there. Returns what is wrong, and what is missing. */
export function checkPrebuilds(folder, targets) {
  const faults = [];
  const missing = [];
  for (const target of targets) {
    for (const file of target.files) {
      const path = join(folder, file);
      if (!existsSync(path)) {
        missing.push(file);
        continue;
      }
      const found = faultsOf(readFileSync(path), target, !file.endsWith('.node'));
      faults.push(...found.map((fault) => `${file} ${fault}`));
    }
  }
  faults.push(...sumFaults(folder));
  return { faults, missing };
}

/** Returns the files that differ from the sums. */
function sumFaults(folder) {
  const path = join(folder, 'SHA256SUMS');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('  '))
    .filter(([sum, file]) => {
      if (!existsSync(join(folder, file))) return true;
      return (
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex') !== sum
      );
    })
    .map(([, file]) => `${file} is not what SHA256SUMS says`);
}
