// npm test: everything, from a fresh clone. `npm test -- --platforms`: only what is made for other platforms.
// `npm test -- <pattern …>` passes its arguments to jest and runs nothing else. There PENDINGOP_BACKEND=posix chooses
// the addon of the other backend, and `none` the substitute for an addon; PENDINGOP_NODE=26 chooses the Node that jest
// runs under.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { arm64Smoke } from './arm64.mjs';
import {
  backends,
  bin,
  defaultBackend,
  ensureAddon,
  ensureAddons,
  ensureDist,
  ensureFixture,
  ensureInstalled,
  requireToolchain,
} from './bootstrap.mjs';
import { declarations } from './declarations.mjs';
import { apiReference, biome, clangFormat, clangTidy, layers, packageShape } from './lint.mjs';
import { modelTest } from './model.mjs';
import { foreignBuilds, nativeBuilds, nativeTests } from './native.mjs';
import { nodePath } from './nodes.mjs';
import { ensurePrebuilds, makePrebuilds, reportPrebuilds } from './prebuilds.mjs';
import { ci, Failure, main, root, run } from './tools.mjs';
import { wineTests } from './wine.mjs';
import { hasZig } from './zig.mjs';

// A jest that does not end has failed: something kept its event loop alive, or waits for a process that does not end.
const jestLimit = 20 * 60_000;

