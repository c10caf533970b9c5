// Which workers of a pool are awake, and when there are to be more. Decides, and does nothing itself: knows
// neither the kernel nor a clock, so that tests drive each interleaving. Guarded by the pool's lock.
//
// The invariant, whenever the lock is free and ops are queued: a worker is on its way to the queue (coming or
// searching), or the supervisor looks after the pool.
//   A worker rests only if it has found the queue empty under the same lock. One that is in a call does not
//   count, since the call may never return.
//
// The rule of growth: ops are queued, no worker is on its way, and fewer workers have begun a call within
// kShortCall than there are processors for them. Then one more is woken. Where none rests the supervisor
// starts one, and twice as many each time that no worker has come back in between.
//
// A task may be killed in here (base/robust_mutex.h). What counts is each worker's `place` and the chain of
// the queue; repair() makes the rest from those. docs/scheduling.md has the figures.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "core/op.h"
#include "core/patience.h"
#include "core/run_queue.h"
#include "core/worker.h"

namespace pendingop {

// A call that takes longer is taken for blocked. One that finds its answer in memory takes 0.5 to 50 µs.
constexpr int64_t kShortCall = 125 * kMicrosecond;
// How often the supervisor looks after a pool: what began just after a look is no short call two looks later.
constexpr int64_t kLookInterval = 2 * kShortCall;
// A worker that is not blocked, but copies much or waits for a processor, holds others up for so long.
constexpr int64_t kLongestRun = 10 * kMillisecond;

class Schedule {
 public:
  // What is to be done once the lock is released.
  struct Demand {
    Worker* wake = nullptr;  // linked by `next`: they rest no longer, and their futexes are to be set
    bool supervise = false;  // the supervisor is to look after this pool from now on
  };

  explicit Schedule(size_t processors) : processors_(processors) {}

  // An environment: ops linked by `nextQueued`.
  Demand onSubmitted(Op* first, Op* last, size_t count, int64_t now);
  // An environment that is about to sleep: its processor is free, and a searching worker that has not found
  // what was submitted has lost its own.
  Demand onLoopSleeps(int64_t now);

  // A worker that is awake. The oldest op, which runs from now on. Or null: then, on a task, `stack` may be
  // one of a task that was killed, to go on with; otherwise the worker searches, if it may and nobody does,
  // or rests: `place` says which.
  Op* take(Worker& worker, int64_t now, bool maySearch, Worker** stack, Demand* demand);
  // A worker that is awake ends.
  Demand onLeaving(Worker& worker, int64_t now);
  // One at rest ends; false: it rests no longer.
  bool stopResting(Worker& worker);
  // Any that rests, which is to end; null: none does.
  Worker* firstResting() const { return resting_; }

  // A record whose worker is about to be started.
  void onStarting(Worker& worker);
  // The worker could not be started, or somebody else has killed its task.
  Demand onGone(Worker& worker, int64_t now);
  // A task that was killed in a call, and its stack waits for another task to go on with it.
  Demand onStackLeft(Worker& worker, int64_t now);

  // The supervisor is to look after this pool from now on.
  Demand supervise() { return {nullptr, !supervised_.exchange(true, std::memory_order_relaxed)}; }
  // The supervisor: the thread that took an op last and may not be blocked, where more workers are wanted if
  // it is; else 0.
  uint32_t hopeOf(int64_t now);
  // The supervisor: how many workers are to be started, besides those that are woken. `lastRuns`: the worker
  // that took an op last has a processor, or waits for one. `next`: when to look again, or kNever.
  size_t check(int64_t now, bool lastRuns, Demand* demand, int64_t* next);

  // A thread that ends an op which is queued still.
  void remove(Op& op) { queue_.remove(&op); }
  // Whoever held the lock was killed. `records`: all workers.
  void repair(const std::vector<Worker*>& records);

  size_t queued() const { return queue_.size(); }
  size_t resting() const { return restingCount_.load(std::memory_order_relaxed); }
  size_t fallen() const { return fallenCount_.load(std::memory_order_relaxed); }
  // Any thread, true for the moment.
  bool isSupervised() const { return supervised_.load(std::memory_order_relaxed); }
  bool isEmpty() const { return queued() == 0 && fallen() == 0; }

 private:
  Demand ensureWorkerAwake(int64_t now, size_t processors);
  bool isShort(int64_t now);
  Worker* wakeOne();
  size_t active(int64_t now);
  void enterCall(Worker& worker, int64_t now);
  void leavePlace(Worker& worker);
  void linkResting(Worker& worker);
  void unlinkResting(Worker& worker);
  void begin(Worker& worker, Op& op, int64_t now);
  // The loop that has submitted has a processor of its own.
  size_t besideLoop() const { return processors_ > 1 ? processors_ - 1 : 1; }

  const size_t processors_;
  RunQueue queue_;
  Worker* fallen_ = nullptr;
  Worker* resting_ = nullptr;  // last in, first out: the others may end
  std::atomic<size_t> restingCount_{0};
  std::atomic<size_t> fallenCount_{0};
  size_t coming_ = 0;
  size_t searching_ = 0;  // 1 at the most
  Patience patience_;     // of whoever searches

  // Workers in a call that they began in this span of kShortCall, and in the one before.
  int64_t span_ = 0;
  size_t inThisSpan_ = 0;
  size_t inLastSpan_ = 0;

  uint64_t returned_ = 0;  // how often a worker came back from a call
  int64_t lastTake_ = 0;
  uint32_t lastTaker_ = 0;  // its thread

  std::atomic<bool> supervised_{false};
  // The supervisor's.
  bool wasEmpty_ = false;  // at the last look
  size_t step_ = 0;        // how many it has asked for last
  uint64_t returnedBefore_ = 0;
};

}  // namespace pendingop
