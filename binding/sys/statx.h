// What statx(2) gives, as an op's numbers. Linux, either backend: each has a header of its own for the
// struct.
#pragma once

#include <sys/sysmacros.h>

#include <cstdint>

#include "core/op.h"

namespace pendingop::sys {

template <typename Statx>
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

}  // namespace pendingop::sys
