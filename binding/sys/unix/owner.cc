#include "sys/owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace pendingop::sys {

bool ownerOf(const char* path, Owner* owner) {
#if defined(__linux__)
  // lstat() is a symbol of glibc 2.33, which is newer than the glibc that Node needs.
  struct statx s;
  if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MODE | STATX_TYPE | STATX_UID, &s) != 0)
    return false;
  *owner = {s.stx_uid, s.stx_mode};
#else
  struct stat s;
  if (lstat(path, &s) != 0) return false;
  *owner = {s.st_uid, s.st_mode};
#endif
  return true;
}

}  // namespace pendingop::sys
