// The portable backend: libc's functions, as POSIX has them. If systems differ, the difference stands in this
// file.
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include "sys/posix/call.h"

#if defined(__linux__)
#include <sys/mount.h>
#include <sys/vfs.h>

#include "sys/statx.h"
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif

#include <algorithm>

#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/thread.h"

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
  // Walks name by name, so that no link is followed on the way.
  int from = place.directory;
  const char* name = place.name;
  for (;;) {
    const char* end = name + strcspn(name, "/");
    char one[NAME_MAX + 1];
    const auto length = static_cast<size_t>(end - name);
    long r = -ENAMETOOLONG;
    if (length <= NAME_MAX) {
      memcpy(one, name, length);
      one[length] = 0;
      r = openName(op, from, one, *end == 0 ? flags : kForPlaces | O_NOFOLLOW, mode);
    }
    if (from != place.directory) ::close(from);
    if (r < 0 || *end == 0) return r;
    from = static_cast<int>(r);
    name = end + 1;
  }
}

long start(Calling&, const char*) { return -ENOSYS; }

long close(Calling& op, int fd) {
  noteCall(op, Call::close);
  const int signal = workersSignal.load(std::memory_order_relaxed);
  const bool holds = op.isRemote;
  if (holds) holdSignal(signal, true);
  const int r = ::close(fd) == 0 ? 0 : errno;
  if (holds) holdSignal(signal, false);
  // POSIX leaves open whether the descriptor is still open after EINTR. Wherever this runs, it is closed.
  return r == EINTR || r == EINPROGRESS ? 0 : -r;
}

long read(Calling& op, int fd, void* buffer, size_t size) {
  return call(op, Call::read, kReads, [=] { return ::read(fd, buffer, size); });
}

long pread(Calling& op, int fd, void* buffer, size_t size, int64_t position) {
  return call(op, Call::pread, kReads, [=] { return ::pread(fd, buffer, size, position); });
}

long write(Calling& op, int fd, const void* buffer, size_t size, int64_t position) {
  if (position < 0) return call(op, Call::write, kChanges, [=] { return ::write(fd, buffer, size); });
  return call(op, Call::pwrite, kChanges, [=] { return ::pwrite(fd, buffer, size, position); });
}

long preadCached(Calling&, int, void*, size_t, int64_t) { return -EAGAIN; }

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

long fstat(Calling& op, int fd, int64_t fields[kStatFields]) {
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

long fstat(Calling& op, int fd, int64_t fields[kStatFields]) {
  struct stat s;
  const long r = call(op, Call::statx, kReads, [&] { return ::fstat(fd, &s); });
  if (r == 0) toFields(s, fields);
  return r;
}

#endif

long statfs(Calling& op, const char* path, int64_t f[8]) {
  struct statfs s;
  const long r = call(op, Call::statfs, kReads, [&] { return ::statfs(path, &s); });
  if (r < 0) return r;
#if defined(__OpenBSD__)
  f[0] = 0;  // file systems have a name there, and no number
#else
  f[0] = static_cast<int64_t>(s.f_type);
#endif
  f[1] = static_cast<int64_t>(s.f_bsize);
  f[2] = static_cast<int64_t>(s.f_blocks);
  f[3] = static_cast<int64_t>(s.f_bfree);
  f[4] = static_cast<int64_t>(s.f_bavail);
  f[5] = static_cast<int64_t>(s.f_files);
  f[6] = static_cast<int64_t>(s.f_ffree);
#if defined(__linux__)
  f[7] = static_cast<int64_t>(s.f_frsize);
#else
  f[7] = static_cast<int64_t>(s.f_bsize);
#endif
  return 0;
}

long access(Calling& op, const char* path, int mode) {
  return call(op, Call::faccessat, kReads, [=] { return ::access(path, mode); });
}

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

long chmod(Calling& op, const Place& place, unsigned mode) {
  const int how = place.follows ? 0 : AT_SYMLINK_NOFOLLOW;
  const long r = call(op, Call::fchmodat, kChanges,
                      [&] { return ::fchmodat(place.base(), place.name, static_cast<mode_t>(mode), how); });
  if (place.follows || (r != -ENOTSUP && r != -EOPNOTSUPP)) return r;
  // An older libc, or a symbolic link. O_NONBLOCK: if a FIFO has taken the place of the file, the open does
  // not wait for it.
  const long fd = open(op, place, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return fd;
  const long second = fchmod(op, static_cast<int>(fd), mode);
  close(op, static_cast<int>(fd));
  return second;
}

long fchmod(Calling& op, int fd, unsigned mode) {
  return call(op, Call::fchmod, kChanges, [=] { return ::fchmod(fd, static_cast<mode_t>(mode)); });
}

long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid) {
  return call(op, Call::fchownat, kChanges,
              [=] { return followLinks ? ::chown(path, uid, gid) : ::lchown(path, uid, gid); });
}

long fchown(Calling& op, int fd, uid_t uid, gid_t gid) {
  return call(op, Call::fchown, kChanges, [=] { return ::fchown(fd, uid, gid); });
}

long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]) {
  const int flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW;
  return call(op, Call::utimensat, kChanges,
              [&] { return ::utimensat(place.base(), place.name, times, flags); });
}

