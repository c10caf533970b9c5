// The watchers of node:fs, by their names there.

export { type WatchEvents, type WatchEventsOptions, watchEvents } from './events';
export { FSWatcher, type FSWatcherEvents } from './fs-watcher';
export type { StatWatcher, StatWatcherEvents } from './stat-watcher';
export { type Watch, type WatchOptions, watch } from './watch';
export { unwatchFile, type WatchFile, type WatchFileOptions, watchFile } from './watch-file';
