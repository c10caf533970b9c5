// Loads the joined files of dist/ (scripts/join.mjs) with V8's code cache: what V8 compiled in an earlier process it
// need not parse and compile again, which is half of what a start costs. The cache lies in the folder of the package, so
// whoever can change it can change the code as well. keep.ts writes it.
//
// The joined files are modules of CommonJS all the same, and require() loads them where the cache cannot serve. This
// file is not joined: every entry point loads it first.
import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import type * as KeptOnes from '../util/kept';
import type * as Keep from './keep';

// biome-ignore lint/style/noRestrictedImports: util/timers is in a joined file.
const { setImmediate } = require('node:timers') as typeof import('node:timers');

/** Loads a module by its file below dist/. */
type Load = (id: string) => object;

/** What is to be kept for later processes. */
export interface Keeping {
  /** The file that keeps it. */
  readonly path: string;
  data(): Buffer;
  /** The text that it was made of. */
  readonly text: Buffer;
  /** How many processes have had a part in what there is. */
  readonly processes: number;
  /** What there is does not serve this process: V8 has rejected a cache made with other flags, say. */
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

const NOTHING = Buffer.alloc(0);

const loaded = new Map<string, Module>();
let kept: Keeping[] = [];

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
  // A regular expression would be compiled: two million instructions.
  return !flags.includes('--enable-source-maps') && !flags.includes('--experimental-policy');
}

/** Bytes. All files of both kinds are smaller; what is not read into takes no memory. */
const USUAL = 1 << 20;

/** Reads a file. readFileSync() makes a Stats object first, which takes a million instructions of a program's start. */
function read(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    let bytes = Buffer.allocUnsafeSlow(USUAL);
    for (let length = 0; ; ) {
      const more = readSync(fd, bytes, length, bytes.length - length, null);
      if (more === 0) return bytes.subarray(0, length);
      length += more;
      if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length);
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads what an earlier process has kept of this text. V8 trusts its bytes, so the file has them twice: a copy with an
 * error on the disk, or one that was never written whole, is another than the first. The text follows, since V8 compares
 * no more than its length: a file that was edited since has no cache. The last byte has the number of processes.
 */
function readKept(path: string, text: Buffer): { data: Buffer; processes: number } | undefined {
  try {
    const bytes = read(path);
    const size = (bytes.length - 1 - text.length) / 2;
    const data = bytes.subarray(0, size);
    const isWhole = data.equals(bytes.subarray(size, 2 * size)) && text.equals(bytes.subarray(2 * size, -1));
    return isWhole ? { data, processes: bytes.at(-1) as number } : undefined;
  } catch {
    return undefined;
  }
}

/** Compiles a file. Returns undefined in another context than Node's own, as in Jest: the file would run in Node's. */
function compile(file: string): Wrapper | undefined {
  const text = read(file);
  // Not the name of a script: tools would take what is no text for one.
  const path = join(folder, basename(file, '.js'));
  const source = `(function (exports, require, module, __filename, __dirname) {${text.toString('latin1')}\n})`;
  const cache = readKept(path, text);
  const script = new Script(source, { filename: file, cachedData: cache?.data });
  const made = script.runInThisContext() as Wrapper;
  if (!(made instanceof Function)) return undefined;
  const isRejected = script.cachedDataRejected === true;
  const processes = isRejected ? 0 : (cache?.processes ?? 0);
  if (processes < PROCESSES)
    keepLater({ path, data: () => script.createCachedData(), text, processes, isRejected });
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
  const made = compile(file);
  // The context was Node's own when first.js was loaded.
  return run(request, made as Wrapper, file);
}

/** Has the files written once the program is under way. */
function keepLater(one: Keeping): void {
  kept.push(one);
  if (kept.length > 1) return;
  setImmediate(() => {
    const all = kept;
    kept = [];
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
    if (mayServe()) made = compile(first);
  } catch {
    // Something is in the place of node:fs or node:vm.
  }
  if (made === undefined) return require(first) as Load;
  const load = run('./first.js', made, first) as Load;
  const { keeper } = load('util/kept.js') as typeof KeptOnes;
  keeper.read ??= (name) => readKept(join(folder, name), NOTHING)?.data;
  keeper.write ??= (name, data, isRejected) =>
    keepLater({ path: join(folder, name), data: () => data, text: NOTHING, processes: 0, isRejected });
  return load;
}

const load = start();
module.exports = load;
