// npm run test:node -- <checkout of Node> [pattern …]: runs Node's own tests, without pendingop/register and with it,
// and reports those that pass only without it. The checkout has to be that of the Node in use; only its test/ folder is
// needed. A pattern is a name below test/, in which * stands for anything.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultBackend, ensureAddon, ensureDist } from './bootstrap.mjs';
import { Failure, main, root, run } from './tools.mjs';

const defaults = [
  'parallel/test-fs-*',
  'parallel/test-file*',
  'parallel/test-stream-*',
  'parallel/test-readline*',
  'parallel/test-worker-*',
  'parallel/test-http2-respond-file*',
  'parallel/test-diagnostics-channel*',
  'parallel/test-async-*',
  'async-hooks/test-*fs*',
  'sequential/test-fs-*',
  'sequential/test-stream*',
  'es-module/test-*',
];

/** Tests that cannot pass with the hook, and why: the table of docs/whole-program.md. */
const known = new Map(
  Object.entries({
    'parallel/test-fs-promises-file-handle-aggregate-errors.js':
      'replaces a method of the internal FileHandle',
    'parallel/test-fs-promises-file-handle-close-errors.js': 'replaces a method of the internal FileHandle',
    'parallel/test-fs-promises-file-handle-close.js':
      'wants the warning of a FileHandle left to the garbage collector',
    'parallel/test-fs-promises-file-handle-op-errors.js': 'replaces a method of the internal FileHandle',
    'parallel/test-fs-promises-readfile.js': "replaces internalBinding('fs').fstat",
    'parallel/test-fs-readdir-types.js': "replaces internalBinding('fs').readdir",
    'parallel/test-worker-message-port-transfer-filehandle.js':
      'wants what arrives to have its own prototype',
    'parallel/test-async-hooks-enable-recursive.js': 'counts all async resources',
    'async-hooks/test-fsreqcallback-readFile.js': 'counts all async resources',
    'async-hooks/test-graph.fsreq-readFile.js': 'counts all async resources',
  }),
);

const limit = 60_000;
// Removed when the last test has ended.
const scratch = mkdtempSync(join(tmpdir(), 'node-tests-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function find(folder, patterns) {
  const found = new Set();
  for (const pattern of patterns) {
    const [group, name = '*'] = pattern.split('/');
    const place = join(folder, group);
    if (!existsSync(place)) continue;
    const text = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    const wanted = new RegExp(`^${text}$`);
    for (const file of readdirSync(place)) {
      if (/^test-.*\.m?js$/.test(file) && wanted.test(file)) found.add(`${group}/${file}`);
    }
  }
  return [...found].sort();
}

/** Runs a test as Node's runner does: with the flags that the file names, and a temporary folder of its own. */
function passes(folder, test, hook, id) {
  const file = join(folder, test);
  const named = /^\/\/ Flags:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const flags = named.trim().split(/\s+/).filter(Boolean);
  const env = { TEST_THREAD_ID: String(id), NODE_TEST_DIR: scratch, NODE_TEST_KNOWN_GLOBALS: '0' };
  const args = [...flags, ...hook, file];
  return run(process.execPath, args, { cwd: join(folder, '..'), env, collect: true, limit });
}

async function inParallel(items, width, body) {
  const left = [...items];
  const worker = async (_, id) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await body(item, id);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

await main(async () => {
  const [checkout, ...patterns] = process.argv.slice(2);
  if (checkout === undefined) throw new Failure('usage: npm run test:node -- <checkout of Node> [pattern …]');
  const folder = resolve(checkout, 'test');
  if (!existsSync(join(folder, 'common')) || !statSync(folder).isDirectory()) {
    throw new Failure(`${checkout} is no checkout of Node: it has no test/common`);
  }
  await ensureDist();
  await ensureAddon(defaultBackend);
  const tests = find(folder, patterns.length > 0 ? patterns : defaults);
  const hook = ['--require', join(root, 'dist/register.js')];
  const differences = [];
  let plain = 0;
  let hooked = 0;
  // Tests outside of parallel/ share files and ports.
  const width = (test) => (test.startsWith('parallel/') ? cpus().length : 1);
  const groups = [tests.filter((test) => width(test) > 1), tests.filter((test) => width(test) === 1)];
  for (const group of groups) {
    await inParallel(group, group.length > 0 ? width(group[0]) : 1, async (test, id) => {
      if ((await passes(folder, test, [], id)).code !== 0) return;
      plain += 1;
      const { code, text } = await passes(folder, test, hook, id);
      if (code === 0) {
        hooked += 1;
        if (known.has(test)) console.log(`passes although it is listed: ${test}`);
        return;
      }
      const reason = known.get(test);
      console.log(`fails with the hook: ${test}${reason === undefined ? '' : ` (${reason})`}`);
      if (reason === undefined) {
        differences.push(test);
        console.log(text.split('\n').slice(0, 30).join('\n'));
      }
    });
  }
  console.log(`${tests.length} tests, ${plain} pass without the hook, ${hooked} of these with it`);
  if (plain === 0) throw new Failure('no test passes without the hook: is it the checkout of another Node?');
  return differences.length === 0 ? 0 : 1;
});
