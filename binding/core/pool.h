// A pool: the workers for one kind of ops, such as those on local files or those on one remote file system
// (core/lanes.h). All environments share it, and it is never destroyed. core/schedule.h decides which workers
// are awake; the pool wakes and starts them. pool.cc hands ops to workers, pool_size.cc starts and ends
// workers, pool_killed.cc goes on after killed tasks.
//
// Lock order: lock_ before Worker::mutex. No lock is held while a worker is woken or started. Tasks take
// lock_ too, and a task may be killed while it holds it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/robust_mutex.h"
#include "core/health.h"
#include "core/op.h"
#include "core/schedule.h"
#include "core/worker.h"

namespace pendingop {

class Pool {
 public:
  struct Kind {
    // Whether workers are tasks that can be killed. asSet: as configure({ killable }) says.
    enum class Tasks : uint8_t { never, always, asSet } tasks = Tasks::never;
    bool runsForeignCode = false;  // its ops are other addons' functions, which need a large stack
    bool isForLocal = false;  // it may use the whole limit of workers; others, three quarters of the rest
    bool keepsOne = false;    // its last worker never ends for want of ops
  };

  Pool(uint32_t index, Kind kind, Health* health = nullptr);

  const uint32_t index;

  // An environment's thread. The ops, linked by `nextQueued`, become queued.
  void submit(Op* first, Op* last, size_t count);
  // An environment's thread, before it sleeps until an op has completed.
  void onLoopSleeps();
  // Any thread. Ends the op if it is of this generation and no worker has taken it; else returns false.
  bool cancel(Op& op, uint64_t generation);

  // A worker. Returns the op that the worker runs next, or the record of a killed task whose stack it takes
  // over. If both are null, the worker ends. `now`: when its last op ended. To look at the clock costs as
  // much as all else in here, so an op that is queued by then begins when the one before it ended.
  struct Work {
    Op* op = nullptr;
    Worker* stack = nullptr;
  };
  Work next(Worker& worker, int64_t now);
  // The worker has ended: its thread, or the kernel has released its task.
  void onEnded(Worker& worker);
  // The supervisor. We have killed the worker's task in a call and the kernel has released it: another task
  // takes over the stack.
  void onTaskKilled(Worker& worker);
  // The supervisor. Somebody else has killed the worker's task and the kernel has released it. Returns the op
  // that it ran, which the caller ends; the op may have ended already without its client having been told
  // (Client::complete() tells once).
  struct Lost {
    Op* op;
    uint64_t generation;
  };
  Lost onTaskLost(Worker& worker);
  // The supervisor. The task of `left` has gone on with another stack: its own stack and record are free.
  void onStackAdopted(Worker& left);

  // Before the first call of the process, so that local calls have a worker whatever the other pools take.
  void startFirst();
  // After a change of credentials or of the kind of workers: resting workers of the old kind end.
  void retireOutdated();
  // Another pool needs room for a worker: a resting one ends. Returns false if none rests.
  bool retireOne();

  // Any thread or task. From now on the supervisor looks after this pool.
  void supervise() { meet(schedule_.supervise()); }
  // The supervisor. Returns when to look again; kNever: there is nothing to look after.
  int64_t check(int64_t now);
  bool isSupervised() const { return schedule_.isSupervised(); }
  // Whether the last attempt to start a worker failed.
  bool isFull() const { return isFull_.load(std::memory_order_seq_cst); }

  // Before the op is submitted. The workers of this pool will run it.
  void take(Op& op) {
    op.pool = this;
    op.isRemote = !isMain();
  }

  Health* health() { return health_; }
  bool wantsTasks() const;
  bool isMain() const { return health_ == nullptr; }
  bool canSearch() const { return canSearch_; }

  // Any thread. They may be out of date when they return.
  size_t queued() const { return schedule_.queued(); }
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  size_t idle() const { return schedule_.resting(); }

  // Whether no op is queued and none runs. It takes the lock, as a submit does: if a thread sets a flag and
  // then finds the pool quiet, the thread of the next submit sees that flag after its submit
  // (docs/memory-order.md).
  bool isQuiet();

  // The supervisor. Every record that was ever made, in use or not.
  template <typename F>
  void eachWorker(F use) {
    Held held(*this, nullptr);
    for (Worker* worker : records_) use(*worker);
  }

 private:
  friend class Held<Pool>;

  bool isOutdated(const Worker& worker) const;
  bool sleep(Worker& worker);
  void meet(const Schedule::Demand& demand);
  void repair() REQUIRES(lock_);
  void forget(Worker& worker);
  void leaveStack(Worker& worker);
  size_t start(size_t count);
  bool startWorker();

  const Kind kind_;
  Health* const health_;
  const bool canSearch_;
  std::atomic<size_t> workers_{0};
  std::atomic<bool> isFull_{false};  // the last attempt to start a worker failed

  alignas(64) RobustMutex lock_;
  Schedule schedule_;
  Worker* free_ GUARDED_BY(lock_) = nullptr;
  std::vector<Worker*> records_ GUARDED_BY(lock_);

  // The supervisor's.
  int64_t retryAt_ = 0;
  int64_t retryPause_ = 0;
  uint64_t roomSeen_ = 0;
};

}  // namespace pendingop
