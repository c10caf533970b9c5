// The status of files and of file systems, and the rights to them.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sys/linux/call.h"
#include "sys/statx.h"
#include "sys/sys.h"
#include "sys/unix/statfs.h"

namespace pendingop::sys {
namespace {

// The call that was there before statx. It has no time of birth; as in libuv, the time of the last change
// stands in for it. libc's struct is the kernel's.
long olderStat(Calling& op, int fd, const char* path, int flags, int64_t f[kStatFields]) {
  struct stat s;
  const long r = (flags & AT_EMPTY_PATH) != 0
                     ? call(op, Call::statx, kReads, SYS_fstat, fd, &s)
                     : call(op, Call::statx, kReads, SYS_newfstatat, fd, path, &s, flags);
  if (r < 0) return r;
  toFields(s, f);
  return 0;
}

long statx(Calling& op, int fd, const char* path, int flags, int64_t f[kStatFields]) {
  struct statx s;
  const long r =
      call(op, Call::statx, kReads, SYS_statx, fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &s);
  // As in libuv: old kernels, seccomp filters (EPERM), file systems that cannot (EOPNOTSUPP).
  if (r == -ENOSYS || r == -EPERM || r == -EINVAL || r == -EOPNOTSUPP)
    return olderStat(op, fd, path, flags, f);
  if (r < 0) return r;
  toFields(s, f);
  return 0;
}

}  // namespace

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]) {
  return statx(op, place.base(), place.name, followLinks ? 0 : AT_SYMLINK_NOFOLLOW, fields);
}

long fstat(Calling& op, Descriptor fd, int64_t fields[kStatFields]) {
  return statx(op, fd, "", AT_EMPTY_PATH, fields);
}

long statfs(Calling& op, const char* path, int64_t f[8]) {
  struct statfs s;
  const long r = call(op, Call::statfs, kReads, SYS_statfs, path, &s);
  if (r == 0) toFields(s, f);
  return r;
}

long access(Calling& op, const char* path, int mode) {
  return call(op, Call::faccessat, kReads, SYS_faccessat, AT_FDCWD, path, mode);
}

}  // namespace pendingop::sys
