// npm run prebuilds: makes every addon and launcher of the tarball on one Linux machine, x64, with one compiler (zig,
// see scripts/zig.cmake). prebuildify calls node-gyp-shim.mjs for each, which calls cmake-js. The same sources make the
// same bytes: prebuilds/SHA256SUMS has their sums, and prebuilds/provenance.json says what they were made from.
// `npm run prebuilds -- linux-x64` makes those whose name begins so, `-- --twice` makes each once more elsewhere and
// compares, and `-- --check` makes nothing. In the end the files are checked: see check-prebuilds.mjs.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonSources, bin, ensureInstalled, ensureOwnPrebuild, requireToolchain } from './bootstrap.mjs';
import { flagFaults } from './check-flags.mjs';
import { checkPrebuilds } from './check-prebuilds.mjs';
import {
  digest,
  Failure,
  isProgram,
  jobs,
  main,
  mustRun,
  output,
  root,
  step,
  unlessFresh,
} from './tools.mjs';
import { zigEnvironment, zigOptions } from './zig.mjs';

/**
 * The oldest glibc whose headers have every call that is used. The linked addon needs 2.17 at most. The static launcher
 * is built with musl.
 */
export const targets = [
  { platform: 'linux', arch: 'x64', libc: 'glibc', zig: 'x86_64-linux-gnu.2.28', launcher: false },
  { platform: 'linux', arch: 'x64', libc: 'musl', zig: 'x86_64-linux-musl', launcher: true },
  { platform: 'linux', arch: 'arm64', libc: 'glibc', zig: 'aarch64-linux-gnu.2.28', launcher: false },
  { platform: 'linux', arch: 'arm64', libc: 'musl', zig: 'aarch64-linux-musl', launcher: true },
  { platform: 'darwin', arch: 'x64', zig: 'x86_64-macos.11.0', launcher: true },
  { platform: 'darwin', arch: 'arm64', zig: 'aarch64-macos.11.0', launcher: true },
  { platform: 'win32', arch: 'x64', zig: 'x86_64-windows-gnu', launcher: true },
  { platform: 'win32', arch: 'arm64', zig: 'aarch64-windows-gnu', launcher: true },
].map((target) => ({
  ...target,
  name: [target.platform, target.arch, target.libc].filter(Boolean).join('-'),
  files: [
    `${target.platform}-${target.arch}/${['pendingop', target.libc, 'node'].filter(Boolean).join('.')}`,
    ...(target.launcher ? [`${target.platform}-${target.arch}/${launcherOf(target)}`] : []),
  ],
}));

/** The file name of the launcher, as CMake makes it. */
function launcherOf({ platform }) {
  return platform === 'win32' ? 'pendingop-launcher.exe' : 'pendingop-launcher';
}

/** The folder that a target is built in. PENDINGOP_PREBUILD passes the target to node-gyp-shim.mjs. */
const folderOf = ({ name }) => `build-prebuild/${name}`;

const stampOf = (target) => `${folderOf(target)}/.stamp`;

/** A digest of everything that the bytes depend on. */
export const sourceDigest = () =>
  digest(
    [
      ...addonSources(),
      'CMakeLists.txt',
      'scripts/zig.cmake',
      'scripts/node-api.cmake',
      'scripts/pinned/zig/package-lock.json',
      'package-lock.json',
    ],
    JSON.stringify(targets),
  );

/** Builds the addon and the launcher of a target with cmake-js. Returns their folder. */
export async function buildTarget(name, source = root, folder = undefined) {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Failure(`No prebuild is called ${name}`);
  const build = folder ?? join(root, folderOf(target), 'cmake');
  const args = [
    ...['-l', 'error', '-d', source, '-O', build, '--arch', target.arch, '--parallel', jobs],
    ...['--target', target.launcher ? 'all' : 'pendingop'],
    ...(await zigOptions(target.zig, source)).map((option) => `--CD${option}`),
    '--CDPENDINGOP_WERROR=ON',
  ];
  for (const command of ['configure', 'build'])
    await mustRun(`cmake-js ${command}`, bin('cmake-js'), [command, ...args], {
      quiet: true,
      env: zigEnvironment,
    });
  const faults = flagFaults(build, target.zig, source);
  if (faults.length > 0) throw new Failure(faults.join('\n'));
  return join(build, 'Release');
}

