// From a fresh clone to something that runs: node_modules, dist/, the addon, the FUSE fixture. A step does nothing if
// its result is up to date.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  ci,
  digest,
  Failure,
  filesIn,
  jobs,
  mustRun,
  output,
  root,
  step,
  unlessFresh,
  which,
} from './tools.mjs';

const nativeEndings = ['.cc', '.h', '.S', '.c'];

/** The path of a program of an installed package. */
export const bin = (name) => join(root, 'node_modules/.bin', name);

/** The path at which the addon of a backend is built. */
export const addonPath = (backend) => `${addonFolder(backend)}/Release/pendingop.node`;
/** The program that starts commands. It lies beside the addon. */
const launcherPath = (backend) => `${addonFolder(backend)}/Release/pendingop-launcher`;
const addonFolder = (backend) => (backend === 'linux' ? 'build' : `build-${backend}`);

/** The backend that this platform's package ships. */
export const defaultBackend =
  process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch) ? 'linux' : 'posix';

/** The backends that can be built and tested here. */
export const backends = defaultBackend === 'linux' ? ['linux', 'posix'] : ['posix'];

/** Whether node_modules holds what the lock file names. Optional packages may be for other platforms. */
function installed() {
  try {
    const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
    const wanted = read('package-lock.json');
    const present = read('node_modules/.package-lock.json');
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      const have = present[path];
      return have === undefined ? entry.optional === true : have.version === entry.version;
    });
  } catch {
    return false;
  }
}

export async function ensureInstalled() {
  if (installed()) return;
  await step('npm ci', () =>
    mustRun('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      quiet: true,
    }),
  );
}

/** Fails with one line that says what to install, before CMake fails with fifty. */
export function requireToolchain() {
  const missing = [];
  if (!which('cmake')) missing.push('cmake');
  const compilers = [process.env.CXX?.split(' ')[0], 'c++', 'g++', 'clang++'];
  if (!compilers.some((name) => name && which(name))) missing.push('g++');
  if (!which('make') && !which('ninja')) missing.push('make');
  if (missing.length === 0) return;
  throw new Failure(
    process.platform === 'darwin'
      ? `Missing to build the addon: ${missing.join(', ')}. Install with: xcode-select --install && brew install cmake`
      : `Missing to build the addon: ${missing.join(', ')}. Install with: apt-get install g++ cmake make`,
  );
}

export async function ensureDist() {
  const made = [
    ...['tsconfig.json', 'package.json', 'package-lock.json', 'scripts/join.mjs'],
    ...['scripts/docstrings.mjs', 'scripts/fs-docs.mjs', 'docs/functions.md'],
  ];
  const sum = digest([...filesIn(['lib'], ['.ts']), ...made]);
  await unlessFresh(
    'build/.stamp-dist',
    sum,
    [
      ...['dist/first.js', 'dist/base.js', 'dist/calls.js', 'dist/main.js', 'dist/lib.js'],
      ...['dist/index.js', 'dist/fs/promises/index.js'],
    ],
    () =>
      step('dist', async () => {
        rmSync(join(root, 'dist'), { recursive: true, force: true });
        // Docstrings stay in the declarations. In the programs V8 would have to skip them at each start.
        const tsc = (...options) => mustRun('tsc', bin('tsc'), ['-p', 'tsconfig.json', ...options]);
        await tsc('--declaration', 'false', '--removeComments');
        await tsc('--emitDeclarationOnly');
        // Imported here: it needs what npm ci installs.
        const { joinModules } = await import('./join.mjs');
        joinModules(join(root, 'dist'));
        const { describeFunctions } = await import('./docstrings.mjs');
        describeFunctions(join(root, 'dist'));
      }),
  );
}

/**
 * Removes a build folder that was configured at another place, because the tree was moved or copied: CMake would refuse
 * it.
 */
