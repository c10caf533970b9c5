#include "core/inline.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "core/mounts.h"
#include "core/runtime.h"
#include "sys/mountinfo.h"

namespace pendingop {

namespace {

// The most work that one turn of the event loop does this way, in units of about a microsecond: no more than
// the turn takes to settle as many calls.
constexpr int kMostPerTurn = 1024;
constexpr int64_t kWorker = -EAGAIN;  // a worker has to do it
// The most bytes that are read here: as many as fit into a completion.
constexpr uint64_t kLargest = 64 * 1024;
// The kernel reads ahead of a part of a file, so the whole file has to be in memory.
constexpr uint64_t kLargestFile = 256 * 1024;
constexpr size_t kUnit = 8 * 1024;  // copied in a microsecond
// Two switches of threads take longer than this on any machine, so a faster call has not slept.
constexpr int64_t kTooFastToSleep = 4 * kMicrosecond;
constexpr int kOpenFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_SYNC | O_DSYNC | O_APPEND;

// The indexes of fields of a stat.
constexpr int kDevice = 0, kMode = 1, kLinks = 2, kUser = 3, kInode = 7, kSize = 8;
constexpr int kAtime = 10, kMtime = 12, kCtime = 14;

// File systems whose sources show that opening, stat and reading what is in memory wait for nothing.
bool isLocal(std::string_view type) {
  return type == "ext4" || type == "tmpfs" || type == "xfs" || type == "btrfs" || type == "ext3" ||
         type == "ext2" || type == "f2fs";
}

// The kernel's own file systems: their status is in memory, but reading may do anything.
bool isKernels(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"proc",     "sysfs",      "devtmpfs",   "devpts",  "cgroup",
                                                "cgroup2",  "mqueue",     "hugetlbfs",  "debugfs", "tracefs",
                                                "configfs", "securityfs", "pstore",     "bpf",     "nsfs",
                                                "ramfs",    "rootfs",     "binfmt_misc"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

// File systems that tell the mount of a file without asking their server or daemon. (CIFS may ask, for the
// root of a mount.)
bool tellsMount(std::string_view type) {
  return type == "fuse" || type.starts_with("fuse.") || type == "fuseblk" || type == "nfs" ||
         type == "nfs4" || type == "overlay" || type == "autofs";
}

// Errors that the cache of names knows for certain.
bool isAnswer(int64_t error) {
  return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ELOOP ||
         error == -ENAMETOOLONG;
}

bool isRegular(const sys::CachedStatus& status) { return S_ISREG(status.fields[kMode]); }

bool isBefore(const int64_t* a, const int64_t* b) { return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]); }

int costOf(const Op& op) {
  switch (op.code) {
    case Code::readlink:
    case Code::open:
      return 2;
    case Code::realpath:
    case Code::readFile:
    case Code::watch:
      return 3;
    default:
      return 1;
  }
}

}  // namespace

std::atomic<bool> Inline::on_{true};
std::atomic<int64_t> Inline::answered_{0};

bool Inline::learnsFrom(const Op& op) {
  if (!on_.load(std::memory_order_relaxed) || !op.pool->isMain() || !sys::hasCachedCalls()) return false;
  if (op.code == Code::open) return (op.i0 & O_ACCMODE) == O_RDONLY && (op.i0 & ~kOpenFlags) == 0;
  return (op.code == Code::read && op.d0 >= 0) || (op.code == Code::readFile && op.fd < 0);
}