async function makePrebuild(target) {
  const folder = folderOf(target);
  const outputs = target.files.map((file) => `prebuilds/${file}`);
  await unlessFresh(stampOf(target), sourceDigest(), outputs, () =>
    step(`prebuild ${target.name}`, async () => {
      mkdirSync(join(root, folder), { recursive: true });
      const args = [
        ...['--napi', '--name', 'pendingop', '--platform', target.platform, '--arch', target.arch],
        ...(target.libc ? ['--tag-libc', target.libc] : []),
        ...['--cwd', folder, '--out', '.', '--node-gyp', join(root, 'scripts/node-gyp-shim.mjs')],
      ];
      const env = { PENDINGOP_PREBUILD: target.name };
      await mustRun('prebuildify', bin('prebuildify'), args, { quiet: true, env });
      if (target.launcher)
        copyFileSync(join(root, folder, 'cmake/Release', launcherOf(target)), join(root, outputs.at(-1)));
    }),
  );
}

const installedVersion = (name) =>
  JSON.parse(readFileSync(join(root, `node_modules/${name}/package.json`), 'utf8')).version;

/**
 * What the files were made from. It has nothing of the time or of the machine: the same sources have the same
 * provenance.
 */
function writeProvenance(made) {
  const lock = JSON.parse(readFileSync(join(root, 'scripts/pinned/zig/package-lock.json'), 'utf8')).packages;
  const compiler = Object.entries(lock)
    .filter(([path]) => path !== '')
    .map(([path, { version, integrity }]) => ({
      package: path.slice('node_modules/'.length),
      version,
      integrity,
    }));
  const files = made
    .flatMap(({ zig: target, files }) => files.map((file) => ({ file, target })))
    .map((each) => {
      const path = `prebuilds/${each.file}`;
      return { ...each, bytes: statSync(join(root, path)).size, sha256: sum(path) };
    });
  const provenance = {
    package: {
      name: 'pendingop',
      version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    },
    commit: output('git', ['rev-parse', 'HEAD'])?.trim(),
    // Whether the commit contains everything that the files were made from.
    clean:
      output('git', ['status', '--porcelain', '--', 'binding', 'include', 'CMakeLists.txt', 'scripts']) ===
      '',
    sources: sourceDigest(),
    compiler,
    headers: ['node-api-headers', 'node-addon-api'].map((name) => ({
      package: name,
      version: installedVersion(name),
    })),
    files,
  };
  writeFileSync(join(root, 'prebuilds/provenance.json'), `${JSON.stringify(provenance, null, 2)}\n`);
  const sums = files.map(({ file, sha256 }) => `${sha256}  ${file}\n`);
  writeFileSync(join(root, 'prebuilds/SHA256SUMS'), sums.sort().join(''));
}

/** The SHA-256 of a file's bytes. */
const sum = (path) =>
  createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex');

/** Whether all files of a target are there, made from the current sources. */
function isMade(target, sources) {
  const stamp = join(root, stampOf(target));
  const isThere = target.files.every((file) => existsSync(join(root, 'prebuilds', file)));
  return isThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
}

/** Makes the prebuilds whose names begin with one of `wanted`; all of them if that is empty. */
export async function makePrebuilds(wanted = []) {
  const made = targets.filter(
    ({ name }) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)),
  );
  if (made.length === 0)
    throw new Failure(
      `No prebuild begins with ${wanted.join(' or ')}; there are ${targets.map(({ name }) => name).join(', ')}`,
    );
  rmSync(join(root, 'prebuilds/provenance.json'), { force: true });
  // The provenance is that of all files that are there.
  const sources = sourceDigest();
  for (const target of targets.filter((each) => !isMade(each, sources)))
    for (const file of target.files) rmSync(join(root, 'prebuilds', file), { force: true });
  for (const target of made) await makePrebuild(target);
  writeProvenance(targets.filter((each) => isMade(each, sources)));
  return made;
}

