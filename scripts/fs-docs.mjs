// What each function of node:fs does, in words, stated once: for docs/functions.md and, by scripts/docstrings.mjs, for
// the docstrings of its promise, callback and synchronous form. docs/functions.md has the arguments of each, which
// test/docs/functions.test.ts makes from lib/fs/requests.

/**
 * @typedef {object} FsDoc
 * @property {string} does One or two sentences: what the function does.
 * @property {string[]} args The arguments of its example, without options and callback.
 * @property {Record<string, string>} [options] Node's own options in its example.
 * @property {[name: string, meaning: string]} [value] What its promise resolves to; undefined: nothing.
 * @property {string} [note] What differs between platforms, or from what one expects.
 * @property {Record<string, string>} [params] What its arguments mean where `argumentDocs` says something else.
 * @property {boolean} [optionsLast] Node's function takes no options: an object with `timeout` and `signal` comes last.
 */

const P = "'/mnt/data/report'";
const DIR = "'/mnt/data'";

/** @type {Record<string, FsDoc>} */
export const fsDocs = {
  access: {
    does: 'Tests whether the caller may reach what is at a path, and read (`R_OK`), write (`W_OK`) or execute (`X_OK`) it.',
    args: [P, 'constants.R_OK'],
    params: { mode: 'bits `R_OK`, `W_OK`, `X_OK`. Default: F_OK: whether something is there' },
    optionsLast: true,
  },
  appendFile: {
    does: 'Appends data to a file, and creates a file that is missing.',
    args: [P, "'a line\\n'"],
  },
  chmod: {
    does: 'Sets the permissions of a file. Links are followed.',
    args: [P, '0o640'],
    optionsLast: true,
  },
  chown: {
    does: 'Sets the owner and the group of a file. Links are followed.',
    args: [P, '1000', '1000'],
    optionsLast: true,
  },
  close: {
    does: 'Closes a descriptor. It is closed in any case, even if the call fails, times out or is interrupted.',
    args: ['fd'],
    optionsLast: true,
  },
  copyFile: {
    does: 'Copies a file. A file at `dest` is replaced, unless `mode` forbids that.',
    args: [P, "'/backup/report'", 'constants.COPYFILE_EXCL'],
    params: { mode: 'bits `COPYFILE_EXCL`, `COPYFILE_FICLONE`, `COPYFILE_FICLONE_FORCE`. Default: 0' },
    optionsLast: true,
    note: 'A copy that was interrupted leaves at `dest` what it had copied; `bytesDone` of its error says how much.',
  },
  cp: {
    does: 'Copies a file, or with `recursive` a directory and everything in it.',
    args: [DIR, "'/backup'"],
    options: { recursive: 'true' },
    note: 'It is made of many calls. An interrupt ends those in flight, and no more are started.',
  },
  exists: {
    does: 'Tests whether something is at a path. Prefer `access`, as in Node.',
    args: [P],
    value: ['exists', 'true if something is there, false if not or if that could not be found out'],
    optionsLast: true,
  },
  fchmod: { does: 'Sets the permissions of an open file.', args: ['fd', '0o640'], optionsLast: true },
  fchown: {
    does: 'Sets the owner and the group of an open file.',
    args: ['fd', '1000', '1000'],
    optionsLast: true,
  },
  fdatasync: {
    does: 'Waits until the content of an open file is on the disk. Metadata that no read needs may still be missing there.',
    args: ['fd'],
    optionsLast: true,
  },
  fstat: {
    does: 'Reads type, size (bytes), owner, permissions and times of an open file.',
    args: ['fd'],
    value: ['stats', 'a `Stats`, or with `bigint: true` a `BigIntStats`'],
  },
  fsync: {
    does: 'Waits until the content and the metadata of an open file are on the disk.',
    args: ['fd'],
    optionsLast: true,
  },
  ftruncate: {
    does: 'Cuts an open file to `len` bytes, or extends it with zeros.',
    args: ['fd', '1024'],
    optionsLast: true,
  },
  futimes: {
    does: 'Sets the times of last access and last change of an open file.',
    args: ['fd', 'new Date()', 'new Date()'],
    optionsLast: true,
  },
  lchmod: {
    does: 'Sets the permissions of a path itself, also if it is a link.',
    args: [P, '0o640'],
    optionsLast: true,
    note: 'macOS only. On other systems it fails with `ERR_METHOD_NOT_IMPLEMENTED`.',
  },
  lchown: {
    does: 'Sets the owner and the group of a path itself, also if it is a link.',
    args: [P, '1000', '1000'],
    optionsLast: true,
  },
  link: {
    does: 'Makes a hard link: one more name, on the same file system, of an existing file.',
    args: [P, "'/mnt/data/same-report'"],
    optionsLast: true,
  },
  lstat: {
    does: 'Reads type, size (bytes), owner, permissions and times of a path itself, also if it is a link.',
    args: [P],
    value: ['stats', 'a `Stats`, or with `bigint: true` a `BigIntStats`'],
  },
  lutimes: {
    does: 'Sets the times of last access and last change of a path itself, also if it is a link.',
    args: [P, 'new Date()', 'new Date()'],
    optionsLast: true,
  },
  mkdir: {
    does: 'Makes a directory; with `recursive` also the directories above it that are missing.',
    args: ["'/mnt/data/2026/07'"],
    options: { recursive: 'true' },
    value: ['first', 'with `recursive` the first directory that had to be made, otherwise undefined'],
  },
  mkdtemp: {
    does: 'Makes a directory with a name that nothing else has: the prefix and six characters.',
    args: ["'/mnt/data/job-'"],
    value: ['path', 'the path of the directory'],
  },
  open: {
    does: 'Opens a file.',
    args: [P, "'r'", '0o666'],
    params: { mode: 'permissions of a file that the open creates. Default: 0o666' },
    value: ['fd', 'a `FileHandle` (`pendingop/fs/promises`), or a descriptor (`pendingop/fs`)'],
    optionsLast: true,
    note: 'After an open was abandoned, its descriptor is closed as soon as the kernel returns it.',
  },
  opendir: {
    does: 'Opens a directory, to read its entries one after the other.',
    args: [DIR],
    value: ['dir', 'a `Dir`'],
    note: '`timeout` and `signal` hold for the opening; each `dir.read()` takes its own.',
  },
  read: {
    does: 'Reads up to `length` bytes of an open file into `buffer`, from `offset` in it on.',
    args: ['fd', 'buffer', '0', 'buffer.length', '0'],
    value: ['bytesRead', 'the number of bytes that were read; 0 at the end of the file'],
    optionsLast: true,
  },
  readFile: {
    does: 'Reads a whole file, of less than 2 GiB.',
    args: [P],
    options: { encoding: "'utf8'" },
    value: ['content', 'a string with `encoding`, otherwise a Buffer'],
  },
  readdir: {
    does: 'Lists a directory; with `recursive` everything below it, too.',
    args: [DIR],
    options: { withFileTypes: 'true' },
    value: ['entries', 'names without the path, or with `withFileTypes` one `Dirent` each'],
  },
  readlink: {
    does: 'Reads the text of a symbolic link.',
    args: ["'/mnt/data/latest'"],
    value: ['target', "the text: a string, or a Buffer with `encoding: 'buffer'`"],
  },
  readv: {
    does: 'Reads an open file into several buffers, which are filled one after the other.',
    args: ['fd', '[buffer]', '0'],
    value: ['bytesRead', 'the number of bytes that were read; 0 at the end of the file'],
    optionsLast: true,
  },
  realpath: {
    does: 'Resolves a path to the absolute path without links, `.` and `..`.',
    args: ["'/mnt/data/latest'"],
    value: ['path', "the path: a string, or a Buffer with `encoding: 'buffer'`"],
  },
  rename: {
    does: 'Moves a file or a directory to another path on the same file system. A file that is there is replaced.',
    args: [P, "'/mnt/data/report.old'"],
    optionsLast: true,
  },
  rm: {
    does: 'Removes a file, or with `recursive` a directory and everything in it.',
    args: [DIR],
    options: { recursive: 'true', force: 'true' },
    note: 'It is made of many calls. An interrupt ends those in flight, and no more are started.',
  },
  rmdir: { does: 'Removes an empty directory. For one that is not empty use `rm`.', args: [DIR] },
  stat: {
    does: 'Reads type, size (bytes), owner, permissions and times of what is at a path. Links are followed.',
    args: [P],
    value: ['stats', 'a `Stats`, or with `bigint: true` a `BigIntStats`'],
  },
  statfs: {
    does: 'Reads the size of the file system that a path is on, and how much of it is free (blocks of `bsize` bytes).',
    args: [DIR],
    value: ['stats', 'a `StatsFs`, or with `bigint: true` a `BigIntStatsFs`'],
  },
  symlink: {
    does: 'Makes a symbolic link at `path` with the text `target`.',
    args: ["'report'", "'/mnt/data/latest'", "'file'"],
    optionsLast: true,
    note: '`type` is checked everywhere, and matters on Windows only.',
  },
  truncate: {
    does: 'Cuts a file to `len` bytes, or extends it with zeros.',
    args: [P, '1024'],
    optionsLast: true,
  },
  unlink: {
    does: 'Removes a name of a file. With its last name the file is removed, once no process has it open.',
    args: [P],
    optionsLast: true,
  },
  utimes: {
    does: 'Sets the times of last access and last change of a file. Links are followed.',
    args: [P, 'new Date()', 'new Date()'],
    optionsLast: true,
  },
  write: {
    does: 'Writes `length` bytes of `buffer`, from `offset` in it on, or a string, to an open file.',
    args: ['fd', 'buffer', '0', 'buffer.length', '0'],
    value: [
      'bytesWritten',
      'the number of bytes that were written: fewer than asked for if the call was interrupted half way',
    ],
    optionsLast: true,
    note: '`buffer` has to stay as it is until the call is over, as in Node.',
  },
  writeFile: {
    does: 'Writes data to a file and replaces what was in it. A file that is missing is created.',
    args: [P, "'content'"],
    options: { flush: 'true' },
    note: 'A write that was interrupted leaves a part of the data in the file; `bytesDone` of its error says how much.',
  },
  writev: {
    does: 'Writes several buffers, one after the other, to an open file.',
    args: ['fd', '[buffer]', '0'],
    value: ['bytesWritten', 'the number of bytes that were written'],
    optionsLast: true,
  },
};

