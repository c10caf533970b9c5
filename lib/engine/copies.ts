// Several copies of the package in one thread of JavaScript. npm installs several copies if packages ask for versions
// that do not go together, or if one is linked. The copy that is loaded first serves all compatible copies, so that
// there is one table, and a scope or a hook of one copy sees the calls of the others. scripts/join.mjs has
// dist/first.js call loaderOf() before any other module of the copy is loaded.
import { sep } from 'node:path';

/** Loads a module of the copy. `id` is the file below dist/. */
export type Load = (id: string) => object;

interface Copy {
  readonly version: string;
  /** The dist/ folder of the copy. */
  readonly dist: string;
  readonly load: Load;
}

/** The property of globalThis that holds the first copy. The number in the name changes with the shape of Copy. */
const FIRST = Symbol.for('pendingop.copy.1');

type Holder = { [FIRST]?: Copy };

/**
 * Returns whether code written for version `wanted` runs on version `there`: as npm's ^, but the minor version of
 * `there` may not be older. A pre-release is compatible with itself only.
 */
export function serves(there: string, wanted: string): boolean {
  if (there === wanted) return true;
  if (/-/.test(there + wanted)) return false;
  const [major, minor] = there.split('.').map(Number) as [number, number];
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number) as [number, number];
  if (major !== wantedMajor) return false;
  return major === 0 ? minor === wantedMinor : minor >= wantedMinor;
}

const folderOf = (dist: string): string => dist.slice(0, dist.lastIndexOf(sep));

/** Returns the loader for the copy in `dist`: its own, or that of the first copy if that one is compatible. */
export function loaderOf(dist: string, version: string, own: Load): Load {
  const holder = globalThis as Holder;
  const first = holder[FIRST];
  if (first === undefined) {
    const copy: Copy = { version, dist, load: own };
    Object.defineProperty(holder, FIRST, { value: copy, configurable: true });
    return own;
  }
  // The same copy is loaded again, past the cache of modules: whoever does that wants fresh modules.
  if (first.dist === dist) return own;
  if (serves(first.version, version)) return first.load;
  process.emitWarning(
    `Two incompatible versions of pendingop are loaded: ${first.version} in ${folderOf(first.dist)}, and ` +
      `${version} in ${folderOf(dist)}. Each has a table of its own: neither lists, ends or limits the calls of the other. ` +
      'Run `npm dedupe`, or set `overrides` in package.json, to keep one.',
    { type: 'PendingopWarning', code: 'PENDINGOP_TWO_VERSIONS' },
  );
  return own;
}
