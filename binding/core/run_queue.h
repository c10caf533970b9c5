// The ops that wait for a worker, oldest first: a list through the ops themselves. Guarded by the pool's
// lock; an op is in it while its state is `queued`.
//
// A task may die in here (base/robust_mutex.h). What counts is the chain of `nextQueued`: each change of it
// is one store, and repair() makes the rest from it.
#pragma once

#include <atomic>
#include <cstddef>

#include "core/op.h"

namespace pendingop {

class RunQueue {
 public:
  // Ops linked by `nextQueued`, from `first` to `last`. They begin here: nobody ends one that is queued
  // without taking it out.
  void append(Op* first, Op* last, size_t count) {
    Op* previous = last_;
    for (Op* op = first; op != nullptr; op = op->nextQueued) {
      op->begin();
      op->previousQueued = previous;
      previous = op;
    }
    (last_ == nullptr ? first_ : last_->nextQueued) = first;
    last_ = last;
    setSize(size() + count);
  }

  Op* front() const { return first_; }

  void remove(Op* op) {
    Op* const following = op->nextQueued;
    (op->previousQueued == nullptr ? first_ : op->previousQueued->nextQueued) = following;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    (following == nullptr ? last_ : following->previousQueued) = op->previousQueued;
    setSize(size() - 1);
  }

  // Whoever held the lock died in append() or remove(), or before remove() of an op that it took.
  void repair() {
    size_t count = 0;
    last_ = nullptr;
    for (Op** at = &first_; *at != nullptr;) {
      Op* const op = *at;
      if (op->state.state() != State::Queued) {
        *at = op->nextQueued;
        continue;
      }
      op->previousQueued = last_;
      last_ = op;
      count++;
      at = &op->nextQueued;
    }
    setSize(count);
  }

  // Any thread; true for the moment.
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  void setSize(size_t size) { size_.store(size, std::memory_order_relaxed); }

  Op* first_ = nullptr;
  Op* last_ = nullptr;
  std::atomic<size_t> size_{0};
};

}  // namespace pendingop