/** Returns whether prebuilds/ was made from the current sources, completely or only in part. */
export function prebuildsAreFresh() {
  try {
    const { sources } = JSON.parse(readFileSync(join(root, 'prebuilds/provenance.json'), 'utf8'));
    return sources === sourceDigest();
  } catch {
    return false;
  }
}

/**
 * Prepares what `npm pack` takes: the prebuilds, if `npm run prebuilds` has made them from the current sources; and if
 * this machine's is not among them, that, by this machine's compiler. Says what is missing.
 */
export async function ensurePrebuilds() {
  if (!prebuildsAreFresh()) {
    requireToolchain();
    // Removes what was made from other sources.
    for (const { files } of targets)
      if (!files[0].startsWith(`${process.platform}-${process.arch}/`))
        rmSync(join(root, 'prebuilds', files[0], '..'), { recursive: true, force: true });
    for (const name of ['provenance.json', 'SHA256SUMS'])
      rmSync(join(root, 'prebuilds', name), { force: true });
    await ensureOwnPrebuild();
  } else {
    const own = targets.find(({ platform, arch }) => platform === process.platform && arch === process.arch);
    if (own !== undefined && !existsSync(join(root, 'prebuilds', own.files[0]))) {
      // The launcher alone may be there.
      rmSync(join(root, 'prebuilds', own.files[0], '..'), { recursive: true, force: true });
      await ensureOwnPrebuild();
    }
  }
  reportPrebuilds();
}

/** Prints what is missing for the tarball. Returns that, and what is wrong with the files that are there. */
export function reportPrebuilds() {
  const found = checkPrebuilds(join(root, 'prebuilds'), targets);
  if (found.missing.length > 0)
    console.error(`> prebuilds: without ${found.missing.join(', ')}, which npm run prebuilds makes`);
  return found;
}

/**
 * Makes a prebuild from a copy of the sources in another folder, and compares: no path, no time and no order may get
 * into it.
 */
async function remake(target) {
  const { name, files } = target;
  const folder = mkdtempSync(join(tmpdir(), 'pendingop-prebuild-'));
  try {
    const copied = [
      'binding',
      'include',
      'CMakeLists.txt',
      'package.json',
      'scripts/zig.cmake',
      'scripts/node-api.cmake',
    ];
    const headers = ['node-api-headers', 'node-addon-api', 'cmake-js'].map((each) => `node_modules/${each}`);
    const source = join(folder, 'elsewhere');
    for (const path of [...copied, ...headers])
      cpSync(join(root, path), join(source, path), { recursive: true });
    const release = await buildTarget(name, source, join(folder, 'made'));
    const differing = files.filter((file) => {
      const made = join(release, file.endsWith('.node') ? 'pendingop.node' : launcherOf(target));
      return !readFileSync(made).equals(readFileSync(join(root, 'prebuilds', file)));
    });
    if (differing.length > 0) throw new Failure(`Made twice, these differ: ${differing.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const args = process.argv.slice(2);
    const wanted = args.filter((arg) => !arg.startsWith('--'));
    let made = [];
    if (!args.includes('--check')) {
      requireToolchain();
      await ensureInstalled();
      made = await makePrebuilds(wanted);
    }
    if (args.includes('--twice'))
      for (const target of made) await step(`prebuild ${target.name}, once more`, () => remake(target));
    const { faults, missing } = reportPrebuilds();
    if (!prebuildsAreFresh()) faults.push('provenance.json is of other sources');
    for (const fault of faults) console.error(`prebuilds/${fault}`);
    const complete = wanted.length > 0 || missing.length === 0;
    return faults.length === 0 && complete ? 0 : 1;
  });
}
