// Runs the code of the pages that are about more than file calls, as it is printed there.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { run } from '../fixtures/processes';

const root = join(__dirname, '../..');
const app = withSharedFolder('docs');
beforeAll(() => {
  mkdirSync(app('node_modules'));
  symlinkSync(root, app('node_modules/pendingop'));
});

function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page === 'README' ? '.' : 'docs', `${page}.md`), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (block) => block[1] ?? '',
  );
}

/** Writes a file of the app. */
function file(name: string, text: string): string {
  const path = app(name);
  writeFileSync(path, text);
  return path;
}

test.each<[string, RegExp[]]>([
  ['custom-ops', [/^EINTR interrupted\n$/]],
  ['commands', [/^git version \S+/, /^(true|false)\n$/]],
  ['tasks', [/^42\nABORT_ERR\n(killed|cancelled|abandoned)\n$/]],
  ['locks', [/^undefined\n$/]],
  ['isolated', [/^(127\.0\.0\.1|::1)\n$/, /^3\n$/]],
  [
    'table',
    [
      /^2\n\[ 'readdir' \]\n\/\n0\n$/,
      /^completed\n$/,
      /^start stat \/ \nend stat \/ completed\n$/,
      /^$/,
      /^$/,
    ],
  ],
  ['fs-promises', [/^true\ntrue\n$/, /^ENOENT\n$/, /^(true\n)+$/]],
  ['walk', [/^(\/usr\/share\/doc\/.* \d+\n)+$/, /^true\n$/, /^\[ true, 'ENOENT' \]\n$/]],
  ['errors', [/^true false\nAbortError ABORT_ERR cancelled not needed any more\n$/]],
  ['scopes', [/^true\n$/, /^GET \/\n$/]],
  ['mounts', [/^\/.* \S+ (signal|kill|abort|none) (ok|stalled)\n/m, /^$/, /^$/]],
  ['whole-program', [/^true\n$/, /^true\nENOENT\n$/, /^$/]],
  ['watching', [/^$/, /AbortError\n$/, /^$/]],
  ['threads-and-exit', [/^$/]],
  ['control', [/^$/]],
  ['metrics', [/^1 0 0\n$/, /^# HELP pendingop_workers Workers there are\.\n$/, /^$/, /^true\n$/]],
  ['README', [/^#\d+ readFile .*\ninterrupted EINTR: .*\n$/, /^true\n$/, /^200\n$/, /^$/]],
  [
    'cookbook',
    [
      /^200\n$/,
      /^true\n$/,
      /^stopped\n$/,
      /^done\n$/,
      /^true 0\n$/,
      /^\[ \[ 'stat completed of import', 3 \] \]\n$/,
    ],
  ],
])('the code of %s.md', async (page, expected) => {
  const found = blocks(page, 'js');
  expect(found).toHaveLength(expected.length);
  for (const [i, said] of expected.entries()) {
    expect(await run(process.execPath, [file(`${page}-${i}.mjs`, found[i] ?? '')])).toMatch(said);
  }
});

const headers = ['include', 'node_modules/node-api-headers/include'].map((path) => `-I${join(root, path)}`);
const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-DNAPI_VERSION=8'];

test('docs/native-addons.md: the addon is built, and its call is interrupted', async () => {
  const [code = '', ...others] = blocks('native-addons', 'c');
  const [attaching = '', ...moreJs] = blocks('native-addons', 'js');
  expect([others, moreJs]).toEqual([[], []]);
  mkdirSync(app('build/Release'), { recursive: true });
  const shared = ['-shared', '-fPIC', '-o', app('build/Release/addon.node')];
  const bundle = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  await run('cc', ['-std=c99', ...strict, ...headers, ...shared, ...bundle, file('addon.c', code)], 60_000);
  file('index.js', attaching);
  await run('mkfifo', [app('fifo')]);
  const user = file(
    'use.js',
    `const { openSync, writeSync } = require('node:fs');
    const { interrupt, listPending, trackPending } = require('pendingop');
    const waitByte = require('./index.js');
    trackPending(true);
    (async () => {
      const fd = openSync(__dirname + '/fifo', 'r+');
      const failed = waitByte(fd).catch((error) => error);
      while (listPending({ state: 'running' }).length === 0) await new Promise(setImmediate);
      const [{ outcome }] = await interrupt(listPending(), { grace: 60_000 });
      console.log(outcome, (await failed).code);
      writeSync(fd, '*');
      console.log(await waitByte(fd));
      console.log(await waitByte(-1).catch((error) => error.code));
    })();`,
  );
  expect(await run(process.execPath, [user])).toMatch(/^interrupted EINTR\n42\nEBADF\n$/);
});

test.each([
  ['c', 'cc', '-std=c99'],
  ['c', 'cc', '-std=c11'],
  ['c++', 'c++', '-std=c++11'],
  ['c++', 'c++', '-std=c++20'],
])('pendingop.h is %s for %s %s, without a warning', async (language, compiler, standard) => {
  const source = file(
    'header.txt',
    '#include <pendingop.h>\nint main(void) { pendingop_call call; (void)call; return 0; }\n',
  );
  await run(compiler, ['-x', language, standard, ...strict, ...headers, '-fsyntax-only', source], 60_000);
});
