// Converts the results of statx(2) and stat(2) into an op's numbers. On Linux the two backends use different
// headers for struct statx.
#pragma once

#include <sys/sysmacros.h>

#include <cstdint>
#include <initializer_list>

#include "sys/calling.h"

namespace pendingop::sys {

template <typename Statx>
requires requires(const Statx& s) { s.stx_mode; }
void toFields(const Statx& s, int64_t f[kStatFields]) {
  f[0] = static_cast<int64_t>(makedev(s.stx_dev_major, s.stx_dev_minor));
  f[1] = s.stx_mode;
  f[2] = s.stx_nlink;
  f[3] = s.stx_uid;
  f[4] = s.stx_gid;
  f[5] = static_cast<int64_t>(makedev(s.stx_rdev_major, s.stx_rdev_minor));
  f[6] = s.stx_blksize;
  f[7] = static_cast<int64_t>(s.stx_ino);
  f[8] = static_cast<int64_t>(s.stx_size);
  f[9] = static_cast<int64_t>(s.stx_blocks);
  int at = 10;
  for (const auto* time : {&s.stx_atime, &s.stx_mtime, &s.stx_ctime, &s.stx_btime}) {
    f[at++] = time->tv_sec;
    f[at++] = time->tv_nsec;
  }
}

// As in libuv, the time of the last change stands in for the time of birth.
template <typename Stat>
requires requires(const Stat& s) { s.st_atim; }
void toFields(const Stat& s, int64_t f[kStatFields]) {
  f[0] = static_cast<int64_t>(s.st_dev);
  f[1] = s.st_mode;
  f[2] = static_cast<int64_t>(s.st_nlink);
  f[3] = s.st_uid;
  f[4] = s.st_gid;
  f[5] = static_cast<int64_t>(s.st_rdev);
  f[6] = static_cast<int64_t>(s.st_blksize);
  f[7] = static_cast<int64_t>(s.st_ino);
  f[8] = static_cast<int64_t>(s.st_size);
  f[9] = static_cast<int64_t>(s.st_blocks);
  f[10] = static_cast<int64_t>(s.st_atim.tv_sec);
  f[11] = static_cast<int64_t>(s.st_atim.tv_nsec);
  f[12] = static_cast<int64_t>(s.st_mtim.tv_sec);
  f[13] = static_cast<int64_t>(s.st_mtim.tv_nsec);
  f[14] = f[16] = static_cast<int64_t>(s.st_ctim.tv_sec);
  f[15] = f[17] = static_cast<int64_t>(s.st_ctim.tv_nsec);
}

}  // namespace pendingop::sys
