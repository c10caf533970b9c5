// Functions of node:fs that load what they do with their first call: a program that makes none pays for none of it.

import { promisify } from 'node:util';
import type { functions as Functions } from './fs/callback/functions';
import type * as Streams from './fs/callback/streams';
import type * as Closing from './fs/closing';
import { type AnyFunction, dress, likeOriginal, standIn } from './fs/likeness';
import type Promises from './fs/promises';

interface Implementation {
  readonly closing: typeof Closing;
  readonly functions: typeof Functions;
  readonly promises: typeof Promises;
  readonly streams: typeof Streams;
}

let loaded: Implementation | undefined;
let warned = false;

/**
 * Undefined where it cannot be loaded: no descriptor is left, or the user has changed. The call is Node's then, and the
 * next one tries again.
 */
export function implementation(): Implementation | undefined {
  if (loaded !== undefined) return loaded;
  try {
    loaded = {
      closing: require('./fs/closing'),
      functions: require('./fs/callback/functions').functions,
      promises: require('./fs/promises').default,
      streams: require('./fs/callback/streams'),
    };
  } catch (error) {
    if (!warned) {
      warned = true;
      const { message } = error as Error;
      process.emitWarning(
        `pendingop cannot be loaded: calls are left to node:fs. ${message}`,
        'PendingopWarning',
      );
    }
  }
  return loaded;
}

type Find = (from: Implementation) => AnyFunction | undefined;

/** A function that looks like `node`, and calls what `find` finds; `node` itself while there is nothing. */
function late(node: AnyFunction, find: Find): AnyFunction {
  let found: AnyFunction | undefined;
  return {
    [node.name](...args: unknown[]): unknown {
      if (found === undefined) {
        const from = implementation();
        found = from && find(from);
        if (found === undefined) return (node as (...given: unknown[]) => unknown)(...args);
      }
      return (found as (...given: unknown[]) => unknown)(...args);
    },
  }[node.name] as AnyFunction;
}

const property = (of: unknown, name: string | symbol) =>
  (of as Record<string | symbol, AnyFunction | undefined>)[name];

/** In place of closeSync: before the calls are loaded, there is nothing of ours to close. */
export function lateCloseSync(node: AnyFunction): AnyFunction {
  const made = {
    closeSync: (...args: [fd: number]) =>
      loaded === undefined ? node(...args) : loaded.closing.closeSync(...args),
  }.closeSync;
  return dress(made, node);
}

/** In place of a callback function. */
export function lateCallback(name: keyof typeof Functions, node: AnyFunction): AnyFunction {
  const made = dress(
    late(node, ({ functions }) => functions[name]),
    node,
  );
  for (const key of ['native', promisify.custom] as const) {
    const nodes = property(node, key);
    if (nodes === undefined) continue;
    const value = dress(
      late(nodes, ({ functions }) => property(functions[name], key)),
      nodes,
    );
    Object.defineProperty(made, key, { ...Object.getOwnPropertyDescriptor(node, key), value });
  }
  return made;
}

/** In place of a function that gives a promise. */
export function latePromise(name: keyof typeof Promises, node: AnyFunction): AnyFunction {
  const made = late(node, ({ promises }) => promises[name] as AnyFunction);
  likeOriginal(made, node);
  return made;
}

/** In place of a stream class. */
export function lateStream(name: 'ReadStream' | 'WriteStream', node: AnyFunction): AnyFunction {
  const found = (): AnyFunction => implementation()?.streams[`patched${name}`] ?? node;
  return standIn(
    node,
    (args, kind) => Reflect.construct(found(), args, kind),
    (self, args) => Reflect.apply(found(), self, args),
  );
}
