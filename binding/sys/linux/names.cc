// Calls on names: directories, links, renames, and the working directory.
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "sys/linux/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

long readDirectory(Calling& op, Descriptor fd, void* buffer, size_t size) {
  const long r = call(op, Call::getdents, kReads, SYS_getdents64, fd, buffer, size);
  return r == -ENOENT ? 0 : r;  // the directory was removed while open: POSIX calls that its end
}

long mkdir(Calling& op, const Place& place, unsigned mode) {
  return call(op, Call::mkdirat, kChanges, SYS_mkdirat, place.base(), place.name, mode);
}

long rmdir(Calling& op, const Place& place) {
  return call(op, Call::unlinkat, kChanges, SYS_unlinkat, place.base(), place.name, AT_REMOVEDIR);
}

long unlink(Calling& op, const Place& place) {
  return call(op, Call::unlinkat, kChanges, SYS_unlinkat, place.base(), place.name, kNone);
}

long rename(Calling& op, const char* from, const char* to) {
  return call(op, Call::renameat, kChanges, SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

long link(Calling& op, const char* existing, const char* path) {
  return call(op, Call::linkat, kChanges, SYS_linkat, AT_FDCWD, existing, AT_FDCWD, path, kNone);
}

long symlink(Calling& op, const char* target, const Place& place, int) {
  return call(op, Call::symlinkat, kChanges, SYS_symlinkat, target, place.base(), place.name);
}

long readlink(Calling& op, const Place& place, char* buffer, size_t size) {
  return call(op, Call::readlinkat, kReads, SYS_readlinkat, place.base(), place.name, buffer, size);
}

long workingDirectory(Calling& op, char* buffer, size_t size) {
  return call(op, Call::getcwd, kReads, SYS_getcwd, buffer, size);
}

long umount(Calling& op, const char* path) {
  return call(op, Call::umount, kChanges, SYS_umount2, path, MNT_FORCE | UMOUNT_NOFOLLOW);
}

}  // namespace pendingop::sys