/** Prints all processes and threads of this system, and in which system calls those of Node's wait. */
function printWaits() {
  for (const [command, ...args] of [
    ['ps', '-eLo', 'pid,ppid,lwp,stat,etimes,wchan:24,args'],
    [process.execPath, join(root, 'dist/cli/main.js'), 'ps', '--all'],
  ])
    spawnSync(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
}

async function jest(backend, args, env = {}, node = process.execPath) {
  const addon = backend === 'none' ? 'none' : await ensureAddon(backend);
  const report = join(root, `build/jest-${[backend, ...Object.values(env)].join('-')}.json`);
  // A test that starts `node` gets that Node, too.
  const PATH = dirname(node) + delimiter + process.env.PATH;
  mkdirSync(join(root, 'build'), { recursive: true });
  const running = `${report}.running`;
  for (const file of [report, running]) rmSync(file, { force: true });
  const { code } = await run(
    node,
    [join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`, ...args],
    // Here PENDINGOP_NODE is a version. To the package it is the path of a Node.
    {
      env: {
        PATH,
        PENDINGOP_ADDON: addon,
        PENDINGOP_BACKEND: backend,
        PENDINGOP_NODE: undefined,
        RUNNING_TESTS: running,
        ...env,
      },
      limit: jestLimit,
      onLimit: printWaits,
    },
  );
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    if (code !== -1) return { passed: 0, failed: 1 };
    const files = JSON.parse(readFileSync(running, 'utf8')).map((file) => relative(root, file));
    const failure = `after ${jestLimit / 60_000} minutes jest was still running: ${files.join(', ') || 'no test file'}`;
    return { passed: 0, failed: 1, failures: [failure] };
  }
  const named = (wanted) =>
    result.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === wanted)
        .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
    );
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: named('pending'),
    failures: named('failed'),
  };
}

/** A check that passes or fails as a whole. Only its failure is counted among the tests. */
async function check(body) {
  const { ok, skipped } = await body();
  return { passed: 0, failed: ok ? 0 : 1, skipped: skipped ? [skipped] : [], isCheck: true };
}

const types = async () => ({ ok: (await run(bin('tsc'), ['-p', 'tsconfig.test.json'])).code === 0 });

// Local files on tasks that can be killed, too: interrupts, exits and leaks have to be as on threads.
const killableSuites =
  'test/(compare|custom|exit|fs|killable|lock|lookup|mounts|race|register|scope|stall|table|threads)/';
const killableAlways = [
  'jest, linux backend, killable always',
  () => jest('linux', [killableSuites], { PENDINGOP_KILLABLE: 'always' }),
];

/** The suites that depend most on the Node in use: its functions, the hook, the table, and what runs beside them. */
const nodeSuites =
  'test/(custom|devices|fs|killable|loading|lock|permission|random|register|scope|table|task|trees|watch)/';

/**
 * Results have to be those of the Node in use: compares with its own functions, and checks that all of them are stated.
 * Under the newest Node the comparison is whole, and the suites above run, too. Under those between it leaves out wrong
 * arguments and paths, which take half of its time.
 */
const otherNodes =
  process.platform === 'linux' && process.arch === 'x64'
    ? [
        ['22', ['test/compare/(?!args|paths)', 'test/fs/table', 'test/loading']],
        ['24', ['test/compare/(?!args|paths)', 'test/fs/table', 'test/loading']],
        ['26', ['test/compare/', nodeSuites]],
      ].map(([major, patterns]) => [
        `jest, Node ${major}`,
        async () => jest(defaultBackend, patterns, {}, await nodePath(major)),
      ])
    : [];

/** Makes and checks every addon and launcher of the tarball. Runs before jest, which installs the tarball. */
async function prebuilds() {
  await makePrebuilds();
  const { faults, missing } = reportPrebuilds();
  for (const fault of faults) console.error(`prebuilds/${fault}`);
  return { ok: faults.length === 0 && missing.length === 0 };
}

function everything() {
  return [
    ['types', () => check(types)],
    ['types with each @types/node', () => check(declarations)],
    ['biome', () => check(biome)],
    ['layers of lib/', () => check(layers)],
    ['API reference', () => check(apiReference)],
    ['publint and attw', () => check(packageShape)],
    ['clang-format', () => check(clangFormat)],
    ['clang-tidy', () => check(clangTidy)],
    ['model of the scheduler', modelTest],
    ...nativeBuilds.map((build) => [build.name, () => nativeTests(build)]),
    ...backends.map((backend) => [`jest, ${backend} backend`, () => jest(backend, [])]),
    ...(defaultBackend === 'linux' ? [killableAlways] : []),
    [
      'jest, without an addon',
      // lying/dirs is about calls of the package's own.
      () =>
        jest('none', [
          'test/compare/(?!lying/dirs)',
          'test/register/blocking',
          'test/walk/(walk|options|iteration|stat-many)',
        ]),
    ],
    ...otherNodes,
  ];
}

/** `npm test -- --platforms`: what is built for other platforms, run as far as that is possible here. */
function platforms() {
  if (!hasZig) throw new Failure('The addons of other platforms are made on Linux x64');
  return [
    ['prebuilds', () => check(prebuilds)],
    ...foreignBuilds.map((build) => [build.name, () => nativeTests(build)]),
    ['arm64 Node in emulation', arm64Smoke],
    ['Nodes of Windows in wine', () => wineTests()],
  ];
}

async function runAll(parts) {
  const results = [];
  for (const part of parts) results.push(await runPart(part));
  return summarize(results);
}

async function runPart([name, body]) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  let result;
  try {
    result = await body();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    result = { passed: 0, failed: 1 };
  }
  return { name, skipped: [], failures: [], ...result, seconds: (performance.now() - start) / 1000 };
}

function summarize(results) {
  console.log('\n== summary');
  for (const { name, passed, failed, isCheck, skipped, failures, seconds } of results) {
    const counts = isCheck ? (failed ? 'failed' : 'ok') : `${passed} passed, ${failed} failed`;
    console.log(`${name.padEnd(38)} ${counts.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s`);
    for (const what of failures) console.log(`    failed: ${what}`);
    for (const what of skipped) console.log(`    skipped: ${what}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  // With CI=true everything was installed, so a test that did not run has failed.
  const skips = ci ? results.filter(({ isCheck }) => !isCheck).flatMap(({ skipped }) => skipped).length : 0;
  if (skips > 0) console.log(`CI=true: ${skips} skipped tests count as failed`);
  const failed = sum('failed') + skips;
  console.log(`\n${sum('passed')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

await main(async () => {
  const args = process.argv.slice(2);
  requireToolchain();
  await ensureInstalled();
  await ensureDist();
  if (args[0] === '--platforms') return runAll(platforms());
  let parts;
  if (args.length > 0) {
    const backend = process.env.PENDINGOP_BACKEND ?? defaultBackend;
    if (backend !== 'none' && !backends.includes(backend))
      throw new Failure(`PENDINGOP_BACKEND: ${backends.join(', ')} or none here`);
    if (backend !== 'none') await ensureAddon(backend);
    const major = process.env.PENDINGOP_NODE;
    const node = major === undefined ? process.execPath : await nodePath(major);
    const under = major === undefined ? '' : `, Node ${major}`;
    parts = [[`jest, ${backend} backend${under}`, () => jest(backend, args, {}, node)]];
  } else {
    for (const backend of backends) await ensureAddon(backend);
    await ensurePrebuilds();
    parts = everything();
  }
  await ensureFixture();
  await ensureAddons();
  return runAll(parts);
});
