#include "core/inline.h"

#include <cstring>

#include "base/errors.h"
#include "core/pool.h"

namespace pendingop {

namespace {

// The most work that one turn of the event loop does this way, in units of about a microsecond: no more than
// the turn takes to settle as many calls.
constexpr int kMostPerTurn = 1024;

// The most calls of one submission that are made here. For the same answer a worker needs fewer system calls
// (one for a stat, where the looks at its mount make it four here), but has to be woken. `npm run bench --
// conditions` with 4, 8, 16, 32 and no limit has chosen the number: on one processor as on two, 8 calls take
// less processor time here, and from 32 on they take a quarter less on a worker (reads of a handle: the
// same).
constexpr size_t kFew = 16;

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

void Inline::beginSubmission(size_t count) {
  isFew_ = count <= kFew;
  sleeps_ = -1;
}

bool Inline::answer(Op& op, bool isBusy) {
  if (!on_.load(std::memory_order_relaxed) || !op.pool->isMain()) return false;
  if (!isFew_ || spent_ >= kMostPerTurn || !sys::hasCachedCalls()) return false;
  mounts_.refresh();
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

int64_t Inline::stat(Op& op, bool followLinks) {
  if (op.base.names > 1) return kWorker;
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  const int64_t r = mounts_.statusOf(placeOf(op.path, op.base), followLinks, &status, &local);
  if (r < 0) return r;
  memcpy(op.numbers, status.fields, sizeof op.numbers);
  op.hasNumbers = true;
  return 0;
}

int64_t Inline::fstat(Op& op) {
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  if (op.fd < 0 || mounts_.statusOf(op.fd, &status, &local) < 0) return kWorker;
  memcpy(op.numbers, status.fields, sizeof op.numbers);
  op.hasNumbers = true;
  return 0;
}

// Returns whether the kernel needs no access control list, or has read it already.
bool Inline::decides(const sys::CachedStatus& status) const {
  return status.fields[kStatUser] == sys::effectiveUser() || !sys::hasGroupRights(status.fields[kStatMode]) ||
         known_.has(status.fields, KnownFiles::kOpened);
}

// The kernel reads the file's access control list only for users for whom the bits of the mode do not decide,
// and reading it may wait. access() decides for the real user, for whom the path has to be walked again. If
// both users are root, the second walk finds what the first has found; if every mount is local, it waits for
// no more than the first.
int64_t Inline::access(Op& op) {
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  const sys::CachedFd found(sys::findCached(op.path, true));
  // The real user may have a right that this one lacks.
  if (found < 0) return isCertain(found) && found != -EACCES ? found : kWorker;
  if (mounts_.statusOf(found, &status, &local) < 0) return kWorker;
  if (!decides(status)) return kWorker;
  if (sys::isRoot()) return sys::accessCached(found, op.i0);
  return mounts_.allLocal() ? sys::accessCached(op.path, op.i0) : kWorker;
}

// Adding a watch asks for the right to read, as access() does.
int64_t Inline::watch(Op& op) {
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  const sys::CachedFd found(sys::findCached(op.path, true));
  if (found < 0) return isCertain(found) ? found : kWorker;
  if (!mounts_.hasProc() || mounts_.statusOf(found, &status, &local) < 0) return kWorker;
  return decides(status) ? sys::addWatchCached(sys::Descriptor(op.i0), found) : kWorker;
}

// If the link can be followed, its text is in memory, and reading it sets no access time.
int64_t Inline::readlink(Op& op) {
  if (op.base.names > 1) return kWorker;
  const sys::Place place = placeOf(op.path, op.base);
  const sys::CachedFd link(sys::findCached(place, false));
  if (link < 0) return isCertain(link) ? link : kWorker;
  sys::CachedStatus status;
  const MemoryMounts::Local* local;
  if (mounts_.statusOf(link, &status, &local) < 0) return kWorker;
  if (!sys::isSymbolicLink(status.fields[kStatMode])) return -EINVAL;
  const sys::CachedFd target(sys::findCached(place, true));
  if (target < 0 && !isCertain(target)) return kWorker;
  const long r = sys::readLinkCached(link, reinterpret_cast<char*>(op.output.data()), op.output.capacity());
  if (r < 0) return kWorker;
  op.output.size = static_cast<size_t>(r);
  return r;
}

// The kernel's own name for what the path leads to, if that name leads there, too: it does not if the file
// was moved meanwhile, or lies outside of the root directory.
int64_t Inline::realpath(Op& op) {
  if (!mounts_.hasProc() || op.dataSize > 0) return kWorker;
  const sys::CachedFd found(sys::findCached(op.path, true));
  if (found < 0) return kWorker;  // the worker goes name by name, so its errors may differ
  sys::CachedStatus status;
  sys::CachedStatus again;
  const MemoryMounts::Local* local;
  if (mounts_.statusOf(found, &status, &local) < 0) return kWorker;
  char* text = reinterpret_cast<char*>(op.output.data());
  const long r = sys::pathOfCached(found, text, sys::kLongestPath - 1);
  if (r <= 0 || r >= sys::kLongestPath - 1 || text[0] != '/') return kWorker;
  text[r] = 0;
  if (mounts_.statusOf(text, false, &again, &local) < 0) return kWorker;
  if (again.mount != status.mount || again.fields[kStatInode] != status.fields[kStatInode]) return kWorker;
  op.output.size = static_cast<size_t>(r);
  return r;
}

}  // namespace pendingop
