// The functions that are ours, by name: what there is to patch, before any of them is loaded.

const paths = [
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

/** Of node:fs: callback/functions.ts. */
export const callbackNames = [
  ...paths,
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

/** Of node:fs/promises: promises.ts. Not every Node has all of them. */
export const promiseNames = [...paths, 'lchmod', 'mkdtempDisposable'] as const;
