// While a worker touches the caller's memory: the op is not given up and its environment does not end. Look
// at op.wantsStop() after it was made: either that says so, or whoever wants it to stop sees the pin and
// waits. Nothing may be waited for meanwhile.
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
