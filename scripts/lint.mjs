// npm run lint, npm run format: biome for TypeScript and JSON, clang-format and clang-tidy for C++ and C.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { apiPage, apiPath } from './api.mjs';
import { backends, bin, configureNative, ensureAddon, ensureDist, ensureInstalled } from './bootstrap.mjs';
import { systemNames, upwardImports, upwardIncludes } from './layers.mjs';
import {
  ci,
  digest,
  Failure,
  filesIn,
  isProgram,
  jobs,
  main,
  mustRun,
  output,
  root,
  run,
  step,
  unlessFresh,
  which,
} from './tools.mjs';

// Other versions break lines elsewhere, so only this one decides.
const clangFormatMajor = '14';

const nativeFiles = () => filesIn(['binding', 'include', 'examples', 'test', 'bench'], ['.cc', '.c', '.h']);

/** Returns why a tool cannot run here, or undefined. With CI=true a missing tool is a failure. */
function unavailable(tool) {
  if (which(tool)) return undefined;
  const reason = `${tool} not found: apt-get install ${tool}`;
  if (ci) throw new Failure(reason);
  return reason;
}

export async function biome(write = false) {
  const args = ['check', '--colors=off', '--error-on-warnings', '--max-diagnostics=50'];
  if (write) args.push('--write');
  return { ok: (await run(bin('biome'), [...args, '.'], { quiet: true })).code === 0 };
}

/** Checks that imports within lib/, and includes within binding/, go down only. */
export async function layers() {
  const wrong = [...upwardImports(), ...upwardIncludes(), ...systemNames()];
  for (const line of wrong) console.error(line);
  return { ok: wrong.length === 0 };
}

/** Checks that docs/api.md is up to date with the types. */
export async function apiReference() {
  await ensureDist();
  const ok = readFileSync(apiPath, 'utf8') === apiPage();
  if (!ok) console.error('docs/api.md is not what the types say: npm run api');
  return { ok };
}

/** Checks that package.json describes the tarball correctly, for import, require and types. */
export async function packageShape() {
  await ensureDist();
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  for (const message of messages) console.error(formatMessage(message, pkg));
  const into = mkdtempSync(join(tmpdir(), 'pendingop-lint-'));
  try {
    const packing = ['pack', '--silent', '--ignore-scripts', '--pack-destination', into];
    await mustRun('npm pack', 'npm', packing, { quiet: true });
    const [tarball] = readdirSync(into);
    // A header is no module.
    const args = [join(into, tarball), '--exclude-entrypoints', 'include/pendingop.h', '--no-color'];
    const types = await run(bin('attw'), args, { quiet: true });
    return { ok: messages.length === 0 && types.code === 0 };
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

export async function clangFormat(write = false) {
  const skipped = unavailable('clang-format');
  if (skipped) return { ok: true, skipped };
  const version = /version (\d+)/.exec(output('clang-format', ['--version']) ?? '')?.[1];
  if (version !== clangFormatMajor)
    return { ok: true, skipped: `clang-format ${version} found, ${clangFormatMajor} decides` };
  const files = nativeFiles();
  if (files.length === 0) return { ok: true };
  const mode = write ? ['-i'] : ['--dry-run', '-Werror'];
  return { ok: (await run('clang-format', [...mode, ...files], { quiet: true })).code === 0 };
}

/** Returns the folders whose compile_commands.json know our sources, and the folder to check each source with. */
async function compileCommands() {
  for (const backend of backends) await ensureAddon(backend);
  await configureNative('test', []);
  const known = new Map();
  for (const folder of [
    ...backends.map((name) => (name === 'linux' ? 'build' : `build-${name}`)),
    'build/test',
  ]) {
    for (const { file } of JSON.parse(readFileSync(join(root, folder, 'compile_commands.json'), 'utf8'))) {
      const path = relative(root, file);
      if (/\.(cc|c)$/.test(path) && !path.startsWith('..') && !known.has(path)) known.set(path, folder);
    }
  }
  return [...known];
}

export async function clangTidy() {
  const skipped = unavailable('clang-tidy');
  if (skipped) return { ok: true, skipped };
  const sum = digest(
    [...nativeFiles(), '.clang-tidy', 'CMakeLists.txt'],
    output('clang-tidy', ['--version']),
  );
  let ok = true;
  try {
    await unlessFresh('build/.stamp-tidy', sum, [], async () => {
      const queue = await compileCommands();
      const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const [file, folder] = next;
          const { code, text } = await run('clang-tidy', ['--quiet', '-p', folder, file], { collect: true });
          if (code === 0) continue;
          ok = false;
          console.error(text.replace(/^\d+ warnings? (generated|treated as errors)\.?\n/gm, '').trimEnd());
        }
      };
      await Promise.all(Array.from({ length: Number(jobs) }, worker));
      if (!ok) throw new Failure('clang-tidy');
    });
  } catch (error) {
    if (ok) throw error;
  }
  return { ok };
}

if (isProgram(import.meta.url)) {
  await main(async () => {
    const write = process.argv.includes('--write');
    await ensureInstalled();
    const results = [
      await step('biome', () => biome(write)),
      await step('layers', layers),
      ...(write ? [] : [await step('API reference', apiReference)]),
      ...(write ? [] : [await step('package', packageShape)]),
      await step('clang-format', () => clangFormat(write)),
      ...(write ? [] : [await step('clang-tidy', clangTidy)]),
    ];
    for (const { skipped } of results) if (skipped) console.error(`skipped: ${skipped}`);
    return results.every(({ ok }) => ok) ? 0 : 1;
  });
}
