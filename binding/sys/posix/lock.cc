// flock and fcntl: advisory locks.
#include <fcntl.h>
#include <sys/file.h>

#include "sys/posix/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

namespace {

// By LockType.
constexpr int kFlockTypes[] = {LOCK_UN, LOCK_SH, LOCK_EX};
#if defined(F_OFD_SETLKW)
constexpr short kFcntlTypes[] = {F_UNLCK, F_RDLCK, F_WRLCK};
#endif

}  // namespace

long flock(Calling& op, Descriptor fd, LockType type, bool wait) {
  const int operation = kFlockTypes[static_cast<int>(type)] | (wait ? 0 : LOCK_NB);
  return call(op, Call::flock, kTakes, [=] { return ::flock(fd, operation); });
}

#if defined(F_OFD_SETLKW)
long fcntlLock(Calling& op, Descriptor fd, LockType type, bool wait, int64_t start, int64_t length) {
  struct flock lock = {};  // l_pid is 0, as locks of the open file require
  lock.l_type = kFcntlTypes[static_cast<int>(type)];
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(start);
  lock.l_len = static_cast<off_t>(length);
  return call(op, Call::fcntl, kTakes, [&] { return ::fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock); });
}
#else
long fcntlLock(Calling&, Descriptor, LockType, bool, int64_t, int64_t) { return -ENOTSUP; }
#endif

}  // namespace pendingop::sys