function dropForeignBuild(folder) {
  const cache = join(root, folder, 'CMakeCache.txt');
  if (existsSync(cache) && !readFileSync(cache, 'utf8').includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${root}\n`))
    rmSync(join(root, folder), { recursive: true, force: true });
}

/** The sources of addon and launcher, besides CMakeLists.txt. */
export const addonSources = () =>
  filesIn(
    [
      ...['binding/base', 'binding/core', 'binding/control', 'binding/ops', 'binding/sys', 'binding/napi'],
      ...['binding/launcher', 'include'],
    ],
    [...nativeEndings, '.map', '.darwin'],
  );

/** Builds an addon with cmake-js into `folder`. `made`: the files that result. */
async function buildAddon(title, folder, made, options) {
  const sum = digest([...addonSources(), 'CMakeLists.txt', 'package-lock.json'], root, process.version, ci);
  await unlessFresh(`${folder}/.stamp`, sum, made, async () => {
    requireToolchain();
    dropForeignBuild(folder);
    await step(title, async () => {
      const args = [
        ...['-l', 'error', '-d', root, '-O', join(root, folder), '--parallel', jobs],
        `--CDPENDINGOP_WERROR=${ci ? 'ON' : 'OFF'}`,
        ...options,
      ];
      for (const command of ['configure', 'build'])
        await mustRun(`cmake-js ${command}`, bin('cmake-js'), [command, ...args], { quiet: true });
    });
  });
  return join(root, made[0]);
}

/** Builds the addon of a backend. */
export const ensureAddon = (backend) =>
  buildAddon(
    `addon, ${backend} backend`,
    addonFolder(backend),
    [addonPath(backend), launcherPath(backend)],
    [`--CDPENDINGOP_BACKEND=${backend}`],
  );

/** Builds the addon of this platform's backend without the counters of stats(), for the bench. */
export const buildWithoutCounters = () =>
  buildAddon(
    'addon without counters',
    'build-uncounted',
    ['build-uncounted/Release/pendingop.node'],
    [`--CDPENDINGOP_BACKEND=${defaultBackend}`, '--CDPENDINGOP_COUNTERS=OFF'],
  );

export const fixturePath = join(root, 'build/test/stallfs');

/** Builds the FUSE fixture. If it cannot be built, says why and returns false. */
export async function ensureFixture() {
  if (process.platform !== 'linux') return false;
  const sources = filesIn(['test/fixtures/fuse'], ['.c', '.h']);
  if (sources.length === 0) return false;
  if (!which('pkg-config') || output('pkg-config', ['--exists', 'fuse3']) === undefined) {
    const hint = 'the FUSE fixture needs libfuse3: apt-get install fuse3 libfuse3-dev pkg-config';
    if (ci) throw new Failure(hint);
    console.error(`> FUSE fixture left out: ${hint}`);
    return false;
  }
  const sum = digest([...sources, 'CMakeLists.txt'], root);
  await unlessFresh('build/test/.stamp-stallfs', sum, ['build/test/stallfs'], async () => {
    requireToolchain();
    await step('FUSE fixture', async () => {
      await configureNative('test', []);
      await mustRun('the build', 'cmake', ['--build', 'build/test', '--target', 'stallfs'], { quiet: true });
    });
  });
  return existsSync(fixturePath);
}

/**
 * Builds the example addon and those of test/custom into build/addons, each by itself, as its user would. If they
 * cannot be built, says why and returns false.
 */
export async function ensureAddons() {
  if (process.platform !== 'linux') return false;
  if (!which('pkg-config') || output('pkg-config', ['--exists', 'liburing']) === undefined) {
    const hint = 'the example addon needs liburing: apt-get install liburing-dev pkg-config';
    if (ci) throw new Failure(hint);
    console.error(`> example addon left out: ${hint}`);
    return false;
  }
  const folders = ['examples/addon', 'test/custom/native', 'include'];
  const sum = digest(filesIn(folders, [...nativeEndings, 'CMakeLists.txt']), root);
  const outputs = ['example', 'probe', 'newer', 'thread'].map((name) => `build/addons/${name}.node`);
  await unlessFresh('build/addons/.stamp', sum, outputs, async () => {
    requireToolchain();
    dropForeignBuild('build/addons');
    await step('example addon', async () => {
      const headers = [
        `-DPENDINGOP_INCLUDE=${join(root, 'include')}`,
        `-DNODE_API_INCLUDE=${join(root, 'node_modules/node-api-headers/include')}`,
      ];
      const werror = `-DCMAKE_COMPILE_WARNING_AS_ERROR=${ci ? 'ON' : 'OFF'}`;
      const args = ['-S', 'test/custom/native', '-B', 'build/addons', ...headers, werror];
      await mustRun('cmake', 'cmake', args, { quiet: true });
      await mustRun('the build', 'cmake', ['--build', 'build/addons', '--parallel', jobs], { quiet: true });
    });
  });
  return true;
}

/** Configures build/<name> for the native tests. `env`: added to the environment of CMake. */
export function configureNative(name, options, env = {}) {
  dropForeignBuild(`build/${name}`);
  const generator = which('ninja') ? ['-G', 'Ninja'] : [];
  return mustRun(
    'cmake',
    'cmake',
    [
      ...[
        '-S',
        '.',
        '-B',
        `build/${name}`,
        ...generator,
        '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
        '-DPENDINGOP_TESTS=ON',
      ],
      `-DPENDINGOP_WERROR=${ci ? 'ON' : 'OFF'}`,
      ...options,
    ],
    { quiet: true, env },
  );
}

/**
 * Puts this platform's addon where the tarball takes it from, built by the compiler of this machine. prebuildify builds
 * it by node-gyp-shim.mjs, in a folder of its own because it moves the files that it finds there.
 */
export async function ensureOwnPrebuild() {
  await ensureAddon(defaultBackend);
  const target = `prebuilds/${process.platform}-${process.arch}`;
  const launcher = launcherPath(defaultBackend);
  const sum = digest([addonPath(defaultBackend), launcher]);
  const folder = 'build-prebuild/own';
  await unlessFresh(`${folder}/.stamp`, sum, [target, `${target}/pendingop-launcher`], () =>
    step('prebuild', async () => {
      rmSync(join(root, target), { recursive: true, force: true });
      rmSync(join(root, folder), { recursive: true, force: true });
      mkdirSync(join(root, folder), { recursive: true });
      const args = ['--napi', '--strip', '--tag-libc', '--name', 'pendingop', '--cwd', folder, '--out', '.'];
      await mustRun(
        'prebuildify',
        bin('prebuildify'),
        [...args, '--node-gyp', join(root, 'scripts/node-gyp-shim.mjs')],
        {
          quiet: true,
        },
      );
      copyFileSync(join(root, launcher), join(root, target, 'pendingop-launcher'));
    }),
  );
}

/** What `npm run demo`, `npm run bench` and a single test file need. */
export async function bootstrap() {
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  const addon = await ensureAddon(defaultBackend);
  await ensureFixture();
  await ensureAddons();
  return addon;
}
