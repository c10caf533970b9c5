// The watchers of node:fs, by their names there.
export type { StatWatcher, StatWatcherEvents } from './stat-watcher';
export { unwatchFile, type WatchFile, type WatchFileOptions, watchFile } from './watch-file';