bool Inline::answer(Op& op, bool isBusy) {
  if (!on_.load(std::memory_order_relaxed) || !op.pool->isMain()) return false;
  if (spent_ >= kMostPerTurn || !sys::hasCachedCalls()) return false;
  readTable();
  const int64_t r = run(op, isBusy);
  spent_ += costOf(op);
  if (r == kWorker) {
    op.output.size = 0;
    op.failed = Step::own;
    return false;
  }
  op.result = r;
  answered_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

int64_t Inline::run(Op& op, bool isBusy) {
  switch (op.code) {
    case Code::stat:
      return stat(op, true);
    case Code::lstat:
      return stat(op, false);
    case Code::fstat:
      return fstat(op);
    case Code::access:
      return access(op);
    case Code::readlink:
      return readlink(op);
    case Code::realpath:
      return realpath(op);
    case Code::watch:
      return watch(op);
    case Code::open:
      return open(op);
    case Code::close:
      return close(op, isBusy);
    case Code::read:
      return read(op);
    case Code::readFile:
      return readFile(op);
    default:
      return kWorker;
  }
}

// Surrounds a call that should be answered at once, but may be held up by something that the kernel does not
// tell.
class Inline::Watch {
 public:
  explicit Watch(Inline* of) : of_(of) {
    if (of_->sleeps_ < 0) of_->sleeps_ = sys::sleepsOfThread();
    begin_ = nowNs();
  }
  ~Watch() {
    if (nowNs() - begin_ < kTooFastToSleep) return;
    const int64_t sleeps = sys::sleepsOfThread();
    if (sleeps != of_->sleeps_) of_->known_.reset();
    of_->sleeps_ = sleeps;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  Inline* const of_;
  int64_t begin_;
};

namespace {

// A descriptor that is closed at the end.
class Found {
 public:
  explicit Found(int fd) : fd_(fd) {}
  ~Found() {
    if (fd_ >= 0) sys::closeCached(fd_);
  }
  Found(const Found&) = delete;
  Found& operator=(const Found&) = delete;
  operator int() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

void Inline::readTable() {
  const uint64_t version = Mounts::instance().version();
  if (hasTable_ && version == version_) return;
  hasTable_ = true;
  version_ = version;
  locals_.clear();
  allLocal_ = tellMount_ = true;
  const Shared<const MountTable> table = Mounts::instance().current();
  for (const Mount& mount : table->all()) {
    if (isLocal(mount.type)) {
      locals_.push_back({mount.id, mount.type == "tmpfs", mount.atime});
    } else if (!isKernels(mount.type)) {
      allLocal_ = false;
      tellMount_ = tellMount_ && tellsMount(mount.type);
    }
  }
  const Mount* proc = table->of("/proc/self/fd");
  hasProc_ = proc != nullptr && proc->type == "proc" && proc->point == "/proc" && proc->root == "/";
}

const Inline::Local* Inline::localOf(int mount) const {
  for (const Local& local : locals_) {
    if (local.mount == mount) return &local;
  }
  return nullptr;
}

// Reads the status of a file on a local file system. No other file system is asked.
int64_t Inline::statusOf(int fd, sys::CachedStatus* status, const Local** local) const {
  if (!allLocal_) {
    const int mount = tellMount_ ? sys::mountOfCached(fd) : sys::mountOf(fd);
    if (localOf(mount) == nullptr) return kWorker;
  }
  const int r = sys::statusOfCached(fd, status);
  if (r < 0) return kWorker;
  *local = localOf(status->mount);
  return *local == nullptr ? kWorker : 0;
}

int64_t Inline::statusOfPath(const sys::Place& place, bool followLinks, sys::CachedStatus* status,
                             const Local** local) const {
  const Found found(sys::findCached(place, followLinks));
  if (found < 0) return isAnswer(found) ? found : kWorker;
  return statusOf(found, status, local);
}

int64_t Inline::stat(Op& op, bool followLinks) {
  if (op.base.names > 1) return kWorker;
  sys::CachedStatus status;
  const Local* local;
  const int64_t r = statusOfPath(placeOf(op.path, op.base), followLinks, &status, &local);
  if (r < 0) return r;
  memcpy(op.numbers, status.fields, sizeof op.numbers);
  op.hasNumbers = true;
  return 0;
}

int64_t Inline::fstat(Op& op) {
  sys::CachedStatus status;
  const Local* local;
  if (op.fd < 0 || statusOf(op.fd, &status, &local) < 0) return kWorker;
  memcpy(op.numbers, status.fields, sizeof op.numbers);
  op.hasNumbers = true;
  return 0;
}

// Returns whether the kernel needs no access control list, or has read it already.
bool Inline::decides(const sys::CachedStatus& status) const {
  return status.fields[kUser] == sys::effectiveUser() || (status.fields[kMode] & S_IRWXG) == 0 ||
         isKnown(status.fields, kOpened);
}

// The kernel reads the file's access control list only for users for whom the bits of the mode do not decide,
// and reading it may wait. access() decides for the real user, for whom the path has to be walked again. If
// both users are root, the second walk finds what the first has found; if every mount is local, it waits for
// no more than the first.
int64_t Inline::access(Op& op) {
  sys::CachedStatus status;
  const Local* local;
  const Found found(sys::findCached(op.path, true));
  // The real user may have a right that this one lacks.
  if (found < 0) return isAnswer(found) && found != -EACCES ? found : kWorker;
  if (statusOf(found, &status, &local) < 0) return kWorker;
  if (!decides(status)) return kWorker;
  if (sys::isRoot()) return sys::accessCached(found, op.i0);
  return allLocal_ ? sys::accessCached(op.path, op.i0) : kWorker;
}

// Adding a watch asks for the right to read, as access() does.
int64_t Inline::watch(Op& op) {
  sys::CachedStatus status;
  const Local* local;
  const Found found(sys::findCached(op.path, true));
  if (found < 0) return isAnswer(found) ? found : kWorker;
  if (!hasProc_ || statusOf(found, &status, &local) < 0) return kWorker;
  return decides(status) ? sys::addWatchCached(op.i0, found) : kWorker;
}

// If the link can be followed, its text is in memory, and reading it sets no access time.
int64_t Inline::readlink(Op& op) {
  if (op.base.names > 1) return kWorker;
  const sys::Place place = placeOf(op.path, op.base);
  const Found link(sys::findCached(place, false));
  if (link < 0) return isAnswer(link) ? link : kWorker;
  sys::CachedStatus status;
  const Local* local;
  if (statusOf(link, &status, &local) < 0) return kWorker;
  if (!S_ISLNK(status.fields[kMode])) return -EINVAL;
  const Found target(sys::findCached(place, true));
  if (target < 0 && !isAnswer(target)) return kWorker;
  const long r = sys::readLinkCached(link, reinterpret_cast<char*>(op.output.data()), op.output.capacity());
  if (r < 0) return kWorker;
  op.output.size = static_cast<size_t>(r);
  return r;
}

// The kernel's own name for what the path leads to, if that name leads there, too: it does not if the file
// was moved meanwhile, or lies outside of the root directory.
int64_t Inline::realpath(Op& op) {
  if (!hasProc_ || op.dataSize > 0) return kWorker;
  const Found found(sys::findCached(op.path, true));
  if (found < 0) return kWorker;  // the worker goes name by name, so its errors may differ
  sys::CachedStatus status;
  sys::CachedStatus again;
  const Local* local;
  if (statusOf(found, &status, &local) < 0) return kWorker;
  char* text = reinterpret_cast<char*>(op.output.data());
  const long r = sys::pathOfCached(found, text, PATH_MAX - 1);
  if (r <= 0 || r >= PATH_MAX - 1 || text[0] != '/') return kWorker;
  text[r] = 0;
  if (statusOfPath(text, false, &again, &local) < 0) return kWorker;
  if (again.mount != status.mount || again.fields[kInode] != status.fields[kInode]) return kWorker;
  op.output.size = static_cast<size_t>(r);
  return r;
}

Inline::Known& Inline::entryOf(const int64_t* fields) const {
  const uint64_t key = static_cast<uint64_t>(fields[kInode]) + 31 * static_cast<uint64_t>(fields[kDevice]);
  return (*known_)[key % kMemory];
}

bool Inline::isKnown(const int64_t* fields, uint8_t did) const {
  if (known_ == nullptr) return false;
  const Known& known = entryOf(fields);
  return (known.did & did) == did && known.inode == fields[kInode] && known.device == fields[kDevice] &&
         known.changed == fields[kCtime] && known.changedNs == fields[kCtime + 1];
}

void Inline::learn(const Op& op) {
  if (op.slept || op.result < 0 || !S_ISREG(op.numbers[kMode])) return;
  uint8_t did = kOpened | kRead;
  if (op.code == Code::open) did = kOpened;
  if (op.code == Code::read) did = kRead;
  if (isKnown(op.numbers, 0)) {
    entryOf(op.numbers).did |= did;
    return;
  }
  if (known_ == nullptr) known_ = std::make_unique<std::array<Known, kMemory>>();
  entryOf(op.numbers) = {op.numbers[kDevice], op.numbers[kInode], op.numbers[kCtime], op.numbers[kCtime + 1],
                         did};
}

// Opens the op's path, a regular file that a worker has opened before.
int64_t Inline::openKnown(const Op& op, uint8_t did, sys::CachedStatus* status, const Local** local) {
  if (known_ == nullptr || (op.i0 & O_ACCMODE) != O_RDONLY || (op.i0 & ~kOpenFlags) != 0) return kWorker;
  const int64_t r = statusOfPath(op.path, (op.i0 & O_NOFOLLOW) == 0, status, local);
  if (r < 0) return r;
  if (!isRegular(*status) || !isKnown(status->fields, did)) return kWorker;
  const int fd = sys::openCached(op.path, op.i0);
  if (fd < 0) return kWorker;
  // The name may be another file's by now.
  sys::CachedStatus opened;
  if (statusOf(fd, &opened, local) == 0 && isRegular(opened) && isKnown(opened.fields, did)) {
    *status = opened;
    return fd;
  }
  sys::closeCached(fd);
  return kWorker;
}

int64_t Inline::open(Op& op) {
  const Watch watch(this);
  sys::CachedStatus status;
  const Local* local;
  return openKnown(op, kOpened, &status, &local);
}

// Written data may have to go to the disk, and closing the last descriptor of a removed file removes its
// content.
int64_t Inline::close(Op& op, bool isBusy) {
  if (isBusy) return kWorker;
  const int flags = sys::flagsOf(op.fd);
  if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY) return kWorker;
  const Watch watch(this);
  sys::CachedStatus status;
  const Local* local;
  if (statusOf(op.fd, &status, &local) < 0 || !isRegular(status) || status.fields[kLinks] == 0)
    return kWorker;
  const long r = sys::closeCached(op.fd);
  return r == -EINTR || r == -EINPROGRESS ? 0 : r;
}

namespace {

// Returns whether reading the file sets its access time, which may wait for the disk's journal: the kernel's
// rule in relatime_need_update().
bool setsAtime(const sys::CachedStatus& status, Atime rule) {
  if (rule != Atime::relative) return rule == Atime::always;
  const int64_t* const atime = status.fields + kAtime;
  if (!isBefore(status.fields + kMtime, atime) || !isBefore(status.fields + kCtime, atime)) return true;
  constexpr int64_t kDay = 24 * 60 * 60;
  return time(nullptr) - atime[0] >= kDay - 1;
}

}  // namespace

int64_t Inline::readKnown(Op& op, int fd, int64_t position, size_t wanted, const sys::CachedStatus& status,
                          const Local& local) {
  const auto size = static_cast<uint64_t>(status.fields[kSize]);
  if (!local.inMemory && setsAtime(status, local.atime)) return kWorker;
  if (!sys::isInPageCache(fd, size)) return kWorker;
  const long r = sys::readCached(fd, op.output.data(), wanted, position, local.inMemory);
  if (r < 0) return kWorker;
  const auto got = static_cast<uint64_t>(r);
  // Fewer bytes than there were: the rest has to be waited for.
  const auto from = static_cast<uint64_t>(position);
  const uint64_t there = from >= size ? 0 : std::min<uint64_t>(wanted, size - from);
  if (got < there) return kWorker;
  spent_ += static_cast<int>(got / kUnit);
  op.output.size = got;
  return r;
}

int64_t Inline::read(Op& op) {
  if (known_ == nullptr || op.d0 < 0 || op.d0 >= 0x1p62 || op.wanted == 0 || op.wanted > kLargest ||
      op.output.capacity() < op.wanted)
    return kWorker;
  const int flags = sys::flagsOf(op.fd);
  if (flags < 0 || !sys::readsPageCache(flags)) return kWorker;
  sys::CachedStatus status;
  const Local* local;
  if (statusOf(op.fd, &status, &local) < 0 || !isRegular(status) || !isKnown(status.fields, kRead))
    return kWorker;
  if (static_cast<uint64_t>(status.fields[kSize]) > kLargestFile) return kWorker;
  const Watch watch(this);
  return readKnown(op, op.fd, static_cast<int64_t>(op.d0), op.wanted, status, *local);
}

int64_t Inline::readFile(Op& op) {
  if (op.fd >= 0) return kWorker;
  const Watch watch(this);
  sys::CachedStatus status;
  const Local* local;
  const int64_t opened = openKnown(op, kOpened | kRead, &status, &local);
  if (opened < 0) {
    if (opened != kWorker) op.failed = Step::open;
    return opened;
  }
  const Found file(static_cast<int>(opened));
  const auto size = static_cast<uint64_t>(status.fields[kSize]);
  // A file without a size may have content all the same.
  if (size == 0 || size > kLargest || static_cast<double>(size) > op.d0 || !op.output.reserve(size))
    return kWorker;
  return readKnown(op, file, 0, size, status, *local);
}

}  // namespace pendingop
