// Inline calls that open, close and read files: those that a worker has opened or read without sleeping.
#include <time.h>

#include <algorithm>

#include "base/clock.h"
#include "base/errors.h"
#include "core/inline.h"
#include "core/pool.h"

namespace pendingop {

namespace {

// The most bytes that are read here: as many as fit into a completion.
constexpr uint64_t kLargest = 64 * 1024;
// The kernel reads ahead of a part of a file, so the whole file has to be in memory.
constexpr uint64_t kLargestFile = 256 * 1024;
constexpr size_t kUnit = 8 * 1024;  // copied in a microsecond
// Two switches of threads take longer than this on any machine, so a faster call has not slept.
constexpr int64_t kTooFastToSleep = 4 * kMicrosecond;

bool isRegular(const sys::CachedStatus& status) { return sys::isRegular(status.fields[kStatMode]); }

bool isBefore(const int64_t* a, const int64_t* b) { return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]); }

}  // namespace

bool Inline::learnsFrom(const Op& op) {
  if (!on_.load(std::memory_order_relaxed) || !op.pool->isMain() || !sys::hasCachedCalls()) return false;
  if (op.code == Code::open) return sys::onlyOpensToRead(op.i0);
  return (op.code == Code::read && op.d0 >= 0) || (op.code == Code::readFile && op.fd < 0);
}

void Inline::learn(const Op& op) {
  if (op.slept || op.result < 0 || !sys::isRegular(op.numbers[kStatMode])) return;
  uint8_t did = KnownFiles::kOpened | KnownFiles::kRead;
  if (op.code == Code::open) did = KnownFiles::kOpened;
  if (op.code == Code::read) did = KnownFiles::kRead;
  known_.add(op.numbers, did);
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
    if (sleeps != of_->sleeps_) of_->known_.clear();
    of_->sleeps_ = sleeps;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  Inline* const of_;
  int64_t begin_;
};

// Opens the op's path, a regular file that a worker has opened before.
int64_t Inline::openKnown(const Op& op, uint8_t did, sys::CachedStatus* status,
                          const MemoryMounts::Local** local) {
  if (known_.isEmpty() || !sys::onlyOpensToRead(op.i0)) return kWorker;
  const int64_t r = mounts_.statusOf(op.path, sys::followsLinks(op.i0), status, local);
  if (r < 0) return r;
  if (!isRegular(*status) || !known_.has(status->fields, did)) return kWorker;
  const long result = sys::openCached(op.path, op.i0);
  if (result < 0) return kWorker;
  const auto fd = sys::Descriptor(result);
  // The name may be another file's by now.
  sys::CachedStatus opened;
  if (mounts_.statusOf(fd, &opened, local) == 0 && isRegular(opened) && known_.has(opened.fields, did)) {
    *status = opened;
    return fd;
  }
  sys::closeCached(fd);
  return kWorker;
}

int64_t Inline::open(Op& op) {
  const Watch watch(this);
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  return openKnown(op, KnownFiles::kOpened, &status, &local);
}

// Written data may have to go to the disk, and closing the last descriptor of a removed file removes its
// content.
int64_t Inline::close(Op& op, bool isBusy) {
  if (isBusy) return kWorker;
  const int flags = sys::flagsOf(op.fd);
  if (flags < 0 || !sys::onlyReads(flags)) return kWorker;
  const Watch watch(this);
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  if (mounts_.statusOf(op.fd, &status, &local) < 0 || !isRegular(status) || status.fields[kStatLinks] == 0)
    return kWorker;
  const long r = sys::closeCached(op.fd);
  return r == -EINTR || r == -EINPROGRESS ? 0 : r;
}

namespace {

// Returns whether reading the file sets its access time, which may wait for the disk's journal: the kernel's
// rule in relatime_need_update().
bool setsAtime(const sys::CachedStatus& status, Atime rule) {
  if (rule != Atime::relative) return rule == Atime::always;
  const int64_t* const atime = status.fields + kStatAtime;
  if (!isBefore(status.fields + kStatMtime, atime) || !isBefore(status.fields + kStatCtime, atime))
    return true;
  constexpr int64_t kDay = 24 * 60 * 60;
  return time(nullptr) - atime[0] >= kDay - 1;
}

}  // namespace

int64_t Inline::readKnown(Op& op, sys::Descriptor fd, int64_t position, size_t wanted,
                          const sys::CachedStatus& status, const MemoryMounts::Local& local) {
  const auto size = static_cast<uint64_t>(status.fields[kStatSize]);
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
  if (known_.isEmpty() || op.d0 < 0 || op.d0 >= 0x1p53 || op.wanted == 0 || op.wanted > kLargest ||
      op.output.capacity() < op.wanted)
    return kWorker;
  const int flags = sys::flagsOf(op.fd);
  if (flags < 0 || !sys::readsPageCache(flags)) return kWorker;
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  if (mounts_.statusOf(op.fd, &status, &local) < 0 || !isRegular(status) ||
      !known_.has(status.fields, KnownFiles::kRead))
    return kWorker;
  if (static_cast<uint64_t>(status.fields[kStatSize]) > kLargestFile) return kWorker;
  const Watch watch(this);
  return readKnown(op, op.fd, static_cast<int64_t>(op.d0), op.wanted, status, *local);
}

int64_t Inline::readFile(Op& op) {
  if (op.fd >= 0) return kWorker;
  const Watch watch(this);
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  const int64_t opened = openKnown(op, KnownFiles::kOpened | KnownFiles::kRead, &status, &local);
  if (opened < 0) {
    if (opened != kWorker) op.failed = Step::open;
    return opened;
  }
  const sys::CachedFd file(opened);
  const auto size = static_cast<uint64_t>(status.fields[kStatSize]);
  // A file without a size may have content all the same.
  if (size == 0 || size > kLargest || static_cast<double>(size) > op.d0 || !op.output.reserve(size))
    return kWorker;
  return readKnown(op, file, 0, size, status, *local);
}

}  // namespace pendingop
