// Several copies of the package in one thread of JavaScript, as npm leaves them where two packages ask for versions that do
// not go together, or where one is linked: the copy that is loaded first serves all that are of a kind with it. So there
// is one table, and a scope or a hook of one copy sees the calls of the others. scripts/join.mjs has dist/first.js ask
// here, before any other module of the copy is loaded.
import { sep } from 'node:path';

/** Gives a module of the copy, by its file below dist/. */
export type Load = (id: string) => object;

interface Copy {
  readonly version: string;
  /** Its folder dist/. */
  readonly dist: string;
  readonly load: Load;
}

/** What the global object has of the first copy. The number changes with the shape of what is there. */
const FIRST = Symbol.for('pendingop.copy.1');

type Holder = { [FIRST]?: Copy };

/**
 * Whether what is written for `wanted` runs on `there`: as npm's ^ has it, but the copy that is there may not be older in
 * what it offers. A pre-release goes with itself alone.
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

/** What loads the modules of the copy in `dist`: its own, or those of the copy that is there already. */
export function loaderOf(dist: string, version: string, own: Load): Load {
  const holder = globalThis as Holder;
  const first = holder[FIRST];
  if (first === undefined) {
    const copy: Copy = { version, dist, load: own };
    Object.defineProperty(holder, FIRST, { value: copy, configurable: true });
    return own;
  }
  // Loaded once more, past the cache of modules: whoever does that wants another one.
  if (first.dist === dist) return own;
  if (serves(first.version, version)) return first.load;
  process.emitWarning(
    `Two versions of pendingop that do not go together are loaded: ${first.version} in ${folderOf(first.dist)}, and ` +
      `${version} in ${folderOf(dist)}. Each has a table of its own: neither lists, ends or limits the calls of the other. ` +
      '`npm dedupe`, or `overrides` in package.json, leaves one.',
    { type: 'PendingopWarning', code: 'PENDINGOP_TWO_VERSIONS' },
  );
  return own;
}
