// Advisory locks.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "sys/linux/call.h"
#include "sys/sys.h"

namespace pendingop::sys {
namespace {

// By LockType. libc uses the kernel's names for flock().
constexpr long kFlockTypes[] = {LOCK_UN, LOCK_SH, LOCK_EX};
constexpr short kFcntlTypes[] = {F_UNLCK, F_RDLCK, F_WRLCK};

}  // namespace

long flock(Calling& op, Descriptor fd, LockType type, bool wait) {
  return call(op, Call::flock, kTakes, SYS_flock, fd,
              kFlockTypes[static_cast<int>(type)] | (wait ? 0 : LOCK_NB));
}

long fcntlLock(Calling& op, Descriptor fd, LockType type, bool wait, int64_t start, int64_t length) {
  struct flock lock = {};  // l_pid is 0, as locks of the open file require
  lock.l_type = kFcntlTypes[static_cast<int>(type)];
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return call(op, Call::fcntl, kTakes, SYS_fcntl, fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

}  // namespace pendingop::sys
