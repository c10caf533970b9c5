// Functions of node:fs that load what they do with their first call: a program that makes none pays for none of it.
import { promisify } from 'node:util';
import type * as Expected from '../call/expected-mounts';
import type { functions as Functions } from '../fs/callback/functions';
import type * as Streams from '../fs/callback/streams';
import type Promises from '../fs/promises';
import type { WatcherName } from '../fs/requests/names';
import type * as Watchers from '../fs/watch';
import { type AnyFunction, dress, likeOriginal, standIn } from '../node/imitate';
import { patch } from '../node/patch';

/** What is loaded by itself, and where it is. */
const modules = {
  functions: (): typeof Functions => require('../fs/callback/functions').functions,
  promises: (): typeof Promises => require('../fs/promises').default,
  streams: (): typeof Streams => require('../fs/callback/streams'),
  watchers: (): typeof Watchers => require('../fs/watch'),
};
type Loaded = { [Name in keyof typeof modules]: ReturnType<(typeof modules)[Name]> };

let warned = false;

/**
 * Undefined where it cannot be loaded: no descriptor is left, or the user has changed. The call is Node's then, and the
 * next one tries again.
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

/** A function that looks like `node`, and calls what `find` finds; `node` itself while there is nothing. */
function late(node: AnyFunction, find: () => AnyFunction | undefined): AnyFunction {
  let found: AnyFunction | undefined;
  return {
    [node.name](...args: unknown[]): unknown {
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

/** In place of closeSync: before the calls are loaded there is nothing of ours to close. */
export function lateCloseSync(node: AnyFunction): AnyFunction {
  const made = { closeSync: (...args: [fd: number]) => (patch.closeSync ?? node)(...args) }.closeSync;
  return dress(made, node);
}

/** In place of a synchronous function that may not find the bare folder of a mount that is expected. */
export function guardedSync(name: string, node: AnyFunction): AnyFunction {
  // Not with the first call: to load a module is calls of these very functions.
  const { refuseMissing } = require('../call/expected-mounts') as typeof Expected;
  const made = {
    [name](...args: unknown[]): unknown {
      refuseMissing(name, args);
      return (node as (...given: unknown[]) => unknown)(...args);
    },
  }[name] as AnyFunction;
  return dress(made, node);
}

/** In place of a callback function. */
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

/** In place of a function that gives a promise. */
export function latePromise(name: string, node: AnyFunction): AnyFunction {
  const made = late(node, () => property(load('promises'), name));
  likeOriginal(made, node);
  return made;
}

/** In place of a function that looks on. */
export function lateWatcher(name: WatcherName, node: AnyFunction): AnyFunction {
  return dress(
    late(node, () => load('watchers')?.[name]),
    node,
  );
}

/** In place of a stream class. */
export function lateStream(name: 'ReadStream' | 'WriteStream', node: AnyFunction): AnyFunction {
  const found = (): AnyFunction => load('streams')?.[`patched${name}`] ?? node;
  return standIn(
    node,
    (args, kind) => Reflect.construct(found(), args, kind),
    (self, args) => Reflect.apply(found(), self, args),
  );
}
