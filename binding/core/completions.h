// What has become of a client's ops, in the order in which it became known: any thread puts events in, the
// client's own takes them out, and sleeps until there are some.
//
// Reused with their client and never freed: a worker may look at them a moment after its event was taken.
//
// Lock order: wakeMutex_, then whatever Wake takes: with Node, the thread-safe function's own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/futex.h"
#include "core/op.h"

namespace pendingop {

class Completions {
 public:
  using Wake = void (*)(void* context);

  // Whoever opens and closes the client. After close() nobody is woken but the supervisor, until reopened.
  void open(Wake wake, void* context);
  void stopWaking();
  void setClosed(bool closed) { closed_.store(closed, std::memory_order_seq_cst); }
  bool isClosed() const { return closed_.load(std::memory_order_relaxed); }

  // Any thread or task; `byTask`: the caller is one, and must not wake the client itself.
  void put(Event& event, bool byTask);

  // The client's thread. The oldest; null when there is nothing.
  Event* take();
  // That of this slot alone, waited for until `untilNs` (negative: for ever); null: none before. The others
  // stay, in their order. `pool` runs the op.
  Event* waitFor(int32_t slot, Pool& pool, int64_t untilNs);
  // How many may be taken: none only when there are none.
  size_t count() const {
    // One may be taken before it is counted.
    const size_t put = putCount_.load(std::memory_order_relaxed);
    return put > takenCount_ ? put - takenCount_ : 0;
  }
  // Asks to be woken once `count` can be taken, or fewer when the queue has run empty. False: it is so
  // already.
  bool arm(size_t count);

  // The supervisor: wakes the client when it is armed and has any at all, since it waits for others that may
  // never come.
  void nudge();

 private:
  void gather();
  Event* pick(int32_t slot);
  bool isDue(size_t put, size_t at) const;
  void wake();

  // The client's thread's.
  Event* gathered_ = nullptr;  // taken off `newest_`, in order
  size_t takenCount_ = 0;

  Mutex wakeMutex_;
  Wake wake_ GUARDED_BY(wakeMutex_) = nullptr;
  void* wakeContext_ GUARDED_BY(wakeMutex_) = nullptr;

  alignas(64) std::atomic<Event*> newest_{nullptr};  // linked to older ones
  std::atomic<size_t> putCount_{0};
  std::atomic<size_t> armedAt_{0};     // wake when `putCount_` has got there; 0: do not
  std::atomic<uint32_t> sleeping_{0};  // 1: its thread waits for the next one, in waitFor()
  std::atomic<bool> closed_{false};
};

}  // namespace pendingop
