#include "core/allocator.h"

#include <new>

namespace pendingop {

// Never destroyed, like the pool.
Allocator& Allocator::instance() { return theAllocator; }
Allocator& Allocator::theAllocator = *new Allocator;

Op* Allocator::take(size_t count) {
  Lock lock(mutex_);
  Op* chain = nullptr;
  for (size_t i = 0; i < count; i++) {
    Op* op = free_;
    if (op != nullptr) {
      free_ = op->next;
    } else {
      op = new (std::nothrow) Op;
      if (op != nullptr) all_.push_back(op);
    }
    if (op == nullptr) break;
    op->next = chain;
    chain = op;
    taken_++;
  }
  return chain;
}

void Allocator::give(Op* op) {
  op->input.reset();
  op->output.reset();
  op->scratch.reset();
  Lock lock(mutex_);
  op->next = free_;
  free_ = op;
  taken_--;
}

Op* Allocator::at(uint32_t number) {
  Lock lock(mutex_);
  return number < all_.size() ? all_[number] : nullptr;
}

size_t Allocator::taken() {
  Lock lock(mutex_);
  return taken_;
}

}  // namespace pendingop
