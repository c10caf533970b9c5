// The package on Windows, as far as wine shows it: the prebuilt addon in Nodes of Windows, with the tests that compare our
// functions with Node's own, and those of test/windows. `node scripts/wine.mjs` runs all; `node scripts/wine.mjs 22 stat`
// those files whose names have `stat`, under Node 22.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ensureInstalled } from './bootstrap.mjs';
import { ensurePinned } from './pinned.mjs';
import { makePrebuilds, prebuildsAreFresh } from './prebuilds.mjs';
import { ci, Failure, filesIn, isProgram, main, mustRun, root, run, step, which } from './tools.mjs';
import { zigEnvironment, zigPath } from './zig.mjs';

const addon = 'prebuilds/win32-x64/pendingop.node';
const folder = join(root, 'build/wine');
const majors = ['20', '22'];
/** Of one file. */
const limit = 10 * 60_000;

/**
 * Of test/compare: those that have been seen to be equal under both. Those of wrong arguments and of paths of all shapes take
 * many minutes, and are run by their names: `node scripts/wine.mjs 20 args`.
 */
const compared = [
  ...['abort', 'copy-file', 'cp', 'directories', 'errors', 'handle-io', 'handle-life', 'names'],
  ...['read-file', 'rm', 'stat', 'streams', 'views', 'web-streams', 'write-file'],
];

/** Debian's is not on the PATH. */
const winePath = () => which('wine64') ?? ['/usr/lib/wine/wine64'].find((path) => existsSync(path));

const environment = {
  PENDINGOP_SHARE: '\\\\server\\share\\',
  WINEDEBUG: '-all',
  WINEPREFIX: join(folder, 'prefix'),
  PENDINGOP_ADDON: windowsPath(join(root, addon)),
  PENDINGOP_NODE: undefined,
};

/** Wine shows the root of this machine as a drive. */
function windowsPath(path) {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** Compiles lib/ and test/ into `folder`: jest's transformer is a native package of this system. */
export async function compile() {
  // Loaded late: `npm test` reads this file before it has installed anything.
  const { transformFileSync } = await import('@swc/core');
  for (const part of ['lib', 'test']) rmSync(join(folder, part), { recursive: true, force: true });
  for (const file of filesIn(['lib', 'test'], ['.ts', '.cjs'])) {
    const to = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(to), { recursive: true });
    const options = {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs', ignoreDynamic: true },
    };
    const path = join(root, file);
    writeFileSync(to, file.endsWith('.ts') ? transformFileSync(path, options).code : readFileSync(path));
  }
}

/** The programs and the addon that tests need, of C. */
async function compilePrograms() {
  const programs = 'test/windows/programs';
  const made = join(folder, programs);
  mkdirSync(made, { recursive: true });
  const zig = await zigPath();
  const call = (args) => mustRun(`zig ${args[0]}`, zig, args, { quiet: true, env: zigEnvironment });
  const headers = 'node_modules/node-api-headers';
  const libraries = ['js_native_api', 'node_api'];
  for (const name of libraries) {
    const definitions = `${headers}/def/${name}.def`;
    await call([
      'dlltool',
      '-m',
      'i386:x86-64',
      '-D',
      'node.exe',
      '-d',
      definitions,
      '-l',
      join(made, `lib${name}.a`),
    ]);
  }
  for (const file of filesIn([programs], ['.c'])) {
    const isAddon = readFileSync(join(root, file), 'utf8').includes('<pendingop.h>');
    const own = isAddon
      ? [
          ...['-shared', '-Iinclude', '-isystem', `${headers}/include`, `-L${made}`],
          ...libraries.map((name) => `-l${name}`),
        ]
      : [];
    const to = join(folder, file.replace(/\.c$/, isAddon ? '.node' : '.exe'));
    const flags = ['-target', 'x86_64-windows-gnu', '-Wall', '-Wextra', '-Werror', '-O1', '-s'];
    await call(['cc', ...flags, file, ...own, '-o', to]);
  }
}

/** Starts a Node of Windows in wine. */
function inWine(wine, node) {
  return (paths, env, output) => {
    // Into a file: a Node of Windows cannot write to the socket that this one would give it.
    const command = ['exec "$@" > "$0" 2>&1', output, wine, node, ...paths.map(windowsPath)];
    return run('sh', ['-c', ...command], { env: { ...environment, ...env }, limit });
  };
}

