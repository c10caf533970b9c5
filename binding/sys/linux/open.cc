// Opens files, on a task if they are those of a remote file system, and starts programs on such a task.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sys/linux/call.h"
#include "sys/linux/newer.h"
#include "sys/processes.h"
#include "sys/sys.h"
#include "sys/task.h"
#include "sys/unix/open_stepwise.h"

namespace pendingop::sys {
namespace {

Effect effectOf(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0 ? kChanges : kReads; }

long openName(Calling& op, int directory, const char* name, int flags, unsigned mode) {
  return call(op, Call::openat, effectOf(flags), SYS_openat, directory, name, flags, mode);
}

bool hasSlash(const char* name) {
  while (*name != 0 && *name != '/') name++;
  return *name == '/';
}

// Opens in the table of the thread or task that runs this.
long openHere(Calling& op, const Place& place, int flags, unsigned mode) {
  flags |= O_CLOEXEC | (place.follows ? 0 : O_NOFOLLOW);
  if (place.directory < 0 || place.follows || !hasSlash(place.name))
    return openName(op, place.base(), place.name, flags, mode);
  const OpenHow how{static_cast<unsigned>(flags), (flags & O_CREAT) != 0 ? mode & 07777 : 0, kWithoutLinks};
  const long r =
      call(op, Call::openat, effectOf(flags), kOpenat2, place.directory, place.name, &how, sizeof how);
  // Before Linux 5.6, or refused by a seccomp filter.
  if (r != -ENOSYS && r != -EPERM) return r;
  return openStepwise(
      place, flags,
      [&](int directory, const char* name, int how) { return openName(op, directory, name, how, mode); },
      [](int fd) { plain(SYS_close, fd); });
}

// Identifies the directory of a descriptor from the kernel's memory: no file system is asked.
bool identify(Descriptor fd, Identity* identity) {
  struct statx s;
  if (plain(SYS_statx, fd, "", AT_EMPTY_PATH | kWithoutAsking, STATX_INO, &s) != 0) return false;
  *identity = {s.stx_dev_major, s.stx_dev_minor, s.stx_ino};
  return true;
}

// On a task with a table of its own, which does not have the place's directory: the directory is found again
// by its path, and compared.
long openForOther(Calling& op, const Place& place, const Identity& wanted, int flags, unsigned mode) {
  if (place.directory < 0) return openHere(op, place, flags, mode);
  char above[PATH_MAX];
  const auto length = static_cast<size_t>(place.name - place.path);
  if (length >= sizeof above) return -ENAMETOOLONG;
  __builtin_memcpy(above, place.path, length);
  above[length] = 0;
  const long directory = openName(op, AT_FDCWD, above, kForPlaces | O_CLOEXEC, 0);
  if (directory < 0) return directory;
  Identity found;
  const bool same = identify(Descriptor(directory), &found) && found == wanted;
  const Place there(place.path, place.name, Descriptor(directory), place.follows);
  const long r = same ? openHere(op, there, flags, mode) : -ENOENT;
  plain(SYS_close, directory);
  return r;
}

}  // namespace

long open(Calling& op, const Place& place, int flags, unsigned mode) {
  Runner* const self = op.runner.load(std::memory_order_relaxed);
  if (self == nullptr || !self->isTask) return openHere(op, place, flags, mode);
  if (taskOwner->opensApart(*self)) {
    Identity directory{};
    // Without statx there is nothing to compare with.
    if (place.directory < 0 || identify(place.directory, &directory)) {
      long r;
      do r = taskOwner->open(op, openForOther, place, directory, flags, mode);
      while (r == kKilled && isRepeatable(Call::openat, effectOf(flags)) && !op.wantsStop());
      if (r == kKilled) {
        noteKill(op, effectOf(flags));
        return -EINTR;
      }
      if (r != TaskOwner::kNobody) return r;
    }
  }
  self->files.opening(self->saved.gate.load(std::memory_order_relaxed));
  const long r = openHere(op, place, flags, mode);
  self->files.opened(r);
  return r;
}

namespace {

long startHere(Calling& op, const Place& place, const Identity&, int, unsigned) {
  noteCall(op, Call::execve);
  return startProgram(op, place.path);
}

}  // namespace

long start(Calling& op, const char* path) {
  const Runner* self = op.runner.load(std::memory_order_relaxed);
  if (self == nullptr || !self->isTask) return -ENOSYS;
  const long r = taskOwner->open(op, startHere, path, {}, 0, 0);
  if (r == TaskOwner::kNobody) return -ENOSYS;
  if (r != kKilled) return r;
  noteKill(op, kChanges);
  return -EINTR;
}

}  // namespace pendingop::sys
