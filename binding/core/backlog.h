// What is queued for the workers: the lock-free queue and, behind it, what did not fit.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>

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
    overflow_.push_back(op);
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

 private:
  void refill() REQUIRES(mutex_) {
    while (!overflow_.empty() && queue_.push(overflow_.front())) overflow_.pop_front();
    overflowed_.store(overflow_.size(), std::memory_order_seq_cst);
  }

  Queue queue_;
  // Empty again before the queue is: whoever pops fills the queue up.
  std::atomic<size_t> overflowed_{0};
  Mutex mutex_;  // a leaf
  std::deque<Op*> overflow_ GUARDED_BY(mutex_);
};

}  // namespace pendingop
