// watch(). Without inotify or an addon, and if something is wrong with the arguments, it is Node's own function.
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

/** Options of watch(): Node's; `timeout`, ms in which the watch has to be set up; `signal`, which closes the watcher. */
export interface WatchOptions extends NodeOptions, CallOptions {}

/** Only newer types of Node have a name for this one. */
export type OwnBuffer = ReturnType<typeof Buffer.alloc>;

/**
 * The signatures of watch() of `pendingop/fs`. Names are Buffers if `encoding` is 'buffer', otherwise strings.
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

/** Makes the watcher. Called once it is known that Node would make one. */
export type Begin = () => FSWatcher;

/** Throws if Node's function is to be called instead. */
export function prepare(filename: unknown, given: unknown, shown: readonly unknown[]): Begin {
  if (!hasQueues()) throw new TypeError('only Node can');
  const options = parseOptions(given) as Options;
  const path = validPath(filename);
  const { encoding, recursive, persistent = true, throwIfNoEntry = true, signal, timeout } = options;
  const ignores = ignoring(options.ignore);
  const isTree = Boolean(recursive);
  // With `recursive`, Node checks these strictly.
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
