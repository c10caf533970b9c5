// Modes, owners and times.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/posix/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

long chmod(Calling& op, const Place& place, unsigned mode) {
  const int how = place.follows ? 0 : AT_SYMLINK_NOFOLLOW;
  const long r = call(op, Call::fchmodat, kChanges,
                      [&] { return ::fchmodat(place.base(), place.name, static_cast<mode_t>(mode), how); });
  if (place.follows || (r != -ENOTSUP && r != -EOPNOTSUPP)) return r;
  // An older libc, or a symbolic link. O_NONBLOCK: if a FIFO has taken the place of the file, the open does
  // not wait for it.
  const long fd = open(op, place, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return fd;
  const long second = fchmod(op, Descriptor(fd), mode);
  close(op, Descriptor(fd));
  return second;
}

long fchmod(Calling& op, Descriptor fd, unsigned mode) {
  return call(op, Call::fchmod, kChanges, [=] { return ::fchmod(fd, static_cast<mode_t>(mode)); });
}

long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid) {
  return call(op, Call::fchownat, kChanges,
              [=] { return followLinks ? ::chown(path, uid, gid) : ::lchown(path, uid, gid); });
}

long fchown(Calling& op, Descriptor fd, uid_t uid, gid_t gid) {
  return call(op, Call::fchown, kChanges, [=] { return ::fchown(fd, uid, gid); });
}

long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]) {
  const int flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW;
  return call(op, Call::utimensat, kChanges,
              [&] { return ::utimensat(place.base(), place.name, times, flags); });
}

long futimes(Calling& op, Descriptor fd, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, [=] { return ::futimens(fd, times); });
}

}  // namespace pendingop::sys
