#include "sys/cached.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>

#include "sys/linux/name_in_proc.h"
#include "sys/linux/newer.h"
#include "sys/linux/plain.h"
#include "sys/statx.h"
#include "sys/sys.h"

namespace pendingop::sys {

namespace {

// Numbers and names that the headers of older systems lack, besides those of newer.h.
constexpr long kFaccessat2 = 439;
constexpr long kCachestat = 451;       // on every architecture
constexpr unsigned kMountId = 0x1000;  // STATX_MNT_ID
constexpr size_t kMountIdAt = 0x90;    // statx.stx_mnt_id
constexpr int kNowait = 8;             // RWF_NOWAIT

long openHow(const Place& place, uint64_t flags, uint64_t resolve = 0) {
  const OpenHow how{flags | O_CLOEXEC, 0, kResolveCached | resolve};
  return plain(kOpenat2, place.base(), place.name, &how, sizeof how);
}

bool askKernel() {
  const CachedFd root(openHow("/", O_PATH));
  if (root < 0) return root == -EAGAIN;
  CachedStatus status;
  return statusOfCached(root, &status) == 0;
}

int mountIn(const struct statx& s) {
  if ((s.stx_mask & kMountId) == 0) return -EAGAIN;
  uint64_t mount;
  static_assert(sizeof s == 256);
  __builtin_memcpy(&mount, reinterpret_cast<const char*>(&s) + kMountIdAt, sizeof mount);
  return static_cast<int>(mount);
}

long statusOf(Descriptor fd, unsigned mask, struct statx* s) {
  return plain(SYS_statx, fd, "", AT_EMPTY_PATH | kWithoutAsking, mask, s);
}

}  // namespace

bool hasCachedCalls() {
  // Not a static that a call initializes: the guard of such a static needs a newer C library than Node does.
  // Two threads may ask at the same time, and get the same answer.
  static std::atomic<int> known{-1};
  int has = known.load(std::memory_order_relaxed);
  if (has < 0) {
    has = askKernel() ? 1 : 0;
    known.store(has, std::memory_order_relaxed);
  }
  return has == 1;
}

long findCached(const Place& place, bool followLinks) {
  return openHow(place, O_PATH | (followLinks ? 0 : O_NOFOLLOW));
}

long findWithoutLinks(const char* path, bool endsInLink) {
  return openHow(path, O_PATH | (endsInLink ? O_NOFOLLOW : 0), kWithoutLinks);
}

int mountOfCached(Descriptor fd) {
  struct statx s;
  const long r = statusOf(fd, kMountId, &s);
  return r < 0 ? static_cast<int>(r) : mountIn(s);
}

int statusOfCached(Descriptor fd, CachedStatus* status) {
  struct statx s;
  const long r = statusOf(fd, STATX_BASIC_STATS | STATX_BTIME | kMountId, &s);
  if (r < 0) return static_cast<int>(r);
  status->mount = mountIn(s);
  if (status->mount < 0) return status->mount;
  toFields(s, status->fields);
  return 0;
}

// O_NONBLOCK: the call does not wait for a lease that another process holds on the file. For a regular file
// the flag means nothing afterwards, but a process that inherits the descriptor would see it.
long openCached(const char* path, int flags) {
  const long fd = openHow(path, static_cast<uint64_t>(static_cast<unsigned>(flags | O_NONBLOCK)));
  if (fd >= 0 && (flags & O_NONBLOCK) == 0) plain(SYS_fcntl, fd, F_SETFL, flags & ~O_NONBLOCK);
  return fd;
}

int flagsOf(Descriptor fd) { return static_cast<int>(plain(SYS_fcntl, fd, F_GETFL)); }

bool readsPageCache(int flags) {
  return (flags & O_ACCMODE) != O_WRONLY && (flags & (O_DIRECT | O_PATH)) == 0;
}

// EPERM: the kernel tells this only to those who may write the file, or own it.
bool isInPageCache(Descriptor fd, uint64_t size) {
  if (size == 0) return true;
  const uint64_t range[2] = {0, size};
  uint64_t pages[5];  // cached, dirty, in writeback, evicted, recently evicted
  if (plain(kCachestat, fd, range, pages, 0L) != 0) return false;
  const auto kPage = static_cast<uint64_t>(getpagesize());
  return pages[0] >= (size + kPage - 1) / kPage;
}

long readCached(Descriptor fd, void* buffer, size_t size, int64_t position, bool fromMemory) {
  if (fromMemory) return plain(SYS_pread64, fd, buffer, size, position);
  const iovec vector{buffer, size};
  const long r = plain(SYS_preadv2, fd, &vector, 1, position, position >> 32, kNowait);
  return r == -EOPNOTSUPP || r == -ENOSYS ? -EAGAIN : r;
}

long readLinkCached(Descriptor fd, char* buffer, size_t size) {
  return plain(SYS_readlinkat, fd, "", buffer, size);
}

long accessCached(Descriptor fd, int mode) {
  const long r = plain(kFaccessat2, fd, "", mode, AT_EMPTY_PATH);
  return r == -ENOSYS || r == -EPERM || r == -EINVAL ? -EAGAIN : r;
}

long accessCached(const char* path, int mode) { return plain(SYS_faccessat, AT_FDCWD, path, mode); }

long pathOfCached(Descriptor fd, char* buffer, size_t size) {
  return plain(SYS_readlinkat, AT_FDCWD, NameInProc(fd).text, buffer, size);
}

long addWatchCached(Descriptor queue, Descriptor fd) {
  return plain(SYS_inotify_add_watch, queue, NameInProc(fd).text, kWatched);
}

long closeCached(Descriptor fd) { return plain(SYS_close, fd); }

uint32_t effectiveUser() { return static_cast<uint32_t>(plain(SYS_geteuid)); }

bool isRoot() { return effectiveUser() == 0 && plain(SYS_getuid) == 0; }

int64_t sleepsOfThread() {
  struct rusage used;
  return plain(SYS_getrusage, RUSAGE_THREAD, &used) == 0 ? used.ru_nvcsw : 0;
}

}  // namespace pendingop::sys
