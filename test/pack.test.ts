// The tarball: what is in it, and that it works where nothing but it is installed.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { withSharedFolder } from './fixtures/folder';

const root = join(__dirname, '..');
let app: string;
let packed: string[];

/** The environment of a person at a shell: nothing from npm, jest or the test run. */
function cleanEnv(): NodeJS.ProcessEnv {
  const ours = /^(npm_|PENDINGOP_|JEST_|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, {
    cwd,
    env: cleanEnv(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Packs a folder's package and gives the tarball's path. */
function pack(from: string, ...options: string[]): string {
  const into = mkdtempSync(folder('tarball-'));
  run('npm', ['pack', '--silent', ...options, '--pack-destination', into], from);
  const [name] = readdirSync(into);
  return join(into, name ?? '');
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath ?? entry.path, entry.name)));
}

/** The README's first JavaScript block. */
function readmeExample(): string {
  const block = /^```(?:js|mjs|javascript)\n([\s\S]*?)^```$/m.exec(
    readFileSync(join(root, 'README.md'), 'utf8'),
  );
  if (!block?.[1]) throw new Error('README.md has no ```js block');
  return block[1];
}

/** The same lines for require(): imports become requires, top-level await gets a function around it. */
function asCommonJs(source: string): string {
  const requires: string[] = [];
  const rest = source.replace(/^import\s+(.+?)\s+from\s+('[^']+');?$/gm, (_, names: string, from: string) => {
    const target = names.replace(/^\*\s+as\s+/, '').replace(/\s+as\s+/g, ': ');
    requires.push(`const ${target} = require(${from});`);
    return '';
  });
  return `${requires.join('\n')}\n(async () => {\n${rest}\n})();\n`;
}

const folder = withSharedFolder('pack');
beforeAll(() => {
  const tarball = pack(root);
  packed = run('tar', ['-tzf', tarball], folder())
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
  // The one dependency comes from our node_modules: the test needs no network.
  const dependency = pack(join(root, 'node_modules/node-gyp-build'), '--ignore-scripts');
  app = folder('app');
  mkdirSync(app);
  const options = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--prefix', app];
  run('npm', ['install', ...options, tarball, dependency], app);
});

test('the tarball holds what it should and nothing else', () => {
  const always = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'CONTRIBUTING.md'];
  for (const name of always) expect(packed).toContain(name);
  const sources = filesBelow(join(root, 'lib')).map((name) => name.replace(/\.ts$/, ''));
  const built = sources.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
  const dist = packed.filter((name) => name.startsWith('dist/'));
  const joined = ['dist/base.js', 'dist/calls.js', 'dist/first.js', 'dist/lib.js', 'dist/main.js'];
  // The command line, and what loads the joined files, is in files of its own.
  const mapped = [...joined, ...built.filter((name) => /^dist\/(cli\/.*|loading\/load)\.js$/.test(name))];
  expect(dist.sort()).toEqual([...built, ...joined, ...mapped.map((name) => `${name}.map`)].sort());
  expect(packed).toContain(`prebuilds/${process.platform}-${process.arch}/pendingop.glibc.node`);
  const launcher = `prebuilds/${process.platform}-${process.arch}/pendingop-launcher`;
  expect(packed).toContain(launcher);
  // As installed: it can be run.
  accessSync(join(app, 'node_modules/pendingop', launcher), constants.X_OK);
  const rest = packed.filter((name) => !always.includes(name) && !name.startsWith('dist/'));
  const stray = rest.filter(
    (name) =>
      !/^(docs\/.+\.(md|svg|1)|examples\/[\w./-]+\.(mjs|js|json|md|txt|c|cc|h)|include\/pendingop\.h|prebuilds\/([a-z0-9]+-[a-z0-9+]+\/pendingop((\.[a-z]+)?\.node|-launcher(\.exe)?)|SHA256SUMS|provenance\.json))$/.test(
        name,
      ),
  );
  expect(stray).toEqual([]);
});

test('what the pages point to is in the tarball', () => {
  const installed = join(app, 'node_modules/pendingop');
  const broken = packed
    .filter((name) => name.endsWith('.md'))
    .flatMap((page) =>
      [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map(([, target]) => join(dirname(page), target ?? ''))
        .filter((target) => !existsSync(join(installed, target)))
        .map((target) => `${page} → ${target}`),
    );
  expect(broken).toEqual([]);
});

test('every entry point of the exports map is there', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const targets = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  expect(targets.filter((target) => !existsSync(join(app, 'node_modules/pendingop', target)))).toEqual([]);
});

test('the prebuild is what gets loaded, and it works', async () => {
  const addon = run(
    'node',
    ['-p', "require('node-gyp-build').resolve('node_modules/pendingop')"],
    app,
  ).trim();
  expect(addon).toContain(join('node_modules/pendingop/prebuilds', `${process.platform}-${process.arch}`));
  const script = `require('pendingop/fs/promises').stat('.').then((stats) => console.log(stats.isDirectory()))`;
  expect(run('node', ['-e', script], app)).toBe('true\n');
});

