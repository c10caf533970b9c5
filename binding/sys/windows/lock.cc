// Advisory locks, made of Windows's locks of bytes (LockFileEx). Windows refuses others to read and write the
// bytes that are locked, so what is locked lies where no file has bytes: a range of the file from 2^62 on,
// the whole file as the byte before that. Programs that lock all bytes there can be, as those in Go and Rust
// do, and this one exclude each other.
#include <windows.h>

#include <algorithm>

#include "base/errors.h"
#include "sys/sys.h"
#include "sys/windows/call.h"
#include "sys/windows/directories.h"
#include "sys/windows/thread.h"

namespace pendingop::sys {

namespace {

constexpr uint64_t kRanges = uint64_t{1} << 62;
constexpr uint64_t kWholeFile = kRanges - 1;
// No range of JavaScript's ends behind it.
constexpr uint64_t kEnd = kRanges + (uint64_t{1} << 53);
constexpr int kLongestPauseMs = 32;

struct Range {
  uint64_t start, length;

  DWORD lengthLow() const { return static_cast<DWORD>(length); }
  DWORD lengthHigh() const { return static_cast<DWORD>(length >> 32); }
  OVERLAPPED place() const {
    OVERLAPPED place = {};
    place.Offset = static_cast<DWORD>(start);
    place.OffsetHigh = static_cast<DWORD>(start >> 32);
    return place;
  }
};

long unlock(HANDLE file, const Range& range) {
  OVERLAPPED place = range.place();
  if (UnlockFileEx(file, 0, range.lengthLow(), range.lengthHigh(), &place) != 0) return 0;
  const DWORD error = GetLastError();
  // The second is wine's word for the first.
  return error == ERROR_NOT_LOCKED || error == ERROR_LOCK_VIOLATION ? 0
                                                                    : uv::errorOf(static_cast<int>(error));
}

long tryLock(HANDLE file, LockType type, const Range& range) {
  OVERLAPPED place = range.place();
  const DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (type == LockType::exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
  if (LockFileEx(file, flags, 0, range.lengthLow(), range.lengthHigh(), &place) != 0) return 0;
  const DWORD error = GetLastError();
  return error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING ? -EAGAIN
                                                                    : uv::errorOf(static_cast<int>(error));
}

// It asks again and again: a LockFileEx() that waits holds the open file, and with it all reads of that
// handle, the release of its other locks, and its close.
long change(Calling& op, Call name, Descriptor fd, LockType type, bool wait, const Range& range,
            bool replaces) {
  const HANDLE file = isDirectory(fd) ? INVALID_HANDLE_VALUE : uv::handleOf(fd);
  if (file == INVALID_HANDLE_VALUE) return -EBADF;
  return call(op, name, kTakes, [&]() -> long {
    if (type == LockType::none) return unlock(file, range);
    if (replaces) {
      if (const long r = unlock(file, range); r < 0) return r;
    }
    for (int pause = 1;; pause = std::min(2 * pause, kLongestPauseMs)) {
      const long r = tryLock(file, type, range);
      if (r != -EAGAIN || !wait) return r;
      if (op.wantsStop()) return uv::kCanceled;
      pauseUntilStop(pause);
    }
  });
}

}  // namespace

// As Linux does: what the handle holds is given up before it asks for another.
long flock(Calling& op, Descriptor fd, LockType type, bool wait) {
  return change(op, Call::flock, fd, type, wait, {kWholeFile, 1}, true);
}

long fcntlLock(Calling& op, Descriptor fd, LockType type, bool wait, int64_t start, int64_t length) {
  const uint64_t from = kRanges + static_cast<uint64_t>(start);
  const Range range{from, length == 0 ? kEnd - from : static_cast<uint64_t>(length)};
  return change(op, Call::fcntl, fd, type, wait, range, false);
}

}  // namespace pendingop::sys
