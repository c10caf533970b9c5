// The Linux backend: raw system calls through the stub of syscall_*.S. They use no libc, and so no errno.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/effect.h"
#include "sys/linux/plain.h"
#include "sys/processes.h"
#include "sys/signal.h"
#include "sys/statx.h"
#include "sys/sys.h"
#include "sys/task.h"

namespace pendingop::sys {
namespace {

constexpr long kNeverEntered = -1024;  // the stub's cancel label returns it; no errno has that number

void noteKill(Calling& op, Effect effect) {
  op.killed = true;
  if (effect != kReads) op.tookEffect.store(true, std::memory_order_relaxed);
}

// A function of its own, so that the caller's frame stays as it is.
[[noreturn]] __attribute__((noinline)) void awaitKill() {
  for (;;) plain(SYS_ppoll, 0L, 0L, 0L, 0L, 0L);
}

// Makes a call on a task that may be killed in it. See sys/runner.h.
enum class Kill : uint8_t { always, held };

long killableCall(Runner& self, const void* state, Kill kill, long nr, const long a[6]) {
  if (isOrphan()) endTask();
  const uint64_t before = self.saved.gate.load(std::memory_order_relaxed);
  const uint64_t inside = kill == Kill::always ? Gate::next(before) : Gate::nextHeld(before);
  self.saved.entering = inside;
  // Returns here a second time, with `resumed` set, if the task was killed before the gate says that the call
  // is over.
  const long r = po_syscall_saved(state, &self.saved, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (!self.resumed) {
    self.returned = r;
    if (self.saved.gate.exchange(Gate::outside(inside), std::memory_order_seq_cst) == inside) return r;
    // Doomed: the kill is under way. Another task returns above, with the kernel's answer.
    awaitKill();
  }
  self.resumed = false;
  self.saved.gate.store(Gate::outside(inside), std::memory_order_seq_cst);
  taskOwner->onStackLeft(self);
  return self.returned;
}

// Opens in the process's own table, where a kill could lose the new descriptor.
bool opensInShared(const Runner& self, Call name) { return name == Call::openat && !self.hasOwnTable; }

// Whether a call may be made again if somebody else has killed the task: made by another task, it does what
// it would have done. Not so for calls that move the position in the file: it may have moved already.
bool isRepeatable(Call name, Effect effect) {
  if (name == Call::flock || name == Call::fcntl) return true;
  return effect == kReads && name != Call::read && name != Call::getdents;
}

template <typename... A>
long call(Calling& op, Call name, Effect effect, long nr, A... args) {
  const long a[6] = {word(args)...};
  noteCall(op, name);
  op.changing.store(effect != kReads, std::memory_order_relaxed);
  Runner* const self = op.runner.load(std::memory_order_relaxed);
  const bool isTask = self != nullptr && self->isTask;
  const Kill kill = isTask && opensInShared(*self, name) ? Kill::held : Kill::always;
  for (;;) {
    long r = isTask ? killableCall(*self, op.state.word(), kill, nr, a)
                    : po_syscall(op.state.word(), nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (r == kNeverEntered) {
      op.changing.store(false, std::memory_order_relaxed);
      return -EINTR;
    }
    if (r == kKilled) {
      if (isRepeatable(name, effect) && !op.wantsStop()) continue;
      noteKill(op, effect);
      return -EINTR;
    }
    r = withoutRestartCodes(op, r);
    noteResult(op, effect, r);
    if (r != -EINTR || op.wantsStop()) return r;
  }
}

constexpr long kNone = 0;

}  // namespace

void waitInCall(Runner& self, std::atomic<uint32_t>& word, uint32_t expected) {
  const long a[6] = {sys::word(&word), FUTEX_WAIT_PRIVATE, static_cast<long>(expected)};
  killableCall(self, &kRunning, Kill::held, SYS_futex, a);
}

namespace {

Effect effectOf(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0 ? kChanges : kReads; }

// Names that the headers of older systems lack.
constexpr long kOpenat2 = 437;  // on every architecture
constexpr uint64_t kNoSymlinks = 0x04;
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

long openName(Calling& op, int directory, const char* name, int flags, unsigned mode) {
  return call(op, Call::openat, effectOf(flags), SYS_openat, directory, name, flags, mode);
}

// Walks name by name, for kernels before Linux 5.6 and seccomp filters that refuse openat2.
long openStepwise(Calling& op, const Place& place, int flags, unsigned mode) {
  int from = place.directory;
  const char* name = place.name;
  for (;;) {
    const char* end = name;
    while (*end != 0 && *end != '/') end++;
    char one[NAME_MAX + 1];
    const auto length = static_cast<size_t>(end - name);
    long r = -ENAMETOOLONG;
    if (length <= NAME_MAX) {
      __builtin_memcpy(one, name, length);
      one[length] = 0;
      const int how = *end == 0 ? flags : kForPlaces | O_NOFOLLOW | O_CLOEXEC;
      r = openName(op, from, one, how, mode);
    }
    // The descriptor only names a directory, so closing it waits for nothing.
    if (from != place.directory) plain(SYS_close, from);
    if (r < 0 || *end == 0) return r;
    from = static_cast<int>(r);
    name = end + 1;
  }
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
  const OpenHow how{static_cast<unsigned>(flags), (flags & O_CREAT) != 0 ? mode & 07777 : 0, kNoSymlinks};
  const long r =
      call(op, Call::openat, effectOf(flags), kOpenat2, place.directory, place.name, &how, sizeof how);
  return r == -ENOSYS || r == -EPERM ? openStepwise(op, place, flags, mode) : r;
}

// Identifies the directory of a descriptor from the kernel's memory: no file system is asked.
bool identify(int fd, Identity* identity) {
  struct statx s;
  constexpr int kDontSync = 0x4000;  // AT_STATX_DONT_SYNC
  if (plain(SYS_statx, fd, "", AT_EMPTY_PATH | kDontSync, STATX_INO, &s) != 0) return false;
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
  const bool same = identify(static_cast<int>(directory), &found) && found == wanted;
  const Place there(place.path, place.name, static_cast<int>(directory), place.follows);
  const long r = same ? openHere(op, there, flags, mode) : -ENOENT;
  plain(SYS_close, directory);
  return r;
}

}  // namespace

long open(Calling& op, const Place& place, int flags, unsigned mode) {
  const Runner* self = op.runner.load(std::memory_order_relaxed);
  if (self != nullptr && self->isTask && taskOwner->opensApart(*self)) {
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
  return openHere(op, place, flags, mode);
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

namespace {

void holdSignal(int how) {
  const uint64_t set = uint64_t{1} << (workersSignal.load(std::memory_order_relaxed) -
                                       1);  // a signal set as the kernel has it
  plain(SYS_rt_sigprocmask, how, &set, kNone, sizeof set);
}

}  // namespace

long close(Calling& op, int fd) {
  noteCall(op, Call::close);
  const bool holds = op.isRemote;
  if (holds) holdSignal(SIG_BLOCK);
  Runner* const self = op.runner.load(std::memory_order_relaxed);
  const long a[6] = {fd};
  const bool isTask = self != nullptr && self->isTask;
  long r = isTask ? killableCall(*self, &kRunning, Kill::held, SYS_close, a) : plain(SYS_close, fd);
  if (r == kKilled) r = 0;  // it was removed from the table before
  if (holds) holdSignal(SIG_UNBLOCK);
  return r == -EINTR || r == -EINPROGRESS ? 0 : r;  // the descriptor is closed all the same
}

long read(Calling& op, int fd, void* buffer, size_t size) {
  return call(op, Call::read, kReads, SYS_read, fd, buffer, size);
}

long pread(Calling& op, int fd, void* buffer, size_t size, int64_t position) {
  return call(op, Call::pread, kReads, SYS_pread64, fd, buffer, size, position);
}

long write(Calling& op, int fd, const void* buffer, size_t size, int64_t position) {
  if (position < 0) return call(op, Call::write, kChanges, SYS_write, fd, buffer, size);
  return call(op, Call::pwrite, kChanges, SYS_pwrite64, fd, buffer, size, position);
}

long preadCached(Calling& op, int fd, void* buffer, size_t size, int64_t position) {
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
  // tmpfs does not support RWF_NOWAIT and needs no wait. Only its files have seals; asking for the type of
  // the file system instead would be a request to the server on other file systems.
  if (plain(SYS_fcntl, fd, F_GET_SEALS) < 0) return -EAGAIN;
  if (position < 0) return read(op, fd, buffer, size);
  return pread(op, fd, buffer, size, position);
}

namespace {

// The call that was there before statx. It has no time of birth; as in libuv, the time of the last change
// stands in for it. libc's struct is the kernel's.
long olderStat(Calling& op, int fd, const char* path, int flags, int64_t f[kStatFields]) {
  struct stat s;
  const long r = (flags & AT_EMPTY_PATH) != 0
                     ? call(op, Call::statx, kReads, SYS_fstat, fd, &s)
                     : call(op, Call::statx, kReads, SYS_newfstatat, fd, path, &s, flags);
  if (r < 0) return r;
  toFields(s, f);
  return 0;
}

long statx(Calling& op, int fd, const char* path, int flags, int64_t f[kStatFields]) {
  struct statx s;
  const long r =
      call(op, Call::statx, kReads, SYS_statx, fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &s);
  // As in libuv: old kernels, seccomp filters (EPERM), file systems that cannot (EOPNOTSUPP).
  if (r == -ENOSYS || r == -EPERM || r == -EINVAL || r == -EOPNOTSUPP)
    return olderStat(op, fd, path, flags, f);
  if (r < 0) return r;
  toFields(s, f);
  return 0;
}

}  // namespace

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]) {
  return statx(op, place.base(), place.name, followLinks ? 0 : AT_SYMLINK_NOFOLLOW, fields);
}

long fstat(Calling& op, int fd, int64_t fields[kStatFields]) {
  return statx(op, fd, "", AT_EMPTY_PATH, fields);
}

long statfs(Calling& op, const char* path, int64_t f[8]) {
  struct statfs s;
  const long r = call(op, Call::statfs, kReads, SYS_statfs, path, &s);
  if (r < 0) return r;
  f[0] = static_cast<int64_t>(s.f_type);
  f[1] = static_cast<int64_t>(s.f_bsize);
  f[2] = static_cast<int64_t>(s.f_blocks);
  f[3] = static_cast<int64_t>(s.f_bfree);
  f[4] = static_cast<int64_t>(s.f_bavail);
  f[5] = static_cast<int64_t>(s.f_files);
  f[6] = static_cast<int64_t>(s.f_ffree);
  f[7] = static_cast<int64_t>(s.f_frsize);
  return 0;
}

long access(Calling& op, const char* path, int mode) {
  return call(op, Call::faccessat, kReads, SYS_faccessat, AT_FDCWD, path, mode);
}

long readDirectory(Calling& op, int fd, void* buffer, size_t size) {
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

long symlink(Calling& op, const char* target, const Place& place) {
  return call(op, Call::symlinkat, kChanges, SYS_symlinkat, target, place.base(), place.name);
}

long readlink(Calling& op, const Place& place, char* buffer, size_t size) {
  return call(op, Call::readlinkat, kReads, SYS_readlinkat, place.base(), place.name, buffer, size);
}

long workingDirectory(Calling& op, char* buffer, size_t size) {
  return call(op, Call::getcwd, kReads, SYS_getcwd, buffer, size);
}

namespace {

// Writes "/proc/self/fd/" and the number.
void nameInProc(int fd, char* to) {
  static constexpr char kPrefix[] = "/proc/self/fd/";
  __builtin_memcpy(to, kPrefix, sizeof kPrefix - 1);
  to += sizeof kPrefix - 1;
  char digits[10];
  int count = 0;
  do digits[count++] = static_cast<char>('0' + fd % 10);
  while ((fd /= 10) != 0);
  while (count > 0) *to++ = digits[--count];
  *to = 0;
}

// For kernels before Linux 6.6: a descriptor that only names the file gets its mode set by its name in /proc.
long chmodNamed(Calling& op, const Place& place, unsigned mode) {
  const long fd = open(op, place, O_PATH, 0);
  if (fd < 0) return fd;
  int64_t fields[kStatFields];
  long r = fstat(op, static_cast<int>(fd), fields);
  if (r == 0) {
    char name[sizeof "/proc/self/fd/" + 10];
    nameInProc(static_cast<int>(fd), name);
    r = S_ISLNK(fields[1]) ? -ELOOP : call(op, Call::fchmodat, kChanges, SYS_fchmodat, AT_FDCWD, name, mode);
  }
  plain(SYS_close, fd);
  return r;
}

// Without /proc. O_NONBLOCK: if a FIFO has taken the place of the file, the open does not wait for it.
long chmodOpened(Calling& op, const Place& place, unsigned mode) {
  const long fd = open(op, place, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return fd;
  const long r = fchmod(op, static_cast<int>(fd), mode);
  close(op, static_cast<int>(fd));
  return r;
}

}  // namespace

long chmod(Calling& op, const Place& place, unsigned mode) {
  if (place.follows) return call(op, Call::fchmodat, kChanges, SYS_fchmodat, place.base(), place.name, mode);
  constexpr long kFchmodat2 = 452;  // on every architecture
  static std::atomic<bool> isMissing{false};
  if (!isMissing.load(std::memory_order_relaxed)) {
    const long r =
        call(op, Call::fchmodat, kChanges, kFchmodat2, place.base(), place.name, mode, AT_SYMLINK_NOFOLLOW);
    if (r == -ENOSYS) isMissing.store(true, std::memory_order_relaxed);
    // EPERM: a seccomp filter, or a missing right. For a missing right the next call fails, too.
    if (r != -ENOSYS && r != -EPERM) return r;
  }
  const long r = chmodNamed(op, place, mode);
  return r == -ENOENT || r == -ENOTDIR ? chmodOpened(op, place, mode) : r;
}

long fchmod(Calling& op, int fd, unsigned mode) {
  return call(op, Call::fchmod, kChanges, SYS_fchmod, fd, mode);
}

long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid) {
  return call(op, Call::fchownat, kChanges, SYS_fchownat, AT_FDCWD, path, uid, gid,
              followLinks ? 0 : AT_SYMLINK_NOFOLLOW);
}

long fchown(Calling& op, int fd, uid_t uid, gid_t gid) {
  return call(op, Call::fchown, kChanges, SYS_fchown, fd, uid, gid);
}

long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, SYS_utimensat, place.base(), place.name, times,
              followLinks ? 0 : AT_SYMLINK_NOFOLLOW);
}

long futimes(Calling& op, int fd, const timespec times[2]) {
  return call(op, Call::utimensat, kChanges, SYS_utimensat, fd, kNone, times, kNone);
}

long ftruncate(Calling& op, int fd, int64_t size) {
  return call(op, Call::ftruncate, kChanges, SYS_ftruncate, fd, size);
}

long fsync(Calling& op, int fd) { return call(op, Call::fsync, kTakes, SYS_fsync, fd); }

long fdatasync(Calling& op, int fd) { return call(op, Call::fdatasync, kTakes, SYS_fdatasync, fd); }

long clone(Calling& op, int to, int from) {
  return call(op, Call::clone, kChanges, SYS_ioctl, to, FICLONE, from);
}

long copyRange(Calling& op, int from, int to, size_t size) {
  return call(op, Call::copy, kChanges, SYS_copy_file_range, from, kNone, to, kNone, size, kNone);
}

namespace {

// By LockType. libc uses the kernel's names for flock().
constexpr long kFlockTypes[] = {LOCK_UN, LOCK_SH, LOCK_EX};
constexpr short kFcntlTypes[] = {F_UNLCK, F_RDLCK, F_WRLCK};

}  // namespace

long flock(Calling& op, int fd, LockType type, bool wait) {
  return call(op, Call::flock, kTakes, SYS_flock, fd,
              kFlockTypes[static_cast<int>(type)] | (wait ? 0 : LOCK_NB));
}

long fcntlLock(Calling& op, int fd, LockType type, bool wait, int64_t start, int64_t length) {
  struct flock lock = {};  // l_pid is 0, as locks of the open file require
  lock.l_type = kFcntlTypes[static_cast<int>(type)];
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return call(op, Call::fcntl, kTakes, SYS_fcntl, fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

long umount(Calling& op, const char* path) {
  return call(op, Call::umount, kChanges, SYS_umount2, path, MNT_FORCE | UMOUNT_NOFOLLOW);
}

const uint32_t kWatched = IN_ATTRIB | IN_CREATE | IN_MODIFY | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
                          IN_MOVED_FROM | IN_MOVED_TO;

long addWatch(Calling& op, int queue, const char* path) {
  return call(op, Call::addWatch, kReads, SYS_inotify_add_watch, queue, path, kWatched);
}

long removeWatch(Calling& op, int queue, int watch) {
  return call(op, Call::removeWatch, kReads, SYS_inotify_rm_watch, queue, watch);
}

long random(void* buffer, size_t size) {
  const long r = plain(SYS_getrandom, buffer, size, kNone);  // up to 256 bytes come whole
  if (r != -ENOSYS && r != -EPERM) return r < 0 ? r : 0;
  // A seccomp filter refuses it. As libc does for names of mkdtemp, takes the time.
  timespec now;
  plain(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  uint64_t state = static_cast<uint64_t>(now.tv_nsec) ^ static_cast<uint64_t>(now.tv_sec) << 32 ^
                   reinterpret_cast<uintptr_t>(buffer);
  for (size_t i = 0; i < size; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    static_cast<uint8_t*>(buffer)[i] = static_cast<uint8_t>(state >> 56);
  }
  return 0;
}

}  // namespace pendingop::sys
