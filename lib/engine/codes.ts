// The numbers that native code and TypeScript share, in the order of binding/base/codes.h (a test compares them), and
// the kinds of ops.

/** The kinds of work that an op does. */
export const Code = {
  open: 0,
  close: 1,
  read: 2,
  readv: 3,
  write: 4,
  writev: 5,
  stat: 6,
  lstat: 7,
  fstat: 8,
  statfs: 9,
  access: 10,
  readdir: 11,
  opendir: 12,
  dirread: 13,
  readFile: 14,
  writeFile: 15,
  mkdir: 16,
  mkdirp: 17,
  mkdtemp: 18,
  rmdir: 19,
  unlink: 20,
  rename: 21,
  link: 22,
  symlink: 23,
  readlink: 24,
  realpath: 25,
  chmod: 26,
  fchmod: 27,
  chown: 28,
  lchown: 29,
  fchown: 30,
  utimes: 31,
  lutimes: 32,
  futimes: 33,
  truncate: 34,
  ftruncate: 35,
  fsync: 36,
  fdatasync: 37,
  copyFile: 38,
  lock: 39,
  custom: 40,
  umount: 41,
  start: 42,
  watch: 43,
  unwatch: 44,
  scan: 45,
} as const;

/** What opendir opens a directory for: kOpens* of binding/ops/ops.h. */
export const Opens = { toRead: 0, listed: 1, forPlaces: 2 } as const;

/** The numbers of a stat, in each record and each row of a scan: binding/base/codes.h, kStatFields. */
export const STAT_FIELDS = 18;

/** What a scan tells of the entries: binding/ops/ops.h, kScans*. */
export const Scans = { numbers: 1, follow: 2 } as const;

/** Bits of `PendingOp.kind()`. An op has `Top` if the caller asked for it; a part of a composite does not. */
export const OpKind = {
  /** The caller asked for this op; it is no part of a composite. */
  Top: 1,
  /** The op works on a file. */
  File: 2,
  /** The op works on a directory. */
  Dir: 4,
  /** The op works on a path: look-ups, links, permissions, times. */
  Path: 8,
  /** The op waits for a lock. */
  Lock: 16,
  /** The op looks up a host name. */
  Net: 32,
  /** The op is a command, or a call in a helper process. */
  Process: 64,
  /** The op is JavaScript in a thread of its own. */
  Task: 128,
  /** The op is one of trackOp() or of another addon. */
  Custom: 256,
  /** All bits: matches every op. */
  All: 511,
} as const;

/** The states of binding/base/state.h that an op in flight can be in. */
export const State = { queued: 1, running: 2, interrupting: 3, abandoned: 4 } as const;

/** Outcome of binding/core/op.h. */
export const Ended = {
  completed: 0,
  cancelled: 1,
  interrupted: 2,
  abandoned: 3,
  released: 4,
  killed: 5,
} as const;

/** The result of an op that was not begun, because too many calls are stuck on its mount (binding/napi/records.h). */
export const STALLED = -2000;

/** The steps of an op whose errors are made in a way of their own: Step of binding/base/codes.h. */
export const Step = { own: 0, tooLarge: 8 } as const;
