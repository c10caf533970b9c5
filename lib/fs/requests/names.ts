// The names of the functions that the hook replaces. They stand apart from the functions, which are loaded later. The
// compiler checks the tables of functions against these lists, and test/compare/names.test.ts checks the lists against
// Node.

/** Functions that exist in three forms: with a callback, with a promise, and with `Sync` behind the name. */
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

/** Functions without a promise form: in node:fs only, and with `Sync` behind the name. */
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

/** Functions of node:fs. callback/functions.ts has the table. */
export const callbackNames = [...pathNames, ...descriptorNames] as const;
export type CallbackName = (typeof callbackNames)[number];

/** Functions of node:fs/promises. promises/index.ts has the table. Some Nodes lack some of them. */
export const promiseNames = [...pathNames, 'lchmod', 'mkdtempDisposable', 'watch'] as const;
export type PromiseName = (typeof promiseNames)[number];

/** Watchers of node:fs. watch/index.ts has the table. */
export const watcherNames = ['unwatchFile', 'watch', 'watchFile'] as const;
export type WatcherName = (typeof watcherNames)[number];
