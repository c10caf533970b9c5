// What has become of a client's ops, in the order in which it became known: workers put events in, the
// client's own thread takes them out, and sleeps until there are some.
//
// Reused with their client and never freed: a worker may look at them a moment after its event was taken.
// A task may be killed in here (base/robust_mutex.h). What counts is the chain of events; the rest is made
// from it. Who finds an op over whose worker was killed puts its event in again: one that is in stays.
//
// Lock order: lock_ is a leaf. wakeMutex_, then whatever Wake takes: with Node, the thread-safe function's
// own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/futex.h"
#include "base/robust_mutex.h"
#include "core/op.h"
#include "core/patience.h"

namespace pendingop {

class Completions {
 public:
  using Wake = void (*)(void* context);

  // Whoever opens and closes the client. After close() nobody is woken but the supervisor, until reopened.
  void open(Wake wake, void* context);
  void stopWaking();
  void setClosed(bool closed) { closed_.store(closed, std::memory_order_seq_cst); }
  bool isClosed() const { return closed_.load(std::memory_order_relaxed); }

  // Any thread; a task says so by its `holder`, since it must not wake the client itself.
  void put(Event& event, LockHolder* holder);

  // The client's thread. The oldest; null when there is nothing.
  Event* take();
  // That of this slot alone, waited for until `untilNs` (negative: for ever); null: none before. The others
  // stay, in their order. `pool` runs the op.
  Event* waitFor(int32_t slot, Pool& pool, int64_t untilNs);
  // How many may be taken: none only when there are none.
  size_t count() const { return gatheredCount_ + listedCount_.load(std::memory_order_relaxed); }
  // Asks to be woken once `count` can be taken, or fewer when the queue has run empty. False: it is so
  // already.
  bool arm(size_t count);

  // The supervisor: wakes the client when it is armed and has any at all, since it waits for others that may
  // never come.
  void nudge();

 private:
  class SCOPED_CAPABILITY Held {
   public:
    Held(Completions& completions, LockHolder* holder) ACQUIRE(completions.lock_)
        : lock_(completions.lock_), holder_(holder) {
      if (lock_.lock(holder_)) completions.repair();
    }
    ~Held() RELEASE() { lock_.unlock(holder_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    RobustMutex& lock_;
    LockHolder* const holder_;
  };

  void append(Event& event) REQUIRES(lock_);
  void repair() REQUIRES(lock_);
  void gather();
  Event* pick(int32_t slot);
  static bool mayWait();
  void wake();

  // The client's thread's.
  Event* gathered_ = nullptr;  // taken out of the chain, oldest first
  size_t gatheredCount_ = 0;
  Patience patience_;

  Mutex wakeMutex_;
  Wake wake_ GUARDED_BY(wakeMutex_) = nullptr;
  void* wakeContext_ GUARDED_BY(wakeMutex_) = nullptr;

  alignas(64) RobustMutex lock_;
  Event* first_ GUARDED_BY(lock_) = nullptr;
  Event* last_ GUARDED_BY(lock_) = nullptr;
  size_t armedAt_ GUARDED_BY(lock_) = 0;  // wake when so many are in the chain; 0: do not
  std::atomic<size_t> listedCount_{0};    // changed with the lock held
  std::atomic<uint32_t> sleeping_{0};     // 1: its thread waits for the next one, in waitFor()
  std::atomic<bool> closed_{false};
};

}  // namespace pendingop
