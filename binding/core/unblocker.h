// The thread that calls unblock functions: other people's code, which neither the supervisor nor an event
// loop is to wait for. One for the process, started with the first op that has such a function, never ended.
//
// Lock order: mutex_ is a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/futex.h"

namespace pendingop {

class Custom;
struct Op;

class Unblocker {
 public:
  static Unblocker& instance();

  // False: there was no thread to be had.
  bool start();
  // Any thread.
  void push(Custom& custom, Op& op, uint64_t generation);

 private:
  struct Item {
    Custom* custom;
    Op* op;
    uint64_t generation;
  };
  static Unblocker& theUnblocker;
  static void* main(void* self);
  void run();

  std::atomic<uint32_t> wakeups_{0};
  Mutex mutex_;
  bool started_ GUARDED_BY(mutex_) = false;
  std::vector<Item> items_ GUARDED_BY(mutex_);
};

}  // namespace pendingop
