// Calls on descriptors: closing, reading and writing, truncating, syncing, copying.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "sys/linux/call.h"
#include "sys/signal.h"
#include "sys/sys.h"

namespace pendingop::sys {
namespace {

void holdSignal(int how) {
  const uint64_t set = uint64_t{1} << (workersSignal.load(std::memory_order_relaxed) -
                                       1);  // a signal set as the kernel has it
  plain(SYS_rt_sigprocmask, how, &set, kNone, sizeof set);
}

}  // namespace

long close(Calling& op, Descriptor fd) {
  Runner* const self = op.runner.load(std::memory_order_relaxed);
  const bool isTask = self != nullptr && self->isTask;
  if (isTask) self->files.closing(fd, self->saved.gate.load(std::memory_order_relaxed));
  noteCall(op, Call::close);
  const bool holds = op.isRemote;
  if (holds) holdSignal(SIG_BLOCK);
  const long a[6] = {fd};
  long r = isTask ? killableCall(*self, &kRunning, Kill::held, SYS_close, a) : plain(SYS_close, fd);
  if (isTask) self->files.closed(fd);
  if (r == kKilled) r = 0;  // it was removed from the table before
  if (holds) holdSignal(SIG_UNBLOCK);
  return r == -EINTR || r == -EINPROGRESS ? 0 : r;  // the descriptor is closed all the same
}

long read(Calling& op, Descriptor fd, void* buffer, size_t size) {
  return call(op, Call::read, kReads, SYS_read, fd, buffer, size);
}

long pread(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position) {
  return call(op, Call::pread, kReads, SYS_pread64, fd, buffer, size, position);
}

long write(Calling& op, Descriptor fd, const void* buffer, size_t size, int64_t position) {
  if (position < 0) return call(op, Call::write, kChanges, SYS_write, fd, buffer, size);
  return call(op, Call::pwrite, kChanges, SYS_pwrite64, fd, buffer, size, position);
}

// Only files of tmpfs have seals. Asking for the type of the file system instead would be a request to the
// server on other file systems.
bool livesInMemory(Descriptor fd) { return plain(SYS_fcntl, fd, F_GET_SEALS) >= 0; }

long preadCached(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position) {
  // Past the page cache every read has to be waited for.
  if ((plain(SYS_fcntl, fd, F_GETFL) & O_DIRECT) != 0) return -EAGAIN;
  // At the descriptor's own position even a read with RWF_NOWAIT first waits for the lock of that position,
  // behind a read of the same descriptor that may be stuck for ever.
  if (position >= 0) {
    const iovec vector{buffer, size};
    const long r =
        call(op, Call::pread, kReads, SYS_preadv2, fd, &vector, 1, position, position >> 32, RWF_NOWAIT);
    // Else the file system or the kernel cannot do this, or a seccomp filter refuses it.
    if (r >= 0 || r == -EINTR || r == -EAGAIN) return r;
  }
  // tmpfs does not support RWF_NOWAIT and needs no wait.
  if (!livesInMemory(fd)) return -EAGAIN;
  if (position < 0) return read(op, fd, buffer, size);
  return pread(op, fd, buffer, size, position);
}

long ftruncate(Calling& op, Descriptor fd, int64_t size) {
  return call(op, Call::ftruncate, kChanges, SYS_ftruncate, fd, size);
}

long fsync(Calling& op, Descriptor fd) { return call(op, Call::fsync, kTakes, SYS_fsync, fd); }

long fdatasync(Calling& op, Descriptor fd) { return call(op, Call::fdatasync, kTakes, SYS_fdatasync, fd); }

long clone(Calling& op, Descriptor to, Descriptor from) {
  return call(op, Call::clone, kChanges, SYS_ioctl, to, FICLONE, from);
}

long copyRange(Calling& op, Descriptor from, Descriptor to, size_t size) {
  return call(op, Call::copy, kChanges, SYS_copy_file_range, from, kNone, to, kNone, size, kNone);
}

}  // namespace pendingop::sys
