// The workers for one kind of ops: those for local files, those for one remote file system (core/lanes.h).
// For all environments, never destroyed. core/schedule.h decides which workers are awake; this does it.
//
// Lock order: lock_ before Worker::mutex; nothing is locked while a worker is woken or started. Tasks take
// lock_ too, and may be killed with it.
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
    bool runsForeignCode = false;  // other addons' functions, which need room on the stack
    bool isForLocal = false;  // it may have all workers that there may be, others three quarters of the rest
    bool keepsOne = false;    // its last worker stays, however long there is nothing to do
  };

  Pool(uint32_t index, Kind kind, Health* health = nullptr);

  const uint32_t index;

  // An environment: ops that begin now, linked by `nextQueued`.
  void submit(Op* first, Op* last, size_t count);
  // An environment that is about to sleep until something has completed.
  void onLoopSleeps();
  // Any thread: ends an op of this generation that no worker has taken; false: there is no such op.
  bool cancel(Op& op, uint64_t generation);

  // A worker: the op that it is to run, or the record of a killed task whose stack it is to go on with, or
  // neither: it is to end.
  struct Work {
    Op* op = nullptr;
    Worker* stack = nullptr;
  };
  Work next(Worker& worker);
  // A worker that has ended, or its task is gone.
  void onEnded(Worker& worker);
  // The supervisor. We have killed its task in a call, and it is gone: another one goes on with the stack.
  void onTaskKilled(Worker& worker);
  // The supervisor. Somebody else has killed its task, and it is gone. What it ran is the caller's to end:
  // that may be done already, and only not be told (Client::complete(), which tells once).
  struct Lost {
    Op* op;
    uint64_t generation;
  };
  Lost onTaskLost(Worker& worker);
  // The task of `left` goes on as `by`, and is off its own stack: that and the record are free.
  void onStackAdopted(Worker& left, Worker& by);

  // Before the first call: local calls have a worker whatever others take.
  void startFirst();
  // New credentials, or another kind of workers: those at rest that are out of date end.
  void retireOutdated();
  // Others need room for a worker: one that rests ends. False: none does.
  bool retireOne();

  // Any thread or task: the supervisor is to look after this pool.
  void supervise() { meet(schedule_.supervise()); }
  // The supervisor: when to look again, kNever when there is nothing to look after.
  int64_t check(int64_t now);
  bool isSupervised() const { return schedule_.isSupervised(); }
  // No worker was to be had when one was last wanted.
  bool isFull() const { return isFull_.load(std::memory_order_seq_cst); }

  // Before it is submitted: its workers run the op.
  void take(Op& op) {
    op.pool = this;
    op.isRemote = !isMain();
  }

  Health* health() { return health_; }
  bool wantsTasks() const;
  bool isMain() const { return health_ == nullptr; }
  bool canSearch() const { return canSearch_; }

  // For those who look on; true for the moment.
  size_t queued() const { return schedule_.queued(); }
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  size_t idle() const { return schedule_.resting(); }

  // No op waits, none runs. It takes the lock, as a submit does: whoever has set a flag and finds the pool
  // quiet after that knows that the next submit's thread, past its submit, finds that flag set.
  // docs/memory-order.md
  bool isQuiet();

  // The supervisor: every record that was ever made, in use or not.
  template <typename F>
  void eachWorker(F use) {
    Held held(*this, nullptr);
    for (Worker* worker : records_) use(*worker);
  }

 private:
  // The lock, and what it guards repaired if whoever had it was killed.
  class SCOPED_CAPABILITY Held {
   public:
    Held(Pool& pool, LockHolder* holder) ACQUIRE(pool.lock_) : pool_(pool), holder_(holder) {
      if (pool_.lock_.lock(holder_)) pool_.repair();
    }
    ~Held() RELEASE() { pool_.lock_.unlock(holder_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Pool& pool_;
    LockHolder* const holder_;
  };

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
  std::atomic<bool> isFull_{false};  // no worker is to be had at present

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
