// The functions that the hook puts into node:fs. Each loads its implementation at its first call, so that a program
// that makes no such call pays nothing.
import { promisify } from 'node:util';
import type * as Expected from '../call/expected-mounts';
import type { functions as Functions } from '../fs/callback/functions';
import type * as Streams from '../fs/callback/streams';
import type Promises from '../fs/promises';
import type { WatcherName } from '../fs/requests/names';
import type * as Watchers from '../fs/watch';
import { type AnyFunction, dress, likeOriginal, standIn } from '../node/imitate';
import { patch } from '../node/patch';
import { areVirtual, isOnVirtual } from './virtual';

/** The modules that are loaded at the first call. */
const modules = {
  functions: (): typeof Functions => require('../fs/callback/functions').functions,
  promises: (): typeof Promises => require('../fs/promises').default,
  streams: (): typeof Streams => require('../fs/callback/streams'),
  watchers: (): typeof Watchers => require('../fs/watch'),
};
type Loaded = { [Name in keyof typeof modules]: ReturnType<(typeof modules)[Name]> };

let warned = false;

/**
 * Loads a module. Returns undefined if that fails, for instance because no descriptor is left, or because the process
 * has become a user who may not read the file. The call then goes to Node, and the next call tries again.
 */
function load<Name extends keyof Loaded>(name: Name): Loaded[Name] | undefined {
  try {
    return modules[name]() as Loaded[Name];
  } catch (error) {
    if (!warned) {
      warned = true;
      const { message } = error as Error;
      process.emitWarning(
        `pendingop cannot be loaded; calls go to node:fs until it can: ${message}`,
        'PendingopWarning',
      );
    }
    return undefined;
  }
}

/**
 * Returns a function that looks like `node` and calls what `find` returns, or `node` while `find` returns undefined.
 */
function late(node: AnyFunction, find: () => AnyFunction | undefined): AnyFunction {
  let found: AnyFunction | undefined;
  return {
    [node.name](...args: unknown[]): unknown {
      if (areVirtual && isOnVirtual(node.name, args))
        return (node as (...given: unknown[]) => unknown)(...args);
      if (found === undefined) {
        found = find();
        if (found === undefined) return (node as (...given: unknown[]) => unknown)(...args);
      }
      return (found as (...given: unknown[]) => unknown)(...args);
    },
  }[node.name] as AnyFunction;
}

const property = (of: unknown, name: string | symbol) =>
  (of as Record<string | symbol, AnyFunction | undefined> | undefined)?.[name];

/**
 * Replaces closeSync. Before the calls are loaded, no descriptor can be one of this package's, and the call is Node's.
 */
export function lateCloseSync(node: AnyFunction): AnyFunction {
  // No spread: Node's loader calls it also in a program that has deleted the iterator of arrays.
  const made = { closeSync: (fd: number) => (patch.closeSync ?? node)(fd) }.closeSync;
  return dress(made, node);
}

/**
 * Replaces a synchronous function: if a mount that is expected is missing, the function throws instead of finding the
 * bare folder.
 */
export function guardedSync(name: string, node: AnyFunction): AnyFunction {
  // Loaded now and not at the first call: loading a module calls these very functions.
  const { refuseMissing } = require('../call/expected-mounts') as typeof Expected;
  const made = {
    [name](...args: unknown[]): unknown {
      refuseMissing(name, args);
      return (node as (...given: unknown[]) => unknown)(...args);
    },
  }[name] as AnyFunction;
  return dress(made, node);
}

/** Replaces a function with a callback. */
export function lateCallback(name: keyof typeof Functions, node: AnyFunction): AnyFunction {
  const made = dress(
    late(node, () => load('functions')?.[name]),
    node,
  );
  for (const key of ['native', promisify.custom] as const) {
    const nodes = property(node, key);
    if (nodes === undefined) continue;
    const value = dress(
      late(nodes, () => property(load('functions')?.[name], key)),
      nodes,
    );
    Object.defineProperty(made, key, { ...Object.getOwnPropertyDescriptor(node, key), value });
  }
  return made;
}

/** Replaces a function that returns a promise. */
export function latePromise(name: string, node: AnyFunction): AnyFunction {
  const made = late(node, () => property(load('promises'), name));
  likeOriginal(made, node);
  return made;
}

/** Replaces watch(), watchFile() or unwatchFile(). */
export function lateWatcher(name: WatcherName, node: AnyFunction): AnyFunction {
  return dress(
    late(node, () => load('watchers')?.[name]),
    node,
  );
}

/** Replaces a stream class. */
export function lateStream(name: 'ReadStream' | 'WriteStream', node: AnyFunction): AnyFunction {
  const found = (): AnyFunction => load('streams')?.[`patched${name}`] ?? node;
  return standIn(
    node,
    (args, kind) => Reflect.construct(found(), args, kind),
    (self, args) => Reflect.apply(found(), self, args),
  );
}
