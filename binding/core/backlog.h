// What is queued for the workers: the lock-free queue and, behind it, what did not fit.
#pragma once

#include <atomic>
#include <cstddef>

#include "core/futex.h"
#include "core/op.h"
#include "core/queue.h"

namespace pendingop {

class Backlog {
 public:
  explicit Backlog(size_t capacity) : queue_(capacity) {}

  void push(Op* op) {
    if (overflowed_.load(std::memory_order_relaxed) == 0 && queue_.push(op)) return;
    Lock lock(mutex_);
    op->nextQueued = nullptr;
    (last_ == nullptr ? first_ : last_->nextQueued) = op;
    last_ = op;
    overflowed_.fetch_add(1, std::memory_order_seq_cst);
    refill();
  }

  // Null when empty.
  Op* pop() {
    Op* op = queue_.pop();
    if (overflowed_.load(std::memory_order_seq_cst) > 0) {
      Lock lock(mutex_);
      refill();
      if (op == nullptr) op = queue_.pop();
    }
    return op;
  }

  const Queue& queue() const { return queue_; }
  size_t size() const { return queue_.size() + overflowed_.load(std::memory_order_seq_cst); }

 private:
  void refill() REQUIRES(mutex_) {
    while (first_ != nullptr) {
      Op* const following = first_->nextQueued;  // once pushed, it may be over and in another list
      if (!queue_.push(first_)) return;
      first_ = following;
      if (first_ == nullptr) last_ = nullptr;
      overflowed_.fetch_sub(1, std::memory_order_seq_cst);
    }
  }

  Queue queue_;
  // Empty again before the queue is: whoever pops fills the queue up.
  std::atomic<size_t> overflowed_{0};
  Mutex mutex_;  // a leaf
  Op* first_ GUARDED_BY(mutex_) = nullptr;
  Op* last_ GUARDED_BY(mutex_) = nullptr;
};

}  // namespace pendingop
