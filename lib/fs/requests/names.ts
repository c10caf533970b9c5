// The names of the functions that are this package's: what the hook replaces before any of them is loaded. The tables of
// functions are checked against these lists by the compiler, and the lists against Node by test/compare/names.test.ts.

/** In node:fs with a callback, in node:fs/promises with a promise, and with `Sync` behind the name. */
const pathNames = [
  'access',
  'appendFile',
  'chmod',
  'chown',
  'copyFile',
  'cp',
  'lchown',
  'link',
  'lstat',
  'lutimes',
  'mkdir',
  'mkdtemp',
  'open',
  'opendir',
  'readdir',
  'readFile',
  'readlink',
  'realpath',
  'rename',
  'rm',
  'rmdir',
  'stat',
  'statfs',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
] as const;

/** In node:fs only, and with `Sync` behind the name. */
const descriptorNames = [
  'close',
  'exists',
  'fchmod',
  'fchown',
  'fdatasync',
  'fstat',
  'fsync',
  'ftruncate',
  'futimes',
  'read',
  'readv',
  'write',
  'writev',
] as const;

/** Of node:fs: the table is callback/functions.ts. */
export const callbackNames = [...pathNames, ...descriptorNames] as const;
export type CallbackName = (typeof callbackNames)[number];

/** Of node:fs/promises: the table is promises/index.ts. Not every Node has all of them. */
export const promiseNames = [...pathNames, 'lchmod', 'mkdtempDisposable', 'watch'] as const;
export type PromiseName = (typeof promiseNames)[number];

/** Of node:fs: what looks on. The table is watch/index.ts. */
export const watcherNames = ['unwatchFile', 'watch', 'watchFile'] as const;
export type WatcherName = (typeof watcherNames)[number];