/** Runs one file; gives for each test its name and errors. */
async function runFile(start, file, baseline) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const paths = [join(folder, 'test/windows/run.cjs'), report, join(folder, file.replace(/\.ts$/, '.js'))];
  const output = join(folder, 'output.txt');
  await start(paths, { PENDINGOP_BASELINE: baseline ? '1' : undefined }, output);
  let found = { ended: false, results: [] };
  if (existsSync(report)) found = JSON.parse(readFileSync(report, 'utf8'));
  if (!found.ended) throw new Failure(`${file} did not end: ${readFileSync(output, 'utf8').slice(-2000)}`);
  return found.results;
}

/** The files whose names have `pattern`. */
export const testFiles = (pattern) =>
  filesIn(['test/compare', 'test/windows'], ['.test.ts']).filter(
    (file) =>
      file.includes(pattern) &&
      (pattern !== '' || file.startsWith('test/windows') || compared.includes(basename(file, '.test.ts'))),
  );

/**
 * Runs files in the Node that `start` starts.
 *
 * @param {string} name of that Node
 * @param {string[]} files
 * @param {(paths: string[], env: object, output: string) => Promise<unknown>} start
 */
export async function runFiles(name, files, start) {
  const failures = [];
  let passed = 0;
  for (const file of files) {
    // What node:fs itself does not do twice in the same way there, or cannot do: symbolic links in wine, above all.
    const theirs = file.startsWith('test/windows') ? [] : await runFile(start, file, true);
    const unsteady = new Set(theirs.filter(({ errors }) => errors.length > 0).map((test) => test.name));
    const ours = (await runFile(start, file, false)).filter((test) => !unsteady.has(test.name));
    const failed = ours.filter(({ errors }) => errors.length > 0);
    passed += ours.length - failed.length;
    for (const { name: test, errors } of failed) {
      failures.push(`${name}: ${test}`);
      console.error(`${name}: ${test}\n${errors.join('\n')}`);
    }
    const left = unsteady.size === 0 ? '' : `, ${unsteady.size} that node:fs itself does not pass there`;
    console.log(`${name}, ${file}: ${ours.length - failed.length} passed, ${failed.length} failed${left}`);
  }
  return { passed, failed: failures.length, failures };
}

/** Gives the number of tests that passed and failed, under each of those Nodes. */
export async function wineTests(wanted = majors, pattern = '') {
  const wine = winePath();
  if (wine === undefined) {
    const hint = 'Windows needs: apt-get install wine64';
    if (ci) throw new Failure(hint);
    return { passed: 0, failed: 0, skipped: [hint] };
  }
  if (!prebuildsAreFresh() || !existsSync(join(root, addon))) await makePrebuilds(['win32-x64']);
  const nodes = await ensurePinned('node-windows', ['--os=win32', '--cpu=x64', '--force']);
  await compile();
  await compilePrograms();
  await step('a prefix of wine', () =>
    // Node refuses what wine calls itself unless told otherwise.
    mustRun(
      'wine64 reg',
      wine,
      ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'],
      {
        quiet: true,
        env: environment,
      },
    ),
  );
  // What wine shows as \\server\share.
  const share = join(folder, 'prefix/dosdevices/unc/server/share');
  rmSync(share, { recursive: true, force: true });
  mkdirSync(share, { recursive: true });
  // A read of it cannot be cancelled in wine.
  await mustRun('mkfifo', 'mkfifo', [join(share, 'silent')], { quiet: true });
  const total = { passed: 0, failed: 0, failures: [] };
  for (const major of wanted) {
    const node = join(nodes, `node-${major}/bin/node.exe`);
    const { passed, failed, failures } = await runFiles(
      `Node ${major}`,
      testFiles(pattern),
      inWine(wine, node),
    );
    total.passed += passed;
    total.failed += failed;
    total.failures.push(...failures);
  }
  return total;
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const args = process.argv.slice(2);
    await ensureInstalled();
    const wanted = majors.filter((major) => args.includes(major));
    const pattern = args.find((arg) => !majors.includes(arg));
    const { passed, failed, skipped = [] } = await wineTests(wanted.length > 0 ? wanted : majors, pattern);
    console.log([...skipped, `${passed} passed, ${failed} failed`].join('\n'));
    return failed === 0 ? 0 : 1;
  });
}
