// An op whose work is a function of somebody else's: what to call, and how to make it come back.
//
// Made on the environment's thread, which also tells the op of it before the op is queued. Its worker runs
// it; stop() is for whoever interrupts; drop() for whoever ends its use. Records are reused and never freed:
// an interrupt that comes late finds one, if perhaps another op's.
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
  // Makes execute() return. At most once, on the unblocker's thread, while execute() is under way. Null: the
  // interrupt's signal does.
  void (*unblock)(void* data) = nullptr;
  // Once, when nobody uses the data any more; on any thread.
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

  // Whose op it is, as long as that is not over.
  const CustomFunctions& functions() const { return functions_; }

  // The worker: the op's result. -EINTR: the op was interrupted, and ended by that.
  int64_t run(Op& op);
  // From within execute(), on its thread; nested ones count. In between nothing interrupts.
  void shield(bool on);
  bool shielded() const { return shields_ > 0; }

  // Any thread: interrupts the op. Returns false, always: what it does may not be enough, try again.
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
