// The completions of a client's ops, in the order in which they came. Workers put events in; the client's own
// thread takes them out, and sleeps until there is one.
//
// Reused with their client and never freed, since a worker may read them a moment after its event was taken.
// A task may be killed while it holds lock_ (base/robust_mutex.h). The chain of events is authoritative:
// repair() makes everything else from it. If the worker of an op that is over was killed, the supervisor puts
// the op's events in again. put() lists each once, and does nothing for an op that is another one by now.
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

  // The thread that opens and closes the client. While it is closed, only the supervisor is woken.
  void open(Wake wake, void* context);
  void stopWaking();
  void setClosed(bool closed) { closed_.store(closed, std::memory_order_seq_cst); }
  bool isClosed() const { return closed_.load(std::memory_order_relaxed); }

  // How an op ends for its caller. `last`: the kernel has released the op, too.
  struct Answer {
    Outcome outcome;
    bool last;
  };
  // Any thread. Lists the op's `done`, if there is an answer, and its `released`, once the op's state says
  // so and `done` is listed. A task passes its `holder`: the supervisor then wakes the client, since a task
  // must not call libc.
  void put(Op& op, uint64_t generation, const Answer* answer, LockHolder* holder);

  // The client's thread. Returns the oldest event; null: there is none.
  Event* take();
  // Waits for the event of this slot until `untilNs` (negative: for ever); null: there was none by then.
  // Other events stay in their order. `pool` runs the op.
  Event* waitFor(int32_t slot, Pool& pool, int64_t untilNs);
  // How many can be taken at least; 0 only if there are none.
  size_t count() const { return gatheredCount_ + listedCount_.load(std::memory_order_relaxed); }
  // Asks to be woken once `count` can be taken, or fewer if no more ops are queued. Returns false if so many
  // can be taken already.
  bool arm(size_t count);

  // The supervisor. Wakes the client if it is armed and has any event: the others that it waits for may never
  // come.
  void nudge();
  // The supervisor. Wakes whoever sleeps here, and may have events: a task was killed, perhaps before it did.
  void wakeAgain();

 private:
  friend class Held<Completions>;

  bool list(Op& op, uint64_t generation, const Answer* answer) REQUIRES(lock_);
  void append(Op& op, Event& event, Answer answer) REQUIRES(lock_);
  void repair() REQUIRES(lock_);
  void gather();
  Event* pick(int32_t slot);
  static bool mayWait();
  void wake();

  // Only the client's thread uses these.
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
