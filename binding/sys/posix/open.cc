// Opens files.
#include <fcntl.h>
#include <unistd.h>

#include "sys/posix/call.h"
#include "sys/sys.h"
#include "sys/unix/open_stepwise.h"

namespace pendingop::sys {

namespace {

long openName(Calling& op, int directory, const char* name, int flags, unsigned mode) {
  return call(op, Call::openat, (flags & (O_CREAT | O_TRUNC)) != 0 ? kChanges : kReads,
              [=] { return ::openat(directory, name, flags | O_CLOEXEC, static_cast<mode_t>(mode)); });
}

}  // namespace

long open(Calling& op, const Place& place, int flags, unsigned mode) {
  if (place.follows) return openName(op, place.base(), place.name, flags, mode);
  flags |= O_NOFOLLOW;
  if (place.directory < 0) return openName(op, AT_FDCWD, place.name, flags, mode);
  return openStepwise(
      place, flags,
      [&](int directory, const char* name, int how) { return openName(op, directory, name, how, mode); },
      [](int fd) { ::close(fd); });
}

long start(Calling&, const char*) { return -ENOSYS; }

}  // namespace pendingop::sys
