// Directory entries in the layout of getdents64, from a descriptor that stays the caller's.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sys/posix/call.h"
#include "sys/sys.h"

namespace pendingop::sys {

#if defined(__linux__)

long readDirectory(Calling& op, Descriptor fd, void* buffer, size_t size) {
  const long r = call(op, Call::getdents, kReads, [=] { return ::getdents64(fd, buffer, size); });
  return r == -ENOENT ? 0 : r;  // the directory was removed while open: POSIX calls that its end
}

#else

namespace {

// A DIR reads ahead, so its place in the directory is not the descriptor's, and telldir() is valid for that
// one DIR only. Nobody else uses the descriptor's offset here, so it counts the entries that were returned.
// Each call opens the directory anew and skips as many. Buffers grow with the directory, so there are few
// calls.
long fill(int fd, char* buffer, size_t size) {
  const off_t given = lseek(fd, 0, SEEK_CUR);
  if (given < 0) return -1;
  const int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return -1;
  DIR* const directory = fdopendir(again);
  if (directory == nullptr) {
    const int failed = errno;
    ::close(again);
    errno = failed;
    return -1;
  }
  size_t used = 0;
  off_t count = 0;
  bool full = false;
  errno = 0;
  while (const dirent* from = full ? nullptr : readdir(directory)) {
    if (count < given) {
      count++;
      continue;
    }
    const size_t name = strlen(from->d_name) + 1;
    const size_t length = (offsetof(DirectoryEntry, name) + name + 7) / 8 * 8;
    full = length > size - used;
    if (full) break;
    auto* to = reinterpret_cast<DirectoryEntry*>(buffer + used);
    to->inode = static_cast<uint64_t>(from->d_ino);
    to->offset = ++count;
    to->length = static_cast<uint16_t>(length);
    to->type = from->d_type;
    memcpy(to->name, from->d_name, name);
    used += length;
  }
  int failed = full ? 0 : errno;
  if (full && used == 0) failed = EINVAL;  // as the kernel returns if not even one entry fits
  closedir(directory);
  if (failed == 0 && lseek(fd, count, SEEK_SET) < 0) failed = errno;
  errno = failed;
  return failed == 0 ? static_cast<long>(used) : -1;
}

}  // namespace

long readDirectory(Calling& op, Descriptor fd, void* buffer, size_t size) {
  return call(op, Call::getdents, kReads, [=] { return fill(fd, static_cast<char*>(buffer), size); });
}

#endif

}  // namespace pendingop::sys
