// Calls on names: directories, links, renames, the working directory, mounts.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mount.h>
#endif

#include "sys/posix/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

long mkdir(Calling& op, const Place& place, unsigned mode) {
  return call(op, Call::mkdirat, kChanges,
              [&] { return ::mkdirat(place.base(), place.name, static_cast<mode_t>(mode)); });
}

long rmdir(Calling& op, const Place& place) {
  return call(op, Call::unlinkat, kChanges,
              [&] { return ::unlinkat(place.base(), place.name, AT_REMOVEDIR); });
}

long unlink(Calling& op, const Place& place) {
  return call(op, Call::unlinkat, kChanges, [&] { return ::unlinkat(place.base(), place.name, 0); });
}

long rename(Calling& op, const char* from, const char* to) {
  return call(op, Call::renameat, kChanges, [=] { return ::rename(from, to); });
}

long link(Calling& op, const char* existing, const char* path) {
  // Not link(): POSIX leaves open whether that follows a symbolic link.
  return call(op, Call::linkat, kChanges, [=] { return ::linkat(AT_FDCWD, existing, AT_FDCWD, path, 0); });
}

long symlink(Calling& op, const char* target, const Place& place, int) {
  return call(op, Call::symlinkat, kChanges, [&] { return ::symlinkat(target, place.base(), place.name); });
}

long readlink(Calling& op, const Place& place, char* buffer, size_t size) {
  return call(op, Call::readlinkat, kReads,
              [&] { return ::readlinkat(place.base(), place.name, buffer, size); });
}

long workingDirectory(Calling& op, char* buffer, size_t size) {
  return call(op, Call::getcwd, kReads, [=] { return ::getcwd(buffer, size) != nullptr ? 0 : -1; });
}

#if defined(__linux__)
long umount(Calling& op, const char* path) {
  return call(op, Call::umount, kChanges, [=] { return ::umount2(path, MNT_FORCE | UMOUNT_NOFOLLOW); });
}
#else
long umount(Calling&, const char*) { return -ENOSYS; }
#endif

}  // namespace pendingop::sys
