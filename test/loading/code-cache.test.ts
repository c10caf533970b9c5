// V8's code cache of the joined files, in a copy of the package.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addonPath } from '../../lib/engine/find-addon';
import { temporary } from '../fixtures/folder';

const root = join(__dirname, '../..');
const { NODE_OPTIONS: _, PENDINGOP_KILLABLE: __, NODE_COMPILE_CACHE: ___, ...rest } = process.env;
const addon = addonPath();
const env: NodeJS.ProcessEnv = { ...rest, ...(addon === undefined ? {} : { PENDINGOP_ADDON: addon }) };
const isRoot = process.getuid?.() === 0;

const MAIN = "require('pendingop')";
const CALL = "require('pendingop/register'); require('node:fs').stat('/', () => console.log('called'))";

let home: string;
let installed: string;
/** The joined file that tests edit, as it was built. */
let built: Buffer;
beforeAll(() => {
  home = temporary('code-cache');
  installed = join(home, 'node_modules/pendingop');
  mkdirSync(installed, { recursive: true });
  const filter = (path: string): boolean => !/\.(map|d\.ts)$|[\\/]cli$/.test(path);
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true, filter });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  symlinkSync(
    dirname(require.resolve('node-gyp-build/package.json')),
    join(home, 'node_modules/node-gyp-build'),
  );
  built = readFileSync(join(installed, 'dist/main.js'));
});
afterEach(() => {
  rmSync(join(installed, '.cache'), { recursive: true, force: true });
  const path = join(installed, 'dist/main.js');
  if (!readFileSync(path).equals(built)) writeFileSync(path, built);
});
afterAll(() => rmSync(home, { recursive: true }));

function run(script: string, args: string[] = [], more: object = {}): string {
  const options = { cwd: home, env, encoding: 'utf8', stdio: 'pipe', ...more } as const;
  return execFileSync(process.execPath, [...args, '-e', script], options);
}

