// Loads the joined files of dist/ (scripts/join.mjs) with V8's code cache: what V8 compiled in an earlier process it
// need not parse and compile again, which is half of what a start costs. The cache lies in the folder of the package, so
// whoever can change it can change the code as well. keep.ts writes it.
//
// The joined files are modules of CommonJS all the same, and require() loads them where the cache cannot serve. This
// file is not joined: every entry point loads it first.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import type * as Keep from './keep';

// biome-ignore lint/style/noRestrictedImports: util/timers is in a joined file.
const { setImmediate } = require('node:timers') as typeof import('node:timers');

/** Loads a module by its file below dist/. */
type Load = (id: string) => object;

/** A compiled file of which a cache, or a better one, is to be written. */
export interface Compiled {
  readonly script: Script;
  /** Where its cache belongs. */
  readonly path: string;
  /** How many processes have had a part in the cache that there is. */
  readonly processes: number;
  /** V8 has rejected the cache that there is: it was made with other flags. */
  readonly isRejected: boolean;
}

/**
 * A cache has the functions that were called before it was written. So the first processes write it again, with what
 * each has called besides: programs differ in what they call.
 */
const PROCESSES = 3;

interface Module {
  exports: unknown;
}
type Wrapper = (
  exports: unknown,
  require: (request: string) => unknown,
  module: Module,
  filename: string,
  dirname: string,
) => void;

/** The files that the cache serves. lib.js has import(), which a Script lacks. */
const CACHED = ['./first.js', './base.js', './calls.js', './main.js'];

const dist = dirname(__dirname);
const { version, versions, arch, env } = process;
const folder = join(dist, '../.cache', `${version}-${versions.v8}-${arch}`);

const loaded = new Map<string, Module>();
let compiled: Compiled[] = [];

/**
 * Returns whether the cache may serve in this process: it is Node's own, and nothing else looks at the texts of modules
 * while they are loaded.
 */
function mayServe(): boolean {
  if (env.PENDINGOP_CODE_CACHE === '0') return false;
  // As Node's own cache: cached code does not count what coverage counts.
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_V8_COVERAGE) return false;
  if (versions.bun !== undefined || versions.deno !== undefined) return false;
  const flags = `${process.execArgv.join(' ')} ${env.NODE_OPTIONS ?? ''}`;
  return !/--enable-source-maps|--experimental-policy/.test(flags);
}

/**
 * Reads what V8 made of a file earlier. V8 trusts its bytes, so the file has them twice: a copy with an error on the
 * disk, or one that was never written whole, is another than the first. One more byte has the number of processes.
 */
function readCache(path: string): { data: Buffer; processes: number } | undefined {
  try {
    const bytes = readFileSync(path);
    const size = (bytes.length - 1) / 2;
    const data = bytes.subarray(0, size);
    return data.equals(bytes.subarray(size, -1)) ? { data, processes: bytes[2 * size] as number } : undefined;
  } catch {
    return undefined;
  }
}

/** Compiles a file. Returns undefined in another context than Node's own, as in Jest: the file would run in Node's. */
function compile(file: string, name: string): Wrapper | undefined {
  const text = readFileSync(file, 'latin1');
  // The first line of a joined file is a comment with the digest of the rest, as it was built. Whoever edits the file
  // changes its time.
  const digest = text.slice(3, text.indexOf('\n'));
  const path = join(folder, `${name}.${digest}-${Math.round(statSync(file).mtimeMs).toString(36)}`);
  const source = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
  const cache = readCache(path);
  const script = new Script(source, { filename: file, cachedData: cache?.data });
  const made = script.runInThisContext() as Wrapper;
  if (!(made instanceof Function)) return undefined;
  const isRejected = script.cachedDataRejected === true;
  const processes = isRejected ? 0 : (cache?.processes ?? 0);
  if (processes < PROCESSES) keepLater({ script, path, processes, isRejected });
  return made;
}

function run(request: string, made: Wrapper, file: string): unknown {
  const module: Module = { exports: {} };
  loaded.set(request, module);
  try {
    made.call(module.exports, module.exports, requireIn, module, file, dist);
  } catch (error) {
    loaded.delete(request);
    throw error;
  }
  return module.exports;
}

/** require() of the joined files. */
function requireIn(request: string): unknown {
  if (!request.startsWith('./')) return require(request);
  const before = loaded.get(request);
  if (before !== undefined) return before.exports;
  const file = join(dist, request);
  if (!CACHED.includes(request)) return require(file);
  const made = compile(file, request.slice(2));
  // The context was Node's own when first.js was loaded.
  return run(request, made as Wrapper, file);
}

/** Has the cache written once the program is under way. */
function keepLater(one: Compiled): void {
  compiled.push(one);
  if (compiled.length > 1) return;
  setImmediate(() => {
    const all = compiled;
    compiled = [];
    try {
      (load('loading/keep.js') as typeof Keep).keepLater(all);
    } catch {
      // Its file cannot be read any more, after a change of user say, or the copy of the package that serves this one has
      // none: there is no cache.
    }
  });
}

function start(): Load {
  const first = join(dist, 'first.js');
  let made: Wrapper | undefined;
  try {
    if (mayServe()) made = compile(first, 'first.js');
  } catch {
    // Something is in the place of node:fs or node:vm.
  }
  return (made === undefined ? require(first) : run('./first.js', made, first)) as Load;
}

const load = start();
module.exports = load;
