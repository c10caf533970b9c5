// The queue between environments and workers: many push, many pop, no lock (Vyukov's bounded MPMC queue).
//
// A cell holds a pointer and no promise: an op that was cancelled stays in its cell, and its memory may serve
// another op by the time a worker gets there. Whoever pops moves the op from `queued` to `running` by
// compare-and-swap, so a stale cell either finds nothing to do or starts a queued op a little early.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/op.h"

namespace pendingop {

class Queue {
 public:
  explicit Queue(size_t capacity) : mask_(capacity - 1), cells_(new Cell[capacity]) {  // a power of two
    for (size_t i = 0; i < capacity; i++) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  // False when full.
  bool push(Op* op) {
    size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at & mask_];
      const auto lead =
          static_cast<intptr_t>(cell.turn.load(std::memory_order_acquire)) - static_cast<intptr_t>(at);
      if (lead < 0) return false;
      if (lead > 0) {
        at = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        cell.op.store(op, std::memory_order_relaxed);
        cell.turn.store(at + 1, std::memory_order_release);
        return true;
      }
    }
  }

  // Null when empty.
  Op* pop() {
    size_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at & mask_];
      const auto lead =
          static_cast<intptr_t>(cell.turn.load(std::memory_order_acquire)) - static_cast<intptr_t>(at + 1);
      if (lead < 0) return nullptr;
      if (lead > 0) {
        at = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        Op* op = cell.op.load(std::memory_order_relaxed);
        cell.turn.store(at + mask_ + 1, std::memory_order_release);
        // The one after it, before it is needed.
        const Cell& following = cells_[(at + 1) & mask_];
        if (following.turn.load(std::memory_order_acquire) == at + 2)
          prefetch(following.op.load(std::memory_order_relaxed));
        return op;
      }
    }
  }

  // True for the moment; others push and pop meanwhile.
  size_t size() const {
    const size_t tail = tail_.load(std::memory_order_seq_cst);
    const size_t head = head_.load(std::memory_order_seq_cst);
    return tail > head ? tail - head : 0;
  }
  size_t popped() const { return head_.load(std::memory_order_relaxed); }

 private:
  static void prefetch(const Op* op) {
    __builtin_prefetch(op, 1);
    __builtin_prefetch(&op->d0);
    __builtin_prefetch(op->shortInput);
    __builtin_prefetch(&op->worker, 1);
    __builtin_prefetch(op->numbers, 1);
    __builtin_prefetch(op->numbers + 8, 1);
    __builtin_prefetch(op->numbers + 16, 1);
  }

  struct Cell {
    std::atomic<size_t> turn;
    std::atomic<Op*> op;
  };
  const size_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<size_t> head_{0};
  alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace pendingop
