// The status of files and of file systems, and the rights to them. Systems differ in where the times of a
// file stand.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include "sys/statx.h"
#endif

#include "sys/posix/call.h"
#include "sys/sys.h"
#include "sys/unix/statfs.h"

namespace pendingop::sys {

#if defined(__linux__)

namespace {

// As in the Linux backend, statx is the call that knows the time of birth.
long statAt(Calling& op, int fd, const char* path, int flags, int64_t f[kStatFields]) {
  struct statx s;
  const long r = call(op, Call::statx, kReads,
                      [&] { return ::statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &s); });
  if (r == -EPERM || r == -ENOSYS) {  // a seccomp filter
    struct stat older;
    const long second = call(op, Call::statx, kReads, [&] { return ::fstatat(fd, path, &older, flags); });
    if (second == 0) toFields(older, f);
    return second;
  }
  if (r < 0) return r;
  toFields(s, f);
  return 0;
}

}  // namespace

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]) {
  return statAt(op, place.base(), place.name, followLinks ? 0 : AT_SYMLINK_NOFOLLOW, fields);
}

long fstat(Calling& op, Descriptor fd, int64_t fields[kStatFields]) {
  return statAt(op, fd, "", AT_EMPTY_PATH, fields);
}

#else

namespace {

void toFields(const struct stat& s, int64_t f[kStatFields]) {
#if defined(__APPLE__) || defined(__NetBSD__)
  const timespec times[4] = {s.st_atimespec, s.st_mtimespec, s.st_ctimespec, s.st_birthtimespec};
#elif defined(__FreeBSD__) || defined(__DragonFly__)
  const timespec times[4] = {s.st_atim, s.st_mtim, s.st_ctim, s.st_birthtim};
#else
  const timespec times[4] = {s.st_atim, s.st_mtim, s.st_ctim, s.st_ctim};  // no time of birth: as libuv does
#endif
  f[0] = static_cast<int64_t>(s.st_dev);
  f[1] = static_cast<int64_t>(s.st_mode);
  f[2] = static_cast<int64_t>(s.st_nlink);
  f[3] = static_cast<int64_t>(s.st_uid);
  f[4] = static_cast<int64_t>(s.st_gid);
  f[5] = static_cast<int64_t>(s.st_rdev);
  f[6] = static_cast<int64_t>(s.st_blksize);
  f[7] = static_cast<int64_t>(s.st_ino);
  f[8] = static_cast<int64_t>(s.st_size);
  f[9] = static_cast<int64_t>(s.st_blocks);
  for (int i = 0; i < 4; i++) {
    f[10 + 2 * i] = times[i].tv_sec;
    f[11 + 2 * i] = times[i].tv_nsec;
  }
}

}  // namespace

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]) {
  struct stat s;
  const int flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW;
  const long r =
      call(op, Call::statx, kReads, [&] { return ::fstatat(place.base(), place.name, &s, flags); });
  if (r == 0) toFields(s, fields);
  return r;
}

long fstat(Calling& op, Descriptor fd, int64_t fields[kStatFields]) {
  struct stat s;
  const long r = call(op, Call::statx, kReads, [&] { return ::fstat(fd, &s); });
  if (r == 0) toFields(s, fields);
  return r;
}

#endif

long statfs(Calling& op, const char* path, int64_t f[8]) {
  struct statfs s;
  const long r = call(op, Call::statfs, kReads, [&] { return ::statfs(path, &s); });
  if (r == 0) toFields(s, f);
  return r;
}

long access(Calling& op, const char* path, int mode) {
  return call(op, Call::faccessat, kReads, [=] { return ::access(path, mode); });
}

}  // namespace pendingop::sys
