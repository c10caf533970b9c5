// The native unit tests under CTest: each backend as it ships, then under the sanitizers.
import { join } from 'node:path';
import { backends, configureNative, requireToolchain } from './bootstrap.mjs';
import { jobs, root, run } from './tools.mjs';

/** What is built and run: the folder below build/, the CMake options. */
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

const sanitizerOptions = {
  TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1',
  ASAN_OPTIONS: 'detect_leaks=1 detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1',
};

/** Builds and runs one of them; gives the number of tests that passed and failed. */
export async function nativeTests({ folder, options }) {
  requireToolchain();
  const where = join('build', folder);
  await configureNative(folder, options);
  const build = await run('cmake', ['--build', where, '--parallel', jobs], { quiet: true });
  if (build.code !== 0) return { passed: 0, failed: 1 };
  const { code, text } = await run(
    'ctest',
    ['--test-dir', join(root, where), '--output-on-failure', '--no-tests=error', '--timeout', '300'],
    { collect: true, env: sanitizerOptions },
  );
  const counts = /(\d+) tests failed out of (\d+)/.exec(text);
  const failed = counts ? Number(counts[1]) : 0;
  const passed = counts ? Number(counts[2]) - failed : 0;
  if (code !== 0) process.stderr.write(text);
  // ctest itself may fail: no tests, a program that could not be started.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}
