// The order of the folders of lib/ and of binding/: a file imports, types included, from its own folder and from those
// before it. `npm run lint` fails on an import that goes up, and on a folder that is not in the list.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesIn, root } from './tools.mjs';

/** From the ground up. Files of lib/ and lib/fs/ themselves are layers of their own. */
export const layers = [
  'util', // knows nothing of Node or of this package
  'node', // asks Node about itself, or imitates it
  'loading', // the code of this package itself
  'validate', // arguments, as Node checks them
  'engine', // the way to native code and back
  'call', // one call, from its arguments to its promise
  'table', // listing and interrupting
  'config', // configure() and the environment variables
  'scope',
  'custom', // the caller's own operations, and those of other addons
  'fs/results', // what native code returns, as Node's objects
  'fs/requests', // functions as calls: arguments to operands
  'fs/plan', // functions made of several calls: how they run, with promises or synchronously
  'fs/trees', // rm, cp, readdir with `recursive`
  'fs/walk', // walk()
  'fs/handle', // FileHandle
  'fs/dir', // Dir
  'fs/watch', // watchers
  'fs/promises', // the entry point pendingop/fs/promises
  'fs/callback', // the functions with callbacks, and the streams
  'fs/sync',
  'fs', // the entry point pendingop/fs
  'mounts',
  'metrics', // the entry point pendingop/metrics
  'spawn', // processes
  'command',
  'task',
  'isolated',
  'lock',
  'hook', // replaces functions of node:fs
  'register', // the entry point pendingop/register
  'index', // the entry point pendingop
  'cli', // npx pendingop
];

/** @param {string} file below lib/ */
function layerOf(file) {
  const [first, second, third] = file.split('/');
  if (second === undefined) return first.replace(/\.ts$/, '');
  return first === 'fs' && third !== undefined ? `fs/${second}` : first;
}

/** Returns a line for each import that goes up, and for each folder that is not in the list. */
export function upwardImports() {
  const files = filesIn(['lib'], ['.ts']).map((file) => file.replace(/^lib\//, ''));
  const known = new Set(files);
  const rank = new Map(layers.map((layer, index) => [layer, index]));
  const wrong = [];
  for (const file of files) {
    const from = rank.get(layerOf(file));
    if (from === undefined) {
      wrong.push(`lib/${file}: its folder is not among the layers of scripts/layers.mjs`);
      continue;
    }
    const text = readFileSync(join(root, 'lib', file), 'utf8');
    for (const [, request] of text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'(\.[^']*)'/g)) {
      const path = posix.join(posix.dirname(file), request ?? '');
      const to = [`${path}.ts`, `${path}/index.ts`].find((name) => known.has(name));
      if (to === undefined) continue;
      if ((rank.get(layerOf(to)) ?? 0) > from) {
        wrong.push(`lib/${file} imports lib/${to}: '${layerOf(to)}' lies above '${layerOf(file)}'`);
      }
    }
  }
  return wrong;
}

/** The folders of binding/, from the ground up. */
const nativeLayers = [
  'launcher', // a program of its own, in C
  'base', // time, locks, the state of an op, the numbers that are shared with TypeScript
  'sys', // the seam to the system: calls of ops, signals, threads, tasks
  'core', // op, queue, pools, workers, supervisor
  'ops', // what each function does, in system calls
  'control', // the control socket and reports
  'napi', // the way to Node
  'test',
];

/** The folders that know no system: what they need of one is in sys/. */
const ofNoSystem = ['base', 'core', 'ops', 'control', 'napi'];
/** A system's part of such a folder. */
const partOfSystem = /^binding\/\w+\/(unix|linux|windows)\//;
const systemHeader =
  /^#include <(?:unistd|pthread|limits|fcntl|signal|poll|dlfcn|sched|windows|(?:sys|linux)\/\w+)\.h>/gm;

/** Names of its headers; the bits of modes and flags have functions in binding/sys/files.h. */
const systemConstant = /\b(?:S_I[A-Z]+|O_[A-Z]+|AT_[A-Z_]+|DT_[A-Z]+|IN_[A-Z_]+|[RWXF]_OK|PATH_MAX)\b/g;

/** A descriptor that is taken for a number: sys::Descriptor is its type. (In napi/ JavaScript's numbers become descriptors.) */
const bareDescriptor = /\bint(?:32_t)? (?:fd|\w*Fd|descriptor)\b/g;

/** Returns a line for each header, constant or bare descriptor of one system in a folder that knows none. */
export function systemNames() {
  return filesIn(['binding'], ['.cc', '.h'])
    .filter((file) => ofNoSystem.includes(file.split('/')[1]) && !partOfSystem.test(file))
    .flatMap((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\/.*/g, '');
      const patterns = [
        systemHeader,
        systemConstant,
        ...(/\/(?:core|ops)\//.test(file) ? [bareDescriptor] : []),
      ];
      return patterns.flatMap((pattern) =>
        [...code.matchAll(pattern)].map(
          ([name]) => `${file} has ${name}: only sys/ and the folders of one system may`,
        ),
      );
    });
}

/** Returns a line for each #include that goes up, and for each folder that is not in the list. */
export function upwardIncludes() {
  const wrong = [];
  for (const file of filesIn(['binding'], ['.cc', '.h'])) {
    const folder = file.split('/')[1];
    const from = nativeLayers.indexOf(folder);
    if (from < 0) {
      wrong.push(`${file}: its folder is not among the native layers of scripts/layers.mjs`);
      continue;
    }
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, path, to] of text.matchAll(/^#include "(([^"/]+)\/[^"]+)"/gm))
      if (nativeLayers.indexOf(to) > from)
        wrong.push(`${file} includes ${path}: '${to}' lies above '${folder}'`);
  }
  return wrong;
}