long futimes(Calling& op, int fd, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, [=] { return ::futimens(fd, times); });
}

long ftruncate(Calling& op, int fd, int64_t size) {
  return call(op, Call::ftruncate, kChanges, [=] { return ::ftruncate(fd, size); });
}

#if defined(__APPLE__)
// There fsync() leaves the data in the drive's own cache. Not every file system supports F_FULLFSYNC.
long fsync(Calling& op, int fd) {
  const long r = call(op, Call::fsync, kTakes, [=] { return ::fcntl(fd, F_FULLFSYNC); });
  return r >= 0 || r == -EINTR ? r : call(op, Call::fsync, kTakes, [=] { return ::fsync(fd); });
}

long fdatasync(Calling& op, int fd) { return fsync(op, fd); }
#else
long fsync(Calling& op, int fd) {
  return call(op, Call::fsync, kTakes, [=] { return ::fsync(fd); });
}

long fdatasync(Calling& op, int fd) {
  return call(op, Call::fdatasync, kTakes, [=] { return ::fdatasync(fd); });
}
#endif

long clone([[maybe_unused]] Calling& op, [[maybe_unused]] int to, [[maybe_unused]] int from) {
#if defined(FICLONE)
  return call(op, Call::clone, kChanges, [=] { return ::ioctl(to, FICLONE, from); });
#else
  return -EOPNOTSUPP;
#endif
}

long copyRange(Calling&, int, int, size_t) { return -ENOSYS; }

namespace {

// By LockType.
constexpr int kFlockTypes[] = {LOCK_UN, LOCK_SH, LOCK_EX};
#if defined(F_OFD_SETLKW)
constexpr short kFcntlTypes[] = {F_UNLCK, F_RDLCK, F_WRLCK};
#endif

}  // namespace

long flock(Calling& op, int fd, LockType type, bool wait) {
  const int operation = kFlockTypes[static_cast<int>(type)] | (wait ? 0 : LOCK_NB);
  return call(op, Call::flock, kTakes, [=] { return ::flock(fd, operation); });
}

#if defined(F_OFD_SETLKW)
long fcntlLock(Calling& op, int fd, LockType type, bool wait, int64_t start, int64_t length) {
  struct flock lock = {};  // l_pid is 0, as locks of the open file require
  lock.l_type = kFcntlTypes[static_cast<int>(type)];
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(start);
  lock.l_len = static_cast<off_t>(length);
  return call(op, Call::fcntl, kTakes, [&] { return ::fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock); });
}
#else
long fcntlLock(Calling&, int, LockType, bool, int64_t, int64_t) { return -ENOTSUP; }
#endif

#if defined(__linux__)
long umount(Calling& op, const char* path) {
  return call(op, Call::umount, kChanges, [=] { return ::umount2(path, MNT_FORCE | UMOUNT_NOFOLLOW); });
}
#else
long umount(Calling&, const char*) { return -ENOSYS; }
#endif

// A watch whose events could not be reported (sys/watching.h) is not added.
long addWatch(Calling&, int, const char*) { return -ENOSYS; }
long removeWatch(Calling&, int, int) { return -ENOSYS; }

long random(void* buffer, size_t size) { return getentropy(buffer, size) == 0 ? 0 : -errno; }

}  // namespace pendingop::sys
