// Calls on descriptors: closing, reading and writing, truncating, syncing, copying.
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "sys/posix/call.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/thread.h"

namespace pendingop::sys {

long close(Calling& op, Descriptor fd) {
  noteCall(op, Call::close);
  const int signal = workersSignal.load(std::memory_order_relaxed);
  const bool holds = op.isRemote;
  if (holds) holdSignal(signal, true);
  const int r = ::close(fd) == 0 ? 0 : errno;
  if (holds) holdSignal(signal, false);
  // POSIX leaves open whether the descriptor is still open after EINTR. Wherever this runs, it is closed.
  return r == EINTR || r == EINPROGRESS ? 0 : -r;
}

long read(Calling& op, Descriptor fd, void* buffer, size_t size) {
  return call(op, Call::read, kReads, [=] { return ::read(fd, buffer, size); });
}

long pread(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position) {
  return call(op, Call::pread, kReads, [=] { return ::pread(fd, buffer, size, position); });
}

long write(Calling& op, Descriptor fd, const void* buffer, size_t size, int64_t position) {
  if (position < 0) return call(op, Call::write, kChanges, [=] { return ::write(fd, buffer, size); });
  return call(op, Call::pwrite, kChanges, [=] { return ::pwrite(fd, buffer, size, position); });
}

bool livesInMemory(Descriptor) { return false; }

long preadCached(Calling&, Descriptor, void*, size_t, int64_t) { return -EAGAIN; }

long ftruncate(Calling& op, Descriptor fd, int64_t size) {
  return call(op, Call::ftruncate, kChanges, [=] { return ::ftruncate(fd, size); });
}

#if defined(__APPLE__)
// There fsync() leaves the data in the drive's own cache. Not every file system supports F_FULLFSYNC.
long fsync(Calling& op, Descriptor fd) {
  const long r = call(op, Call::fsync, kTakes, [=] { return ::fcntl(fd, F_FULLFSYNC); });
  return r >= 0 || r == -EINTR ? r : call(op, Call::fsync, kTakes, [=] { return ::fsync(fd); });
}

long fdatasync(Calling& op, Descriptor fd) { return fsync(op, fd); }
#else
long fsync(Calling& op, Descriptor fd) {
  return call(op, Call::fsync, kTakes, [=] { return ::fsync(fd); });
}

long fdatasync(Calling& op, Descriptor fd) {
  return call(op, Call::fdatasync, kTakes, [=] { return ::fdatasync(fd); });
}
#endif

long clone([[maybe_unused]] Calling& op, [[maybe_unused]] Descriptor to, [[maybe_unused]] Descriptor from) {
#if defined(FICLONE)
  return call(op, Call::clone, kChanges, [=] { return ::ioctl(to, FICLONE, from); });
#else
  return -EOPNOTSUPP;
#endif
}

long copyRange(Calling&, Descriptor, Descriptor, size_t) { return -ENOSYS; }

}  // namespace pendingop::sys
