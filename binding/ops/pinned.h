// Held while a worker touches the caller's memory: meanwhile the op is not abandoned and its environment does
// not end. After making it, check op.wantsStop(). Either that is true, or the thread that interrupts sees the
// pin and waits. So while it is held, nothing may be waited for.
#pragma once

#include "core/op.h"

namespace pendingop::ops {

class Pinned {
 public:
  explicit Pinned(Op& op) : op_(op) {
    op_.pinned.store(1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  ~Pinned() { op_.pinned.store(0, std::memory_order_seq_cst); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  Op& op_;
};

}  // namespace pendingop::ops
