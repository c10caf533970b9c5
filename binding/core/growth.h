// When a pool gets more workers: while ops wait and those that there are do not come back. The supervisor
// looks every quarter of a millisecond then, and twice as many are started each time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pendingop {

class Pool;

class Growth {
 public:
  explicit Growth(Pool& pool) : pool_(pool) {}

  // Any thread: ops wait and no worker was free to take them. True: nobody has said so before, and the
  // supervisor is to be woken.
  bool watch() {
    return !watched_.load(std::memory_order_seq_cst) && !watched_.exchange(true, std::memory_order_seq_cst);
  }
  // Any thread, before watch(): one more would do, though they do come back.
  void ask() { asked_.store(true, std::memory_order_relaxed); }
  // The supervisor: when it is to look again; kNever when there is no more to watch.
  int64_t check(int64_t now);

 private:
  int64_t grow(int64_t now, size_t waiting);

  Pool& pool_;
  std::atomic<bool> watched_{false};
  std::atomic<bool> asked_{false};
  // The supervisor's own.
  size_t poppedBefore_ = 0;
  size_t step_ = 1;
  int starvedTicks_ = 0;
  int64_t lastGrowth_ = 0;
  int64_t lastFilled_ = 0;
  int64_t pause_ = 0;
};

}  // namespace pendingop
