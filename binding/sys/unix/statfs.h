// Converts the result of statfs(2) into an op's numbers: those of Node's StatFs.
#pragma once

#if defined(__linux__)
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include <cstdint>

namespace pendingop::sys {

inline void toFields(const struct statfs& s, int64_t f[8]) {
#if defined(__OpenBSD__)
  f[0] = 0;  // file systems have a name there, and no number
#else
  f[0] = static_cast<int64_t>(s.f_type);
#endif
  f[1] = static_cast<int64_t>(s.f_bsize);
  f[2] = static_cast<int64_t>(s.f_blocks);
  f[3] = static_cast<int64_t>(s.f_bfree);
  f[4] = static_cast<int64_t>(s.f_bavail);
  f[5] = static_cast<int64_t>(s.f_files);
  f[6] = static_cast<int64_t>(s.f_ffree);
#if defined(__linux__)
  f[7] = static_cast<int64_t>(s.f_frsize);
#else
  f[7] = static_cast<int64_t>(s.f_bsize);
#endif
}

}  // namespace pendingop::sys
