// watchFile and unwatchFile: one StatWatcher for each path, for all listeners. Node reports mistakes in the arguments.
import type { BigIntStatsListener, WatchFileOptions as NodeOptions, PathLike, StatsListener } from 'node:fs';
import { resolve } from 'node:path';
import { isRestricted, notPermitted } from '../../call/permission';
import { type AnyFunction, dress } from '../../node/imitate';
import { original } from '../../node/original';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateFunction, validateSignal, validateTimeout, validateUint32 } from '../../validate/values';
import { STAT, statCall } from '../requests/stats';
import { StatWatcher } from './stat-watcher';

/**
 * `timeout`: ms that one look at the file may take. The watcher then emits `stall`, since nobody knows whether the file
 * has changed, and goes on. `signal`: removes the listener when it is aborted, as unwatchFile() does. If a file has
 * several listeners, the options of the first one hold, the signal aside.
 */
export interface WatchFileOptions extends NodeOptions, CallOptions {}

/**
 * Looks at a file every `interval` ms (default: 5007), and calls `listener` with its current and previous status when
 * they differ. As Node's, but it blocks nothing: on a file system that does not answer one look waits, the watcher
 * emits `stall`, and emits `recover` once the file system answers. It does not report as a deletion what it cannot
 * know.
 */
export interface WatchFile {
  (
    filename: PathLike,
    options: (WatchFileOptions & { bigint?: false | undefined }) | undefined,
    listener: StatsListener,
  ): StatWatcher;
  (
    filename: PathLike,
    options: (WatchFileOptions & { bigint: true }) | undefined,
    listener: BigIntStatsListener,
  ): StatWatcher;
  (filename: PathLike, listener: StatsListener): StatWatcher;
}

type Listener = (...args: unknown[]) => void;

const watchers = new Map<string, StatWatcher>();

/** Node's default. */
const INTERVAL = 5007;

interface Given {
  path: string;
  options: WatchFileOptions & { interval: number; persistent: boolean };
  listener: Listener;
}

/** Throws if Node's function throws, which then reports the mistake itself. */
function parse(args: unknown[]): Given {
  // Like Node's function, this takes no Buffer: resolve() refuses it.
  const path = resolve(validPath(args[0], 'filename') as string);
  const hasOptions = typeof args[1] === 'object' && args[1] !== null;
  const listener = args[hasOptions ? 2 : 1];
  const options = { interval: INTERVAL, persistent: true, ...(hasOptions ? (args[1] as object) : {}) };
  validateFunction(listener, 'listener');
  if (!watchers.has(path)) validateUint32(options.interval, 'interval');
  return { path, options, listener: listener as Listener };
}

const watchFileOf = (args: unknown[]): StatWatcher => {
  const node = (): StatWatcher => (original.watchFile as (...given: unknown[]) => StatWatcher)(...args);
  let given: Given;
  try {
    given = parse(args);
  } catch {
    return node();
  }
  const { path, options, listener } = given;
  validateSignal(options.signal);
  validateTimeout(options.timeout);
  if (isRestricted && notPermitted(statCall(STAT, path, [path], undefined)) !== undefined) return node();
  let watcher = watchers.get(path);
  if (watcher === undefined) {
    const { interval, persistent, timeout } = options;
    const how = { bigint: options.bigint === true, interval, persistent: Boolean(persistent), timeout };
    watcher = new StatWatcher(path, how);
    watchers.set(path, watcher);
  } else {
    watcher.addRef();
  }
  watcher.addListener('change', listener);
  if (options.signal !== undefined) endWith(options.signal, path, listener);
  return watcher;
};

function endWith(signal: AbortSignal, path: string, listener: Listener): void {
  const end = (): void => drop(path, listener);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

function drop(path: string, listener: unknown): void {
  const watcher = watchers.get(path);
  if (watcher === undefined) return;
  if (typeof listener === 'function') {
    const before = watcher.listenerCount('change');
    watcher.removeListener('change', listener as Listener);
    if (watcher.listenerCount('change') < before) watcher.dropRef();
  } else {
    watcher.removeAllListeners('change');
  }
  if (watcher.listenerCount('change') > 0) return;
  watcher.stop();
  watchers.delete(path);
}

export const watchFile = dress(function watchFile(...args: unknown[]): StatWatcher {
  return watchFileOf(args);
}, original.watchFile as AnyFunction) as WatchFile;

/** Removes `listener`, or all listeners of the file. The watcher stops with the last one. */
export const unwatchFile = dress(function unwatchFile(...args: unknown[]): void {
  // Node's function is called for watchers that Node began before its functions were replaced, and to check the
  // arguments.
  (original.unwatchFile as (...given: unknown[]) => void)(...args);
  drop(resolve(validPath(args[0], 'filename') as string), args[1]);
}, original.unwatchFile as AnyFunction) as {
  (filename: PathLike, listener?: StatsListener): void;
  (filename: PathLike, listener?: BigIntStatsListener): void;
};
