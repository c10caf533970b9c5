#include <errno.h>
#include <unistd.h>

#include "sys/sys.h"

namespace pendingop::sys {

long closeNow(Descriptor fd) {
  const bool failed = ::close(fd) != 0 && errno != EINTR && errno != EINPROGRESS;
  return failed ? -errno : 0;
}

}  // namespace pendingop::sys
