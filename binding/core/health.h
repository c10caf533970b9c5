// How a remote file system answers. A call is *stuck* when it has been in the kernel for a second and no call
// on its file system came back in that time, or when its caller has left it there; a lock that is waited for
// is not, for that is another program's doing. The file system is
// *stalled* while any call is stuck, and until one comes back again.
//
// The breaker: past so many stuck calls, new ones fail at once (core/lanes.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pendingop {

class Pool;

class Health {
 public:
  // A worker: a call came back by itself.
  void progressed(int64_t now) { lastProgress_.store(now, std::memory_order_relaxed); }

  bool isStalled() const { return stalled_.load(std::memory_order_relaxed); }
  // New calls are to fail at once.
  bool isOpen() const { return open_.load(std::memory_order_relaxed); }
  size_t stuck() const { return stuck_.load(std::memory_order_relaxed); }
  int64_t lastProgress() const { return lastProgress_.load(std::memory_order_relaxed); }

  // The supervisor, a few times a second while ops run: counts again. True when it has stalled or recovered.
  bool check(Pool& pool, int64_t now, size_t most);

 private:
  std::atomic<int64_t> lastProgress_{0};
  std::atomic<size_t> stuck_{0};
  std::atomic<bool> stalled_{false};
  std::atomic<bool> open_{false};
  // The supervisor's own.
  int64_t stalledSince_ = 0;
  size_t forgiven_ = 0;  // still stuck when it last recovered
};

}  // namespace pendingop
