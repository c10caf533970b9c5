// The entry point `pendingop/register`, the hook: every asynchronous call that any package makes through node:fs or
// node:fs/promises goes through this package. Loaded with --import or --require, the hook is in place before the
// program. register() puts it in place, too, and returns a function that removes it.
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { applyEnvironment } from './config/environment';
import { callbackNames, promiseNames, watcherNames } from './fs/requests/names';
import { guardedSync, lateCallback, lateCloseSync, latePromise, lateStream, lateWatcher } from './hook/lazy';
import { withAbsoluteHook } from './hook/node-options';
import { refuseOtherRuntimes } from './hook/refusal';
import { applyReports } from './hook/reports';
import { isGenuine } from './node/genuine';
import { type AnyFunction, maker } from './node/imitate';
// Loaded before anything is patched, so that this package calls Node's own functions.
import { original, promisesWatch } from './node/original';
import { patch } from './node/patch';
// Loaded before the program can put fakes in place.
import './util/clock';
import './util/timers';

type Module = Record<string, unknown>;

// require() returns the modules themselves; an import would be a copy.
const fs = require('node:fs') as Module;
const fsPromises = require('node:fs/promises') as Module;
promisesWatch();

/** One replaced property of a module. */
interface Replacement {
  readonly module: Module;
  readonly name: string;
  readonly before: PropertyDescriptor;
  readonly ours: PropertyDescriptor;
}

let replaced: Replacement[] | undefined;

const visible = { enumerable: true, configurable: true };

function replace(
  module: Module,
  name: string,
  make: (before: PropertyDescriptor) => PropertyDescriptor,
): void {
  const before = Object.getOwnPropertyDescriptor(module, name);
  // A function that somebody else has put there stays. It works on the function that it has found there itself.
  if (before?.configurable !== true || !isGenuine(before.get ?? before.value)) return;
  const ours = { ...make(before), ...visible };
  Object.defineProperty(module, name, ours);
  (replaced as Replacement[]).push({ module, name, before, ours });
}

function replaceFunction(module: Module, name: string, ours: unknown): void {
  // replace() looks at the getter or the value; what Node's getter returns may be somebody else's all the same.
  const isLazy = Object.getOwnPropertyDescriptor(module, name)?.get !== undefined;
  if (!isLazy || isGenuine(module[name])) replace(module, name, () => ({ value: ours, writable: true }));
}

/**
 * The proxies for Node's stream classes, by class, since Node exports each under two names. If somebody else has
 * replaced the class before, that class stands for itself.
 */
const standIns = new Map<unknown, unknown>();

function standInFor(nodes: unknown, name: 'ReadStream' | 'WriteStream'): unknown {
  if (!standIns.has(nodes)) {
    standIns.set(nodes, isGenuine(nodes) ? lateStream(name, nodes as AnyFunction) : nodes);
  }
  return standIns.get(nodes);
}

/** Node makes its stream classes when they are first read, and so does the hook. */
function replaceClass(key: string, name: 'ReadStream' | 'WriteStream'): void {
  replace(fs, key, ({ get, set, value }) => ({
    get() {
      const nodes = original[key];
      const now = get === undefined ? value : get.call(fs);
      // If the program has assigned another class since, that one is returned.
      return now === nodes ? standInFor(nodes, name) : now;
    },
    set(assigned: unknown) {
      void original[key];
      if (set !== undefined) set.call(fs, assigned);
      else Object.defineProperty(fs, key, { value: assigned, writable: true, ...visible });
    },
  }));
}

/** As in Node, the function uses the class that is in place when it is called. */
const createStream = (name: 'ReadStream' | 'WriteStream') =>
  maker(`create${name}`, () => fs[name] as AnyFunction);

/** The functions that the hook has put into node:fs, by name. */
const placed = new Map<string, unknown>();

/** Returns whether all of them are still in place. */
const areOurs = (names: readonly string[]): boolean => names.every((name) => fs[name] === placed.get(name));

/**
 * Puts the hook in place: replaces functions of node:fs and node:fs/promises. However often it is called, they are
 * replaced once.
 *
 * @returns a function that removes the hook
 * @throws as the module is loaded: ERR_PENDINGOP_HOOK in Bun and Deno, which the hook does not support
 * @example
 * ```ts
 * import { register } from 'pendingop/register';
 * const remove = register();
 * ```
 */
export function register(): () => void {
  if (replaced === undefined) {
    replaced = [];
    for (const name of callbackNames) {
      const ours = lateCallback(name, fs[name] as AnyFunction);
      placed.set(name, ours);
      replaceFunction(fs, name, ours);
    }
    if (process.env.PENDINGOP_EXPECT_MOUNTS) {
      for (const name of callbackNames) {
        const node = fs[`${name}Sync`];
        if (name !== 'close' && typeof node === 'function')
          replaceFunction(fs, `${name}Sync`, guardedSync(`${name}Sync`, node as AnyFunction));
      }
    }
    for (const name of watcherNames) replaceFunction(fs, name, lateWatcher(name, fs[name] as AnyFunction));
    replaceFunction(fs, 'closeSync', lateCloseSync(fs.closeSync as AnyFunction));
    for (const name of promiseNames) {
      const nodes = fsPromises[name];
      if (typeof nodes === 'function') replaceFunction(fsPromises, name, latePromise(name, nodes));
    }
    for (const name of ['ReadStream', 'WriteStream'] as const) {
      for (const key of [name, `File${name}`]) replaceClass(key, name);
      replaceFunction(fs, `create${name}`, createStream(name));
    }
    patch.areOurs = areOurs;
    syncBuiltinESMExports();
  }
  const mine = replaced;
  return () => {
    if (replaced !== mine) return;
    replaced = undefined;
    patch.areOurs = undefined;
    // A function that somebody else has put in place after us stays, and goes on with ours underneath.
    for (const { module, name, before, ours } of mine) {
      const now = Object.getOwnPropertyDescriptor(module, name);
      if (now?.value === ours.value && now?.get === ours.get) Object.defineProperty(module, name, before);
    }
    syncBuiltinESMExports();
  };
}

refuseOtherRuntimes(process.versions);
if (process.env.NODE_OPTIONS)
  process.env.NODE_OPTIONS = withAbsoluteHook(process.env.NODE_OPTIONS, join(__dirname, 'register.js'));
applyEnvironment(process.env);
applyReports(process.env);
register();
