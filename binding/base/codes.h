// The numbers that JavaScript and native code share. lib/engine/codes.ts has the same numbers in the same
// order; a test compares them.
#pragma once

#include <cstdint>

namespace pendingop {

// clang-format off
#define PENDINGOP_CODES(X)                                                                                      \
  X(open) X(close) X(read) X(readv) X(write) X(writev) X(stat) X(lstat) X(fstat) X(statfs) X(access) X(readdir) \
  X(opendir) X(dirread) X(readFile) X(writeFile) X(mkdir) X(mkdirp) X(mkdtemp) X(rmdir) X(unlink) X(rename)     \
  X(link) X(symlink) X(readlink) X(realpath) X(chmod) X(fchmod) X(chown) X(lchown) X(fchown) X(utimes)          \
  X(lutimes) X(futimes) X(truncate) X(ftruncate) X(fsync) X(fdatasync) X(copyFile) X(lock)     \
  X(custom) X(umount) X(start) X(watch) X(unwatch) X(scan)

enum class Code : uint8_t {
#define X(name) name,
  PENDINGOP_CODES(X)
#undef X
      count
};

// Returns whether the result of the op is a descriptor, which has to be closed.
constexpr bool makesDescriptor(Code code) {
  return code == Code::open || code == Code::opendir || code == Code::start;
}

// Returns whether an op of this code waits for other programs, for any time, rather than for a file system.
constexpr bool waitsForOthers(Code code) { return code == Code::lock || code == Code::custom; }

// The system calls that an op can be in. listPending() shows the name as `call`; on Linux it is the kernel's
// own.
#define PENDINGOP_CALLS(X)                                                                                            \
  X(none, "") X(openat, "openat") X(close, "close") X(read, "read") X(pread, "pread64")             \
  X(write, "write") X(pwrite, "pwrite64")               \
  X(statx, "statx") X(statfs, "statfs") X(faccessat, "faccessat") X(getdents, "getdents64") X(mkdirat, "mkdirat")     \
  X(unlinkat, "unlinkat") X(renameat, "renameat") X(linkat, "linkat") X(symlinkat, "symlinkat")                       \
  X(readlinkat, "readlinkat") X(fchmodat, "fchmodat") X(fchmod, "fchmod") X(fchownat, "fchownat") X(fchown, "fchown") \
  X(utimensat, "utimensat") X(ftruncate, "ftruncate") X(fsync, "fsync") X(fdatasync, "fdatasync")                     \
  X(copy, "copy_file_range") X(clone, "ioctl") X(getcwd, "getcwd") X(flock, "flock") X(fcntl, "fcntl") X(umount, "umount2") X(execve, "execve") \
  X(addWatch, "inotify_add_watch") X(removeWatch, "inotify_rm_watch")

enum class Call : uint8_t {
#define X(name, text) name,
  PENDINGOP_CALLS(X)
#undef X
      count
};

inline const char* nameOf(Call call) {
  constexpr const char* kNames[] = {
#define X(name, text) text,
      PENDINGOP_CALLS(X)
#undef X
  };
  return kNames[static_cast<int>(call)];
}

// The name that an error carries as `syscall`: libuv's, which Node shows. For `own` it is the op's own name.
#define PENDINGOP_STEPS(X) X(own, "") X(open, "open") X(fstat, "fstat") X(read, "read") X(write, "write") \
  X(fsync, "fsync") X(ftruncate, "ftruncate") X(close, "close") X(tooLarge, "")

enum class Step : uint8_t {
#define X(name, text) name,
  PENDINGOP_STEPS(X)
#undef X
      count
};

// clang-format on

// The number of fields of a stat, in the order of Node's own binding.
constexpr int kStatFields = 18;
// The indexes of some of them.
constexpr int kStatDevice = 0, kStatMode = 1, kStatLinks = 2, kStatUser = 3, kStatInode = 7, kStatSize = 8;
constexpr int kStatAtime = 10, kStatMtime = 12, kStatCtime = 14;  // a time is two: seconds, nanoseconds

}  // namespace pendingop
