// The workers for one kind of ops, and who of them wakes when: those for local files, those for one remote
// file system (core/lanes.h). For all environments, never destroyed.
//
// Woken as rarely as possible: a worker that finds the queue empty looks again for some microseconds before
// it sleeps, and while one does, whoever submits need not wake anybody. A pool that is too small is the
// supervisor's business: core/growth.h.
//
// Lock order: mutex_ before Worker::mutex; nothing is locked while a wake-up is sent.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/backlog.h"
#include "core/futex.h"
#include "core/growth.h"
#include "core/health.h"
#include "core/op.h"
#include "core/pace.h"
#include "core/worker.h"

namespace pendingop {

class Pool {
 public:
  // What its workers are: threads, threads with room for other addons' functions, tasks that can be killed,
  // or either as configure({ killable }) says. Of waiters, whose calls may wait as long as they like:
  // threads, or either.
  enum class Workers : uint8_t { threads, foreign, tasks, either, waiters, remoteWaiters };

  Pool(uint32_t index, Workers kind, size_t queueCapacity, Health* health = nullptr);

  const uint32_t index;

  // Any environment's thread: queues an op. flush() then wakes who is needed.
  void push(Op* op) { backlog_.push(op); }
  void flush();
  // Before an environment sleeps: somebody must be awake for what it has queued.
  void serve();
  // An environment that would wait long for its completions: one more worker, as long as there are processors
  // for it.
  void help();
  // The supervisor: somebody is to go on in the place of this op's worker, which was killed.
  void pushFallen(Op* op);
  // A worker that must not go on with it.
  void requeue(Op* op);

  // A worker: the next op; null when it is to leave, idle for long or out of date.
  Op* next(Worker& worker);
  // It has left, or could not be started. A task: it is gone.
  void left(Worker& worker);
  // Its task goes on with another record. Nobody else's thread may run on its stack any more.
  void replaced(Worker& worker);
  // A task that was killed: its record waits to be taken over.
  void fell();

  // The supervisor: more workers, woken or new. How many were not to be had. grow(): because those that there
  // are do not come back.
  size_t add(size_t count);
  size_t grow(size_t count);
  // New credentials, or another kind of workers: who sleeps is to look up, and leave.
  void wakeAll();

  // Ops wait, and who is awake may not come back.
  void watch();
  int64_t checkGrowth(int64_t now) { return growth_.check(now); }

  Pace& pace() { return pace_; }
  Health* health() { return health_; }
  const Queue& queue() const { return backlog_.queue(); }
  size_t waiting() const { return backlog_.size(); }
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  // Workers that were started or woken and have not looked at the queue yet.
  size_t coming() const { return coming_.load(std::memory_order_relaxed); }
  size_t idle() const { return idleCount_.load(std::memory_order_relaxed); }
  bool wantsTasks() const;
  bool isMain() const { return health_ == nullptr; }

  // The supervisor: every record that was ever made, in use or not.
  template <typename F>
  void eachWorker(F use) {
    Lock lock(mutex_);
    for (Worker* worker : records_) use(*worker);
  }

 private:
  void rouse();
  bool mayGrow() const;
  bool startWorker();
  bool wakeIdle();
  bool isOutOfDate(const Worker& worker) const;
  bool isForWaiters() const { return kind_ == Workers::waiters || kind_ == Workers::remoteWaiters; }
  Op* take(Worker& worker, bool* leave);
  Op* sleep(Worker& worker, bool* leave);
  void removeIdle(Worker& worker) REQUIRES(mutex_);
  void arrived(Worker& worker);

  const Workers kind_;
  Backlog backlog_;
  Pace pace_;
  Growth growth_;
  Health* const health_;
  const uint32_t processors_;
  const bool spin_;  // one processor: spinning would keep the other side from running

  alignas(64) std::atomic<uint32_t> spinning_{0};
  alignas(64) std::atomic<size_t> workers_{0};
  std::atomic<size_t> idleCount_{0};
  std::atomic<size_t> coming_{0};
  std::atomic<size_t> fallen_{0};  // ops in the queue that a task must take

  Mutex mutex_;
  Worker* idle_ GUARDED_BY(mutex_) = nullptr;  // last in, first out: the others may time out and leave
  Worker* free_ GUARDED_BY(mutex_) = nullptr;
  std::vector<Worker*> records_ GUARDED_BY(mutex_);
};

}  // namespace pendingop