/** The meaning of arguments that several functions take. @type {Record<string, string>} */
export const argumentDocs = {
  path: 'a string, a Buffer or a `file:` URL',
  oldPath: 'the present path: a string, a Buffer or a `file:` URL',
  newPath: 'the new path: a string, a Buffer or a `file:` URL',
  existingPath: 'the present path: a string, a Buffer or a `file:` URL',
  src: 'what is copied: a string, a Buffer or a `file:` URL',
  dest: 'the path of the copy: a string, a Buffer or a `file:` URL',
  target: 'the text of the link; it is not resolved now',
  prefix: 'the first part of the path',
  fd: 'the descriptor: a number that `open` returned',
  mode: 'permissions: bits or an octal string',
  flags: "how the file is opened: `'r'`, `'w'`, `'a'` …, or bits `O_*`. Default: 'r'",
  uid: 'the number of the user',
  gid: 'the number of the group',
  len: 'bytes. Default: 0',
  atime: 'time of the last access: a Date, or seconds since 1970',
  mtime: 'time of the last change: a Date, or seconds since 1970',
  data: 'a string (UTF-8 unless `encoding` says otherwise), a Buffer or another view',
  buffer: 'the memory: a Buffer or another view',
  buffers: 'the memory: an array of Buffers or other views',
  offset: 'bytes from the beginning of `buffer`. Default: 0',
  length: 'bytes. Default: to the end of `buffer`',
  position: 'bytes from the beginning of the file; null: where the descriptor is. Default: null',
  type: "`'file'`, `'dir'` or `'junction'`",
  text: 'a string (UTF-8 unless `encoding` says otherwise)',
  encoding: "the encoding of the string. Default: 'utf8'",
};
