#include "core/custom.h"

#include "base/errors.h"
#include "core/runtime.h"
#include "core/unblocker.h"
#include "core/worker.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {
Mutex freeMutex;
Custom* freeRecords GUARDED_BY(freeMutex) = nullptr;
}  // namespace

Custom* Custom::make(const CustomFunctions& functions) {
  Custom* custom;
  {
    Lock lock(freeMutex);
    custom = freeRecords;
    if (custom != nullptr) freeRecords = custom->next_;
  }
  if (custom == nullptr) custom = new Custom;
  custom->functions_ = functions;
  Lock lock(custom->mutex_);
  custom->hasUnblock_ = functions.unblock != nullptr;
  custom->unblocked_ = false;
  return custom;
}

void Custom::drop(bool destroy) {
  const CustomFunctions functions = functions_;
  functions_ = {};
  {
    Lock lock(freeMutex);
    next_ = freeRecords;
    freeRecords = this;
  }
  if (destroy && functions.destroy != nullptr) functions.destroy(functions.data);
}

int64_t Custom::run(Op& op) {
  for (;;) {
    if (!enter(op)) return -EINTR;
    op.tookEffect.store(true, std::memory_order_relaxed);
    const int64_t result = functions_.execute(&op, functions_.data);
    const bool unblocked = leave();
    // If unblock() has run, the error of the call is its doing.
    if (result < 0 && unblocked) return -EINTR;
    if (result != -EINTR || op.wantsStop()) return result;
  }
}

// Set before the check: a thread that interrupts the op after the check finds it here.
bool Custom::enter(Op& op) {
  Lock lock(mutex_);
  running_ = &op;
  if (!op.wantsStop()) {
    sys::noteForeign(&op);
    return true;
  }
  running_ = nullptr;
  return false;
}

bool Custom::leave() {
  const bool left = shielded();  // a stretch that was not ended ends here
  shields_ = 0;
  bool unblocked;
  {
    Lock lock(mutex_);
    sys::noteForeign(nullptr);
    running_ = nullptr;
    held_ = false;
    unblocked = unblocked_;
  }
  if (left) sys::holdSignal(Runtime::instance().signal(), false);
  waitUntilUnblocked();
  return unblocked;
}

void Custom::waitUntilUnblocked() {
  while (unblocking_.load(std::memory_order_acquire) != 0) waitWhile(unblocking_, 1, -1);
}

void Custom::shield(bool on) {
  if (!on && !shielded()) return;
  shields_ += on ? 1 : -1;
  if (shields_ != (on ? 1 : 0)) return;
  // The signal is held back as well as not sent: one may be on its way.
  if (on) sys::holdSignal(Runtime::instance().signal(), true);
  Op* op;
  {
    Lock lock(mutex_);
    held_ = on;
    op = running_;
  }
  if (on) {
    // An unblock() that began before held_ was set goes on without the lock. None begins from here on.
    waitUntilUnblocked();
    return;
  }
  sys::holdSignal(Runtime::instance().signal(), false);
  // Makes up for the interrupts that came meanwhile.
  if (op->wantsStop()) Runtime::instance().supervisor().pursue(op, op->state.generation());
}

bool Custom::stop(Op& op, uint64_t generation, Worker& worker) {
  const int signal = Runtime::instance().signal();
  Lock lock(mutex_);
  if (!canStop(op, generation)) return false;
  if (!hasUnblock_) {
    if (sys::ownsSignal(signal)) signalWorker(worker, signal);
  } else if (!asked_) {
    asked_ = true;
    Unblocker::instance().push(*this, op, generation);
  }
  return false;
}

void Custom::unblock(Op& op, uint64_t generation) {
  {
    Lock lock(mutex_);
    asked_ = false;
    if (!canStop(op, generation)) return;
    unblocked_ = true;
    unblocking_.store(1, std::memory_order_relaxed);
  }
  functions_.unblock(functions_.data);
  unblocking_.store(0, std::memory_order_release);
  wakeOne(unblocking_);
}

}  // namespace pendingop
