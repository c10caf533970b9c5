// What changes the attributes of files: mode, owner, times.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>

#include "sys/linux/call.h"
#include "sys/linux/name_in_proc.h"
#include "sys/sys.h"

namespace pendingop::sys {
namespace {

// For kernels before Linux 6.6: a descriptor that only names the file gets its mode set by its name in /proc.
long chmodNamed(Calling& op, const Place& place, unsigned mode) {
  const long opened = open(op, place, O_PATH, 0);
  if (opened < 0) return opened;
  const auto fd = Descriptor(opened);
  int64_t fields[kStatFields];
  long r = fstat(op, fd, fields);
  if (r == 0) {
    const NameInProc name(fd);
    r = S_ISLNK(fields[kStatMode])
            ? -ELOOP
            : call(op, Call::fchmodat, kChanges, SYS_fchmodat, AT_FDCWD, name.text, mode);
  }
  plain(SYS_close, fd);
  return r;
}

// Without /proc. O_NONBLOCK: if a FIFO has taken the place of the file, the open does not wait for it.
long chmodOpened(Calling& op, const Place& place, unsigned mode) {
  const long fd = open(op, place, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return fd;
  const long r = fchmod(op, Descriptor(fd), mode);
  close(op, Descriptor(fd));
  return r;
}

}  // namespace

long chmod(Calling& op, const Place& place, unsigned mode) {
  if (place.follows) return call(op, Call::fchmodat, kChanges, SYS_fchmodat, place.base(), place.name, mode);
  constexpr long kFchmodat2 = 452;  // on every architecture
  static std::atomic<bool> isMissing{false};
  if (!isMissing.load(std::memory_order_relaxed)) {
    const long r =
        call(op, Call::fchmodat, kChanges, kFchmodat2, place.base(), place.name, mode, AT_SYMLINK_NOFOLLOW);
    if (r == -ENOSYS) isMissing.store(true, std::memory_order_relaxed);
    // EPERM: a seccomp filter, or a missing right. For a missing right the next call fails, too.
    if (r != -ENOSYS && r != -EPERM) return r;
  }
  const long r = chmodNamed(op, place, mode);
  return r == -ENOENT || r == -ENOTDIR ? chmodOpened(op, place, mode) : r;
}

long fchmod(Calling& op, Descriptor fd, unsigned mode) {
  return call(op, Call::fchmod, kChanges, SYS_fchmod, fd, mode);
}

long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid) {
  return call(op, Call::fchownat, kChanges, SYS_fchownat, AT_FDCWD, path, uid, gid,
              followLinks ? 0 : AT_SYMLINK_NOFOLLOW);
}

long fchown(Calling& op, Descriptor fd, uid_t uid, gid_t gid) {
  return call(op, Call::fchown, kChanges, SYS_fchown, fd, uid, gid);
}

long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, SYS_utimensat, place.base(), place.name, times,
              followLinks ? 0 : AT_SYMLINK_NOFOLLOW);
}

long futimes(Calling& op, Descriptor fd, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, SYS_utimensat, fd, kNone, times, kNone);
}

}  // namespace pendingop::sys
