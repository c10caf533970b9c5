// The workers of the process, and who of them wakes when. One pool for all environments, never destroyed.
//
// Woken as rarely as possible: a worker that finds the queue empty looks again for some microseconds before
// it sleeps, and while one does, whoever submits need not wake anybody. A pool that is too small is the
// supervisor's business: it starts workers while ops wait and those that there are do not come back
// (core/supervisor.h).
//
// Lock order: mutex_ before Worker::mutex; nothing is locked while a wake-up is sent.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/backlog.h"
#include "core/futex.h"
#include "core/op.h"
#include "core/pace.h"
#include "core/supervisor.h"
#include "core/worker.h"

namespace pendingop {

class Pool {
 public:
  static Pool& instance();

  // Claims the signal and starts what has to run. 0, or -errno: -EBUSY when somebody else uses the signal.
  int start();
  bool started() const { return signal_.load(std::memory_order_acquire) != 0; }
  // Before start(). 0; -EBUSY when somebody else uses it; -EALREADY when the pool runs with another one;
  // -EINVAL when it is no signal that can be handled.
  int chooseSignal(int number);
  int signal() const { return signal_.load(std::memory_order_acquire); }
  void setMaxThreads(size_t n) { maxThreads_.store(n, std::memory_order_relaxed); }
  size_t maxThreads() const { return maxThreads_.load(std::memory_order_relaxed); }

  // Any environment's thread: queues an op. flush() then wakes who is needed.
  void push(Op* op) { backlog_.push(op); }
  void flush();
  // Before an environment sleeps: somebody must be awake for what it has queued.
  void serve();
  // An environment that would wait long for its completions: one more worker, as long as there are processors
  // for it.
  void help();

  // A worker: the next op; null when it is to leave, idle for long.
  Op* next(Worker& worker);
  void left(Worker& worker);

  // Makes the op's worker leave the kernel; the op's state must tell it so already.
  void pursue(Op* op, uint64_t generation);
  // The supervisor: once more.
  void resend(Op* op, uint64_t generation);

  // The supervisor: more workers, woken or new. How many were not to be had.
  size_t grow(size_t count);

  Supervisor& supervisor() { return supervisor_; }
  Pace& pace() { return pace_; }
  const Queue& queue() const { return backlog_.queue(); }
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  // Workers that were started or woken and have not looked at the queue yet.
  size_t coming() const { return coming_.load(std::memory_order_relaxed); }
  size_t idle() const { return idleCount_.load(std::memory_order_relaxed); }

 private:
  Pool();
  static Pool& thePool;
  void rouse();
  bool startWorker();
  bool wakeIdle();
  bool sendTo(Op* op, uint64_t generation);
  Op* sleep(Worker& worker, bool* leave);
  void removeIdle(Worker& worker) REQUIRES(mutex_);
  void arrived(Worker& worker);

  Backlog backlog_;
  Pace pace_;
  Supervisor supervisor_;
  std::atomic<int> signal_{0};
  std::atomic<size_t> maxThreads_;
  const uint32_t processors_;
  const bool spin_;  // one processor: spinning would keep the other side from running

  alignas(64) std::atomic<uint32_t> spinning_{0};
  alignas(64) std::atomic<size_t> workers_{0};
  std::atomic<size_t> idleCount_{0};
  std::atomic<size_t> coming_{0};

  Mutex mutex_;
  Worker* idle_ GUARDED_BY(mutex_) = nullptr;  // last in, first out: the others may time out and leave
  Worker* free_ GUARDED_BY(mutex_) = nullptr;
  uint32_t nextIndex_ GUARDED_BY(mutex_) = 0;
  int chosenSignal_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pendingop
