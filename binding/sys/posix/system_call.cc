// System calls of other addons, through libc.
#include <errno.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "sys/posix/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

#if defined(__linux__)
long systemCall(Calling& op, long number, const long (&a)[6], bool interruptible) {
  if (!interruptible) {
    const long r = ::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return r == -1 ? -errno : r;
  }
  return call(op, Call::none, kReads, [&] { return ::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]); });
}
#else
long systemCall(Calling&, long, const long (&)[6], bool) { return -ENOSYS; }
#endif

}  // namespace pendingop::sys
