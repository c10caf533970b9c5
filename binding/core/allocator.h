// Where ops live. Memory of ops is kept for the life of the process: a state word may be looked at long after
// its op is over. Any thread of libc's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/futex.h"
#include "core/op.h"

namespace pendingop {

class Allocator {
 public:
  static Allocator& instance();

  // A chain of up to `count` free ops, linked by `next`; null without memory.
  Op* take(size_t count);
  void give(Op* op);
  // Ops that are out, in use or in some client's stock; for the tests that count leaks.
  size_t taken();

  // Every op that there ever was, in use or not, with its number. Its memory stays.
  template <typename F>
  void each(F use) {
    for (uint32_t number = 0;; number++) {
      Op* op = at(number);
      if (op == nullptr) return;
      use(op, number);
    }
  }
  // Null: there is none with that number.
  Op* at(uint32_t number);

 private:
  static Allocator& theAllocator;
  Mutex mutex_;
  Op* free_ GUARDED_BY(mutex_) = nullptr;
  size_t taken_ GUARDED_BY(mutex_) = 0;
  std::vector<Op*> all_ GUARDED_BY(mutex_);
};

}  // namespace pendingop
