// The entry point `pendingop/register`: every asynchronous call that any package makes through node:fs or
// node:fs/promises goes through the pool. Loaded by --import or --require it is in place before the program; its
// function puts it in place, too, and gives back what takes it away.
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { applyEnvironment } from './config/environment';
import { callbackNames, promiseNames, watcherNames } from './fs/requests/names';
import { guardedSync, lateCallback, lateCloseSync, latePromise, lateStream, lateWatcher } from './hook/lazy';
import { withAbsoluteHook } from './hook/node-options';
import { refuseOtherRuntimes } from './hook/refusal';
import { applyReports } from './hook/reports';
import { type AnyFunction, maker } from './node/imitate';
// Before anything is patched: what our functions call is Node's own.
import { original } from './node/original';
import { patch } from './node/patch';
import { isGenuine } from './node/sources';

type Module = Record<string, unknown>;

// What require() gives, not a copy: the modules themselves.
const fs = require('node:fs') as Module;
const fsPromises = require('node:fs/promises') as Module;

/** What a patch has put in place of what. */
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
  // What others have put there stays, and works on what it has found there itself.
  if (before?.configurable !== true || !isGenuine(before.get ?? before.value)) return;
  const ours = { ...make(before), ...visible };
  Object.defineProperty(module, name, ours);
  (replaced as Replacement[]).push({ module, name, before, ours });
}

function replaceFunction(module: Module, name: string, ours: unknown): void {
  if (isGenuine(module[name])) replace(module, name, () => ({ value: ours, writable: true }));
}

/** What stands for a class of Node's, which has two names; for what others have put there before us, that itself. */
const standIns = new Map<unknown, unknown>();

function standInFor(nodes: unknown, name: 'ReadStream' | 'WriteStream'): unknown {
  if (!standIns.has(nodes)) {
    standIns.set(nodes, isGenuine(nodes) ? lateStream(name, nodes as AnyFunction) : nodes);
  }
  return standIns.get(nodes);
}

/** Node makes its classes when they are first asked for, and so do we. */
function replaceClass(key: string, name: 'ReadStream' | 'WriteStream'): void {
  replace(fs, key, ({ get, set, value }) => ({
    get() {
      const nodes = original[key];
      const now = get === undefined ? value : get.call(fs);
      // What was assigned since is what is there.
      return now === nodes ? standInFor(nodes, name) : now;
    },
    set(assigned: unknown) {
      void original[key];
      if (set !== undefined) set.call(fs, assigned);
      else Object.defineProperty(fs, key, { value: assigned, writable: true, ...visible });
    },
  }));
}

/** As Node has it: whatever class is there when it is called. */
const createStream = (name: 'ReadStream' | 'WriteStream') =>
  maker(`create${name}`, () => fs[name] as AnyFunction);

/** What has been put in place of functions of node:fs. */
const placed = new Map<string, unknown>();

/** Whether nobody has put anything else there since. */
const areOurs = (names: readonly string[]): boolean => names.every((name) => fs[name] === placed.get(name));

/** Replaces the functions; gives back what puts the ones before back. Once in place, it stays one patch for all. */
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
    // Where somebody else has come after us, theirs stays: it goes on with ours underneath.
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