describe('two installed copies', () => {
  let other: string;
  const program = `
    const { createRequire } = require('node:module');
    const from = (folder) => createRequire(folder + '/');
    const [one, two] = process.argv.slice(1).map(from);
    const warnings = [];
    process.on('warning', ({ name, code, message }) => warnings.push({ name, code, message }));
    (async () => {
      const first = one('pendingop');
      const second = two('pendingop');
      const fsp = two('pendingop/fs/promises');
      // In a scope of the one, a call of the other, that waits for ever.
      require('node:child_process').execFileSync('mkfifo', ['fifo']);
      const outcome = await first
        .runInterruptible({ timeout: 50 }, () => fsp.open('fifo'))
        .then(() => 'opened', (error) => error.code);
      const open = fsp.open('fifo').catch((error) => error);
      first.trackPending(true);
      const listed = fsp.open('fifo').catch((error) => error);
      const ended = (await first.interruptUnder(process.cwd())).length;
      await second.interruptUnder(process.cwd());
      const errors = [await open, await listed];
      const hook = one('pendingop/register');
      await new Promise(setImmediate);
      console.log(JSON.stringify({
        same: first === second && fsp === one('pendingop/fs/promises') && hook === two('pendingop/register'),
        outcome, ended, warnings,
        own: errors.map((error) => error instanceof first.InterruptError),
        esm: (await import(two.resolve('pendingop'))).listPending === first.listPending,
      }));
    })();`;
  const result = (...folders: string[]) => {
    const cwd = mkdtempSync(folder('two-'));
    return JSON.parse(run('node', ['-e', program, ...folders], cwd));
  };

  beforeAll(() => {
    other = folder('other');
    cpSync(app, other, { recursive: true });
  });

  test('are one where their versions go together', () => {
    expect(result(app, other)).toEqual({
      ...{
        same: true,
        outcome: 'ETIMEDOUT',
        ended: 2,

        warnings: [],
        own: [true, true],
        esm: true,
      },
    });
  });

  test('warn of each other where they do not', () => {
    const installed = join(other, 'node_modules/pendingop');
    for (const name of ['package.json', 'dist/first.js']) {
      const file = join(installed, name);
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('"0.1.0"');
      writeFileSync(file, text.replace('"0.1.0"', '"0.2.0"'));
    }
    const { same, ended, warnings, esm } = result(app, other);
    expect({ same, ended, esm }).toEqual({ same: false, ended: 0, esm: false });
    const mine = join(app, 'node_modules/pendingop');
    expect(warnings).toEqual([
      {
        ...{ name: 'PendingopWarning', code: 'PENDINGOP_TWO_VERSIONS' },
        message: expect.stringContaining(`0.1.0 in ${mine}, and 0.2.0 in ${installed}.`),
      },
    ]);
  });
});

test('source maps lead from a stack to the lines of the sources', () => {
  const script = `
    const { configure, listPending, trackPending } = require('pendingop');
    const fsp = require('pendingop/fs/promises');
    configure({ captureStacks: true });
    trackPending(true);
    (async function theCaller() {
      const error = await fsp.readFile('.', { timeout: 'soon' }).catch((error) => error);
      const stat = fsp.stat('.');
      const [op] = listPending();
      await stat;
      console.log(JSON.stringify([error.stack, op.stack]));
    })();`;
  const [ofError, ofOp] = JSON.parse(run('node', ['--enable-source-maps', '-e', script], app)) as string[];
  const [, file, line] = /pendingop\/(lib\/[\w/-]+\.ts):(\d+)/.exec(ofError ?? '') ?? [];
  const sources = readFileSync(join(root, file ?? ''), 'utf8').split('\n');
  expect(sources[Number(line) - 1]).toMatch(/Error\(|new /);
  expect(ofOp).toContain('theCaller');
  expect(ofOp).not.toContain('/pendingop/');
});

test('ESM finds the names of both entry points, and one state is shared with CommonJS', () => {
  const source = `
    import { createRequire } from 'node:module';
    import { interrupt, listPending, trackPending } from 'pendingop';
    import fs, { open, readFile, stat } from 'pendingop/fs/promises';
    const require = createRequire(import.meta.url);
    const same = [[listPending, 'listPending'], [interrupt, 'interrupt'], [trackPending, 'trackPending']]
      .every(([value, name]) => require('pendingop')[name] === value);
    console.log(same, [open, readFile, stat].every((value) => typeof value === 'function'), fs.stat === stat);
  `;
  writeFileSync(join(app, 'names.mjs'), source);
  expect(run('node', ['names.mjs'], app)).toBe('true true true\n');
});

test.each([
  ['ESM', 'readme.mjs', (source: string) => source],
  ['CommonJS', 'readme.cjs', asCommonJs],
])("the README's example runs as %s", (_, name, convert) => {
  writeFileSync(join(app, name), convert(readmeExample()));
  run('node', [name], app);
});

test('commands run by the launcher of the prebuild; tasks say what they need', () => {
  const script = `
    const { runCommand } = require('pendingop/command');
    const { runTask } = require('pendingop/task');
    (async () => {
      console.log((await runCommand('echo', ['hello'])).stdout.trim());
      console.log(await runTask(() => 1).catch(({ code, message }) => code + ': ' + message));
    })();`;
  expect(run('node', ['-e', script], app).trim().split('\n')).toEqual([
    'hello',
    'ERR_TASK_PISCINA_MISSING: pendingop/task needs the package piscina: npm install piscina',
  ]);
});

test('the types are found from ESM and from CommonJS', () => {
  const source = `
    import { listPending, type PendingOp } from 'pendingop';
    import { stat } from 'pendingop/fs/promises';
    export const ops: PendingOp[] = listPending();
    export const size: Promise<number> = stat('.').then((stats) => stats.size);
    // @ts-expect-error: no such option
    void stat('.', { timeout: 'soon' });
  `;
  for (const name of ['types.mts', 'types.cts']) writeFileSync(join(app, name), source);
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--skipLibCheck',
    'false',
  ];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  run(join(root, 'node_modules/.bin/tsc'), [...options, ...types, 'types.mts', 'types.cts'], app);
});