/** The names of what is kept. */
function caches(): string[] {
  const folder = join(installed, '.cache');
  if (!existsSync(folder)) return [];
  const [version = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return readdirSync(join(folder, version)).sort();
}

function cacheOf(name: string): string {
  const [version = ''] = readdirSync(join(installed, '.cache'));
  return join(installed, '.cache', version, name);
}

const processesOf = (name: string): number | undefined => readFileSync(cacheOf(name)).at(-1);

describe('the code cache', () => {
  it('has the files that the processes have loaded, and what the first three have called', () => {
    run(MAIN);
    expect(caches()).toEqual(['base', 'first', 'main']);
    const before = readFileSync(cacheOf('first')).length;
    expect(run(CALL)).toBe('called\n');
    expect(caches()).toEqual(['base', 'calls', 'first', 'genuine', 'main']);
    expect(readFileSync(cacheOf('first')).length).toBeGreaterThan(before);
    run(CALL);
    expect(['base', 'calls', 'first', 'main'].map(processesOf)).toEqual([3, 2, 3, 1]);
    const written = readFileSync(cacheOf('base'));
    run(MAIN);
    expect(readFileSync(cacheOf('base')).equals(written)).toBe(true);
  });

  it('is what V8 runs', () => {
    run(MAIN);
    const path = cacheOf('main');
    // Another text of the same length, which is all that V8 compares.
    const file = join(installed, 'dist/main.js');
    const text = readFileSync(file, 'latin1');
    const other = text.replace('(exports, "OpKind"', '(exports, "OpKnid"');
    expect(other).not.toBe(text);
    const source = `(function (exports, require, module, __filename, __dirname) {${other}\n})`;
    const made = `const { Script } = require('node:vm');
      const data = new Script(${JSON.stringify(source)}).createCachedData();
      const { readFileSync, writeFileSync } = require('node:fs');
      const text = readFileSync(${JSON.stringify(file)});
      writeFileSync(${JSON.stringify(path)}, Buffer.concat([data, data, text, Buffer.of(3)]));`;
    const script = join(home, 'make.cjs');
    writeFileSync(script, made);
    execFileSync(process.execPath, [script], { env });
    const keys = `const { OpKind, OpKnid } = ${MAIN}; console.log(typeof OpKind, typeof OpKnid)`;
    const off = { env: { ...env, PENDINGOP_CODE_CACHE: '0' } };
    expect([run(keys), run(keys, [], off)]).toEqual(['undefined object\n', 'object undefined\n']);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut', (bytes) => bytes.subarray(0, 5000)],
    [
      'half of zeros',
      (bytes) => Buffer.concat([bytes.subarray(0, bytes.length / 2), Buffer.alloc(bytes.length / 2)]),
    ],
    ['all zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['one bit off', (bytes) => flipped(bytes, 3000)],
    ['one bit off in the text', (bytes) => flipped(bytes, bytes.length - 3000)],
    ['one bit off in the second copy', (bytes) => flipped(bytes, bytes.length >> 1)],
    ['no cache', () => Buffer.from('"use strict"; '.repeat(1000))],
  ])('that is broken (%s) is written anew', (_name, broken) => {
    run(MAIN);
    const path = cacheOf('base');
    const good = readFileSync(path);
    const bad = broken(good);
    writeFileSync(path, bad);
    // V8 itself rejects what is no cache. A day later such a file is replaced.
    utimesSync(path, 1, 1);
    expect(run(CALL)).toBe('called\n');
    const again = readFileSync(path);
    expect(again.equals(bad)).toBe(false);
    const text = readFileSync(join(installed, 'dist/base.js'));
    const size = (again.length - 1 - text.length) / 2;
    expect(again.subarray(0, size).equals(again.subarray(size, 2 * size))).toBe(true);
    expect(again.subarray(2 * size, -1).equals(text)).toBe(true);
  });

  it('made with other flags is left alone, and replaced a day later', () => {
    run(MAIN);
    const written = readFileSync(cacheOf('base'));
    run(MAIN, ['--no-opt']);
    expect(readFileSync(cacheOf('base')).equals(written)).toBe(true);
    utimesSync(cacheOf('base'), 1, 1);
    run(MAIN, ['--no-opt']);
    expect(readFileSync(cacheOf('base')).equals(written)).toBe(false);
  });

  it('is of the text of the file: another version of the package replaces it', () => {
    run(MAIN);
    const path = join(installed, 'dist/main.js');
    writeFileSync(path, `${readFileSync(path, 'utf8')}// another version\n`);
    const before = readFileSync(cacheOf('main'));
    run(MAIN);
    expect(caches()).toEqual(['base', 'first', 'main']);
    expect(readFileSync(cacheOf('main')).equals(before)).toBe(false);
    expect(processesOf('main')).toBe(1);
  });

  it('is not that of a file which was edited since, to a text of the same length', () => {
    run(MAIN);
    const path = join(installed, 'dist/main.js');
    writeFileSync(path, readFileSync(path, 'utf8').replace('(exports, "OpKind"', '(exports, "OpKnid"'));
    expect(run(`console.log(typeof ${MAIN}.OpKnid)`)).toBe('object\n');
    expect(caches()).toEqual(['base', 'first', 'main']);
  });

  it.each<[string, string[], NodeJS.ProcessEnv]>([
    ['PENDINGOP_CODE_CACHE=0', [], { PENDINGOP_CODE_CACHE: '0' }],
    ["Node's own cache", [], { NODE_COMPILE_CACHE: '' }],
    ['source maps', ['--enable-source-maps'], {}],
    ['source maps by NODE_OPTIONS', [], { NODE_OPTIONS: '--enable-source-maps' }],
  ])('is not used with %s', (_name, args, more) => {
    expect(run(CALL, args, { env: { ...env, ...more } })).toBe('called\n');
    expect(caches()).toEqual([]);
  });

  it('is not used while coverage is measured', () => {
    const counted = { env: { ...env, NODE_V8_COVERAGE: join(home, 'coverage') } };
    expect(run(CALL, [], counted)).toBe('called\n');
    expect(caches()).toEqual([]);
  });

  it('is written by a program that calls process.exit(), and by one that runs on', () => {
    run(`${MAIN}; setImmediate(() => process.exit())`);
    expect(caches()).toContain('main');
    const folder = join(installed, '.cache');
    rmSync(folder, { recursive: true });
    const script = `${MAIN}; setInterval(() => {
      const { existsSync, readdirSync } = require('node:fs');
      const folder = ${JSON.stringify(folder)};
      if (existsSync(folder) && readdirSync(folder, { recursive: true }).length === 4) process.kill(process.pid, 'SIGKILL');
    }, 10)`;
    const { signal } = spawnSync(process.execPath, ['-e', script], { cwd: home, env, timeout: 60_000 });
    expect(signal).toBe('SIGKILL');
  });

  it('is left out if the module that writes it cannot be loaded any more', () => {
    const gone = join(installed, 'dist/lib.js');
    const kept = join(home, 'lib.js');
    renameSync(gone, kept);
    try {
      expect(run(CALL)).toBe('called\n');
      expect(caches()).toEqual([]);
    } finally {
      renameSync(kept, gone);
    }
  });

  it('is not written by a worker thread', () => {
    run(`new (require('node:worker_threads').Worker)(${JSON.stringify(MAIN)}, { eval: true })`);
    expect(caches()).toEqual([]);
  });

  it.each(['a file', 'a folder'])('a program ends as it would if %s is in its way', (what) => {
    const way = join(installed, '.cache');
    if (what === 'a file') writeFileSync(way, '');
    else mkdirSync(way, { mode: 0o500 });
    expect(run(CALL)).toBe('called\n');
  });

  if (process.platform !== 'win32')
    it('is nothing that a program loads which may not look into .cache/', () => {
      const user = isRoot ? { uid: 65534, gid: 65534 } : {};
      chmodSync(home, 0o755);
      run(MAIN);
      chmodSync(join(installed, '.cache'), 0);
      expect(run(CALL, [], user)).toBe('called\n');
      chmodSync(join(installed, '.cache'), 0o755);
    });

  if (isRoot)
    it('is written by the owner of the package alone, and read by all', () => {
      chmodSync(home, 0o755);
      chmodSync(installed, 0o777);
      const nobody = { uid: 65534, gid: 65534 };
      expect(run(CALL, [], nobody)).toBe('called\n');
      expect(caches()).toEqual([]);
      run(CALL);
      expect(processesOf('calls')).toBe(1);
      expect(run(CALL, [], nobody)).toBe('called\n');
      expect(processesOf('calls')).toBe(1);
      chownSync(installed, 65534, 65534);
      run(CALL);
      expect(processesOf('calls')).toBe(1);
      chownSync(installed, 0, 0);
    });
});

describe('the texts of functions', () => {
  /** Loads the hook. Prints how often it looked at Node's source text, and the functions that it has left in place. */
  const look = (before = ''): string =>
    run(`const fs = require('node:fs'); const { binding } = process; let looks = 0;
      process.binding = (name) => { looks += name === 'natives' ? 1 : 0; return binding(name); };
      ${before};
      const had = { ...fs };
      require('pendingop/register');
      const left = ['lstat', 'open', 'readFile', 'stat'].filter((name) => fs[name] === had[name]);
      console.log(looks, left.join());`);

  it('are looked for once: later processes know them', () => {
    expect([look(), look(), look()]).toEqual(['1 \n', '0 \n', '0 \n']);
    expect(caches()).toContain('genuine');
  });

  it.each([
    ['another function', 'fs.stat = function stat(path, options, callback) {}'],
    [
      "the beginning of Node's text",
      "fs.stat = eval('(' + String(fs.stat).slice(0, String(fs.stat).indexOf(')') + 1) + '{})')",
    ],
    ['no name', 'fs.stat = () => {}'],
    ['what promisify() returns', "fs.stat = require('node:util').promisify(fs.stat)"],
  ])('leave what somebody else has put in place: %s', (_name, replace) => {
    // Before and after they are known. The second process looks, since it knows no such function.
    expect([look(replace), look(replace), look()]).toEqual(['1 stat\n', '1 stat\n', '1 \n']);
  });

  it('are written again a day later, with those that have come', () => {
    const replace = 'fs.stat = () => {}';
    look(replace);
    look();
    expect(look()).toBe('1 \n');
    utimesSync(cacheOf('genuine'), 1, 1);
    expect([look(), look(), look(replace)]).toEqual(['1 \n', '0 \n', '1 stat\n']);
  });

  it('that are broken serve nobody, and are written again', () => {
    look();
    const path = cacheOf('genuine');
    writeFileSync(path, flipped(readFileSync(path), 100));
    expect([look(), look()]).toEqual(['1 \n', '0 \n']);
  });

  it('are not kept if Node does not show its source text', () => {
    const hidden = "process.binding = function deprecated() { throw new Error('looked') }";
    expect(look(hidden)).toBe('0 \n');
    expect(caches()).not.toContain('genuine');
  });
});

/** Returns the bytes with one bit changed. */
function flipped(bytes: Buffer, at: number): Buffer {
  const made = Buffer.from(bytes);
  made[at] = (made[at] as number) ^ 1;
  return made;
}
