// System calls of other addons, through the stub.
#include <errno.h>

#include "sys/linux/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

long systemCall(Calling& op, long number, const long (&a)[6], bool interruptible) {
  if (!interruptible) return plain(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  for (;;) {
    long r = po_syscall(op.state.word(), number, a[0], a[1], a[2], a[3], a[4], a[5]);
    r = r == kNeverEntered ? -EINTR : withoutRestartCodes(op, r);
    if (r != -EINTR || op.wantsStop()) return r;
  }
}

}  // namespace pendingop::sys
