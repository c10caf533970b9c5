// The native unit tests under CTest: each backend as it is shipped, then under the sanitizers, then for another C
// library and for another processor. `npm test -- …` runs jest; `node scripts/native.mjs musl` runs the builds whose
// name contains the word.
import { basename, join } from 'node:path';
import { backends, configureNative, ensureInstalled, requireToolchain } from './bootstrap.mjs';
import { emulator, withoutEmulator } from './emulator.mjs';
import { Failure, filesIn, isProgram, jobs, main, mustRun, root, run, which } from './tools.mjs';
import { hasZig, zigEnvironment, zigOptions } from './zig.mjs';

/** The builds: the folder below build/, and the CMake options. */
export const nativeBuilds = [
  ...backends.map((backend, index) => ({
    name: `native, ${backend} backend`,
    folder: index === 0 ? 'test' : `test-${backend}`,
    options: [`-DPENDINGOP_BACKEND=${backend}`],
  })),
  { name: 'native, ThreadSanitizer', folder: 'test-tsan', options: ['-DPENDINGOP_SANITIZE=thread'] },
  {
    name: 'native, AddressSanitizer and UBSan',
    folder: 'test-asan',
    options: ['-DPENDINGOP_SANITIZE=address'],
  },
];

/** The options for static programs, which need no C library of their kind on this machine. */
const foreign = (arch) => async () => [
  ...(await zigOptions(`${arch}-linux-musl`)).map((option) => `-D${option}`),
  '-DCMAKE_EXE_LINKER_FLAGS=-static -s',
];

export const foreignBuilds = hasZig
  ? [
      { name: 'native, musl on x64', folder: 'test-musl', arch: 'x64', options: foreign('x86_64') },
      {
        name: 'native, musl on arm64',
        folder: 'test-arm64',
        arch: 'arm64',
        options: foreign('aarch64'),
        emulated: true,
      },
    ]
  : [];

/**
 * Tests that qemu's emulation of single programs cannot run: they run on x64 only. The emulation does not start tasks
 * that can be killed, either. So the other tests run on threads there, and test_kill shows that a kill is refused as
 * documented.
 */
const leftOut = {
  test_below: 'needs a seccomp filter',
  test_refused: 'needs a seccomp filter',
  test_restart_codes: 'needs a seccomp filter',
  test_robust_mutex: 'needs a task: clone() with CLONE_VM and without CLONE_THREAD',
  test_stub: 'needs ptrace()',
  test_task: 'needs such a task',
};
const notEmulated = () => `^(${Object.keys(leftOut).join('|')})$`;

const sanitizerOptions = {
  TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1',
  ASAN_OPTIONS: 'detect_leaks=1 detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1',
};

/** Builds one of them. With a `runner`, CTest starts the programs by that. */
export async function buildNative({ folder, options }, runner) {
  requireToolchain();
  const isForeign = typeof options === 'function';
  const env = isForeign ? zigEnvironment : {};
  const more = runner ? [`-DCMAKE_CROSSCOMPILING_EMULATOR=${runner}`] : [];
  await configureNative(folder, [...(isForeign ? await options() : options), ...more], env);
  const build = ['--build', join('build', folder), '--parallel', jobs];
  await mustRun('the build', 'cmake', build, { quiet: true, env });
}

/** The programs of a build, each of which is a test. */
export const nativePrograms = ({ folder }) =>
  filesIn(['binding/test'], ['.cc']).map((source) => join(root, 'build', folder, basename(source, '.cc')));

/** Builds and runs one of them. Returns the number of tests that passed and failed. */
export async function nativeTests(build) {
  const { folder, emulated = false } = build;
  const without = emulated ? withoutEmulator(false) : undefined;
  if (without !== undefined) return without;
  const where = join('build', folder);
  await buildNative(build, emulated ? which(emulator) : undefined);
  const { code, text } = await run(
    'ctest',
    [
      ...['--test-dir', join(root, where), '--output-on-failure', '--no-tests=error', '--timeout', '300'],
      ...(emulated ? ['--exclude-regex', notEmulated()] : []),
    ],
    { collect: true, env: sanitizerOptions },
  );
  const counts = /(\d+) tests failed out of (\d+)/.exec(text);
  const failed = counts ? Number(counts[1]) : 0;
  const passed = counts ? Number(counts[2]) - failed : 0;
  if (code !== 0) process.stderr.write(text);
  // ctest itself may fail: no tests, or a program that could not be started.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const wanted = process.argv.slice(2);
    const builds = [...nativeBuilds, ...foreignBuilds].filter(({ name }) =>
      wanted.some((word) => name.includes(word)),
    );
    if (builds.length === 0) throw new Failure(`No native build is called ${wanted.join(' or ')}`);
    await ensureInstalled();
    let code = 0;
    for (const build of builds) {
      const { passed, failed } = await nativeTests(build);
      console.log(`${build.name}: ${passed} passed, ${failed} failed`);
      if (failed > 0) code = 1;
    }
    return code;
  });
}
