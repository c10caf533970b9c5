// What fcntl.h, limits.h and sys/stat.h say of files and of their paths, on every system.
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

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
