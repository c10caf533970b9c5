// watch(): Node's where there is no inotify or no addon, and where something is wrong with the arguments.
import type { WatchOptions as NodeOptions, PathLike, WatchListener } from 'node:fs';
import { resolve } from 'node:path';
import { isRestricted, notPermitted } from '../../call/permission';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import { parseOptions } from '../../validate/arguments';
import type { CallOptions, Encoding } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateTimeout } from '../../validate/values';
import type { Path } from '../requests/request';
import { STAT, statCall } from '../requests/stats';
import { FSWatcher } from './fs-watcher';
import { ignoring } from './ignore';
import { hasQueues } from './marks';
import { One } from './one';
import { Tree } from './tree';

/** `timeout`: ms in which the watch is to be set up. */
export interface WatchOptions extends NodeOptions, CallOptions {}

/** Named so in newer types of Node only. */
export type OwnBuffer = ReturnType<typeof Buffer.alloc>;

/**
 * Tells of changes of a file, or of the entries of a folder, as the kernel tells of them: `change` with 'rename' or 'change' and a
 * name. As Node's, but its watch is set up by a call that is listed as `watch` and can be ended; on a file system that
 * does not answer the watcher is returned before that, and an `error` event tells what Node would have thrown. Node's own
 * where there is no inotify, and without an addon.
 */
export interface Watch {
  (
    filename: PathLike,
    options: (WatchOptions & { encoding: 'buffer' }) | 'buffer',
    listener?: WatchListener<OwnBuffer>,
  ): FSWatcher;
  (
    filename: PathLike,
    options?: WatchOptions | BufferEncoding | null,
    listener?: WatchListener<string>,
  ): FSWatcher;
  (
    filename: PathLike,
    options: WatchOptions | string,
    listener?: WatchListener<string | OwnBuffer>,
  ): FSWatcher;
  (filename: PathLike, listener?: WatchListener<string>): FSWatcher;
}

interface Options extends CallOptions {
  encoding?: Encoding;
  persistent?: unknown;
  recursive?: unknown;
  ignore?: unknown;
  throwIfNoEntry?: unknown;
}

/** Makes a watcher once it is known that Node would make one. */
export type Begin = () => FSWatcher;

/** Throws where Node's function is to be called instead. */
export function prepare(filename: unknown, given: unknown, shown: readonly unknown[]): Begin {
  if (!hasQueues()) throw new TypeError('only Node can');
  const options = parseOptions(given) as Options;
  const path = validPath(filename);
  const { encoding, recursive, persistent = true, throwIfNoEntry = true, signal, timeout } = options;
  const ignores = ignoring(options.ignore);
  const isTree = Boolean(recursive);
  // Where it is one, Node takes nothing else for these.
  if (isTree && (recursive !== true || (persistent !== null && typeof persistent !== 'boolean')))
    throw new TypeError('Node says it better');
  const root: Path = isTree ? resolve(path as string) : path;
  if (isRestricted && notPermitted(statCall(STAT, root, [root], undefined)) !== undefined)
    throw new TypeError('not permitted');
  const how = {
    persistent: Boolean(persistent),
    signal,
    timeout,
    throwIfNoEntry: throwIfNoEntry !== false,
    ignores: isTree ? undefined : ignores,
    closesAtOnce: isTree,
  };
  return () => {
    validateTimeout(timeout);
    return new FSWatcher(root, how, (told) =>
      isTree ? new Tree(told, root as string, ignores, shown) : new One(told, root, encoding, shown),
    );
  };
}

function watchOf(args: unknown[]): FSWatcher {
  const [filename, second, third] = args;
  const hasOptions = typeof second !== 'function';
  const listener = hasOptions ? third : second;
  const shown = args.filter((arg) => typeof arg !== 'function');
  let begin: Begin;
  try {
    if (listener && typeof listener !== 'function') throw new TypeError('Node says it better');
    begin = prepare(filename, hasOptions ? second : undefined, shown);
  } catch {
    return (original.watch as (...given: unknown[]) => FSWatcher)(...args);
  }
  const watcher = begin();
  if (listener) watcher.addListener('change', listener as () => void);
  return watcher;
}

export const watch = dress(function watch(...args: unknown[]): FSWatcher {
  return watchOf(args);
}, original.watch as AnyFunction) as Watch;
