// A short lock that threads share with tasks. Somebody else may SIGKILL a task at any instruction, also while
// it holds the lock: the kernel then marks the word and wakes a waiter (robust futexes), and whoever locks
// next repairs what the lock guards. Threads never die alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.h"

namespace pendingop {

// Of a task: what the kernel reads when it dies, laid out as struct robust_list_head of <linux/futex.h>. A
// task holds one such lock at a time.
struct LockHolder {
  void* const list = this;  // empty
  const long offset = 0;
  std::atomic<void*> pending{nullptr};  // the lock that the task takes, holds or gives back
  uint32_t task = 0;                    // its id
};

namespace sys {
// On a task: the kernel reads `holder` when it dies.
void watchLocksOf(LockHolder& holder);
// As waitWhile() and wakeOne(); the kernel wakes who sleeps here, too.
void waitForLock(std::atomic<uint32_t>& word, uint32_t expected);
void wakeForLock(std::atomic<uint32_t>& word);
}  // namespace sys

class CAPABILITY("mutex") RobustMutex {
 public:
  // `holder`: null on a thread. True: the last holder died with the lock; what it guards is to be repaired.
  bool lock(LockHolder* holder) ACQUIRE() {
    const uint32_t self = holder == nullptr ? kThread : holder->task;
    if (holder != nullptr) holder->pending.store(&word_, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    uint32_t seen = 0;
    if (word_.compare_exchange_strong(seen, self, std::memory_order_acquire)) return false;
    return lockSlowly(self, seen);
  }

  void unlock(LockHolder* holder) RELEASE() {
    if ((word_.exchange(0, std::memory_order_release) & kWaiters) != 0) sys::wakeForLock(word_);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (holder != nullptr) holder->pending.store(nullptr, std::memory_order_relaxed);
  }

 private:
  // As in <linux/futex.h>: FUTEX_WAITERS, FUTEX_OWNER_DIED, FUTEX_TID_MASK.
  static constexpr uint32_t kWaiters = 0x80000000, kDied = 0x40000000, kOwner = 0x3fffffff;
  static constexpr uint32_t kThread = kOwner;  // no task's id: those end at 2^22

  bool lockSlowly(uint32_t self, uint32_t seen) {
    uint32_t waiters = 0;  // others may sleep beside us, and whoever unlocks has cleared the bit
    for (;;) {
      if ((seen & kOwner) == 0) {
        if (word_.compare_exchange_weak(seen, self | waiters | (seen & kWaiters), std::memory_order_acquire))
          return (seen & kDied) != 0;
        continue;
      }
      if ((seen & kWaiters) == 0 && !word_.compare_exchange_weak(seen, seen | kWaiters)) continue;
      sys::waitForLock(word_, seen | kWaiters);
      waiters = kWaiters;
      seen = word_.load(std::memory_order_relaxed);
    }
  }

  std::atomic<uint32_t> word_{0};
};

}  // namespace pendingop
