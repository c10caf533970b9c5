// The constants of files and paths. sys/ and the folders of one system use the names of fcntl.h, limits.h and
// sys/stat.h, which this file has on every system. All other folders use the functions at its end.
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
using uid_t = unsigned;
using gid_t = unsigned;

// libuv's: what it calls a file's mode there.
#undef S_ISREG
#undef S_ISDIR
#undef S_ISLNK
#define S_ISREG(mode) (((mode)&0xf000) == 0x8000)
#define S_ISDIR(mode) (((mode)&0xf000) == 0x4000)
#define S_ISLNK(mode) (((mode)&0xf000) == 0xa000)

// What there is no word for there: no flag, no directory.
#define AT_FDCWD (-100)
#define O_CLOEXEC 0
#define O_DIRECTORY 0
#define O_NOCTTY 0
#define O_NOFOLLOW 0
#define O_NONBLOCK 0
// libuv's UV_FS_O_*.
#define O_DSYNC 0x04000000
#define O_SYNC 0x08000000

// In bytes: 32767 characters of UTF-16, the most that the system takes, are up to three times as many in
// UTF-8.
#undef PATH_MAX
constexpr int PATH_MAX = 3 * 32768;
#endif

namespace pendingop::sys {

// A path needs fewer bytes, with its NUL.
constexpr int kLongestPath = PATH_MAX;

// Of a file's mode, as fields[kStatMode] has it.
constexpr bool isRegular(int64_t mode) { return S_ISREG(mode); }
constexpr bool isSymbolicLink(int64_t mode) { return S_ISLNK(mode); }
constexpr bool hasGroupRights(int64_t mode) { return (mode & S_IRWXG) != 0; }

// Of flags that open(2) takes.
constexpr int kForReadingAndWriting = O_RDWR;
constexpr bool onlyReads(int flags) { return (flags & O_ACCMODE) == O_RDONLY; }
constexpr bool followsLinks(int flags) { return (flags & O_NOFOLLOW) == 0; }
// Whether these flags open a regular file for reading and do nothing else.
constexpr bool onlyOpensToRead(int flags) {
  constexpr int kHarmless = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_SYNC | O_DSYNC | O_APPEND;
  return onlyReads(flags) && (flags & ~kHarmless) == 0;
}

}  // namespace pendingop::sys
