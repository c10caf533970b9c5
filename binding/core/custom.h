// A custom op: its work is a function of another addon. The record says which function the worker calls, and
// how an interrupt makes that function return.
//
// The environment's thread makes the record and sets it in the op before the op is queued. The op's worker
// calls run(); the thread that interrupts calls stop(); the thread that ends its use calls drop(). Records
// are reused and never freed, so that a late interrupt finds a record, if perhaps that of another op.
//
// Lock order: the supervisor's mutex, then mutex_, then Worker::mutex and the unblocker's. No function of the
// user's is called with a lock held. Only the worker waits for `unblock` to return: before its op is over,
// since until then the data is there, and before a shielded stretch begins.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.h"
#include "core/op.h"

namespace pendingop {

struct CustomFunctions {
  // On a worker: >= 0, or -errno; -EINTR to be called again unless the op was interrupted.
  int64_t (*execute)(Op* op, void* data) = nullptr;
  // Makes execute() return. Called at most once, on the unblocker's thread, while execute() is under way.
  // Null: the signal of the interrupt makes it return.
  void (*unblock)(void* data) = nullptr;
  // Called once, on any thread, when nobody uses the data any more.
  void (*destroy)(void* data) = nullptr;
  void* data = nullptr;
  // The environment's, which alone knows what they are.
  void* owner = nullptr;
  void (*complete)() = nullptr;
};

class Custom {
 public:
  static Custom* make(const CustomFunctions& functions);
  // Ends its use: the data is destroyed, unless it stays the maker's.
  void drop(bool destroy = true);

  // Valid until the op is over.
  const CustomFunctions& functions() const { return functions_; }

  // The worker. Returns the op's result; -EINTR: an interrupt has ended it.
  int64_t run(Op& op);
  // Called by execute(), on its thread; calls nest. While it is on, nothing interrupts the function.
  void shield(bool on);
  bool shielded() const { return shields_ > 0; }

  // Any thread. Interrupts the op. Always returns false: the function may go on, so the supervisor tries
  // again.
  bool stop(Op& op, uint64_t generation, Worker& worker);
  // The unblocker's thread.
  void unblock(Op& op, uint64_t generation);

 private:
  bool enter(Op& op);
  bool leave();
  void waitUntilUnblocked();
  bool canStop(const Op& op, uint64_t generation) const REQUIRES(mutex_) {
    return running_ == &op && op.state.generation() == generation && !held_ && !unblocked_;
  }

  Custom* next_ = nullptr;  // the free list
  CustomFunctions functions_;
  uint32_t shields_ = 0;                 // the worker's own
  std::atomic<uint32_t> unblocking_{0};  // unblock() is under way; a futex

  Mutex mutex_;
  Op* running_ GUARDED_BY(mutex_) = nullptr;  // whose execute() is under way
  bool hasUnblock_ GUARDED_BY(mutex_) = false;
  bool held_ GUARDED_BY(mutex_) = false;   // shielded
  bool asked_ GUARDED_BY(mutex_) = false;  // the unblocker has it in its list
  bool unblocked_ GUARDED_BY(mutex_) = false;
};

}  // namespace pendingop
