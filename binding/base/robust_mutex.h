// A short lock that threads share with tasks. Another process may send SIGKILL to a task at any instruction,
// also while the task holds the lock. The kernel then marks the word and wakes a waiter (robust futexes), and
// the next owner repairs what the lock guards. Threads never die alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.h"

namespace pendingop {

// The part of a task that the kernel reads when the task dies, laid out as struct robust_list_head of
// <linux/futex.h>. A task holds at most one such lock at a time.
struct LockHolder {
  void* const list = this;  // empty
  const long offset = 0;
  std::atomic<void*> pending{nullptr};  // the lock that the task takes, holds or releases
  uint32_t task = 0;                    // the task's id
};

namespace sys {
// Called on a task: the kernel reads `holder` when the task dies.
void watchLocksOf(LockHolder& holder);
// Like waitWhile() and wakeOne(). When an owner dies, the kernel wakes sleepers here, too. The wait ends by
// itself after a moment: if a task dies between its unlock and its wake, and another owner has come, the
// kernel wakes nobody, and the new owner does not know of those who sleep.
void waitForLock(std::atomic<uint32_t>& word, uint32_t expected);
void wakeForLock(std::atomic<uint32_t>& word);
}  // namespace sys

class CAPABILITY("mutex") RobustMutex {
 public:
  // `holder`: null on a thread. Returns true if the last owner died with the lock: the caller has to repair
  // what the lock guards.
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
  static constexpr uint32_t kThread = kOwner;  // no task has this id: ids end at 2^22

  bool lockSlowly(uint32_t self, uint32_t seen) {
    uint32_t waiters = 0;  // others may sleep, and the last unlock has cleared the bit
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

// Holds a lock that guards nothing which has to be repaired.
class SCOPED_CAPABILITY RobustLock {
 public:
  RobustLock(RobustMutex& mutex, LockHolder* holder) ACQUIRE(mutex)
      : mutex_(mutex), holder_(holder), holderDied_(mutex.lock(holder)) {}
  ~RobustLock() RELEASE() { mutex_.unlock(holder_); }
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;

 protected:
  bool holderDied() const { return holderDied_; }

 private:
  RobustMutex& mutex_;
  LockHolder* const holder_;
  const bool holderDied_;
};

// Holds `lock_` of an Owner. If a task died with the lock, Owner::repair() mends what it guards.
template <typename Owner>
class SCOPED_CAPABILITY Held : RobustLock {
 public:
  Held(Owner& owner, LockHolder* holder) ACQUIRE(owner.lock_) : RobustLock(owner.lock_, holder) {
    if (holderDied()) owner.repair();
  }
  ~Held() RELEASE() {}
};

}  // namespace pendingop
