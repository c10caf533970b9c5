#include "core/reaper.h"

#include <algorithm>

#include "core/clock.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "sys/task.h"

namespace pendingop {

namespace {
// How soon to look whether a task is gone: that is not told, and takes some tens of microseconds.
constexpr int64_t kReapSoon = 50 * kMicrosecond;
}  // namespace

void Reaper::ended(Worker& worker) {
  worker.next = ended_.load(std::memory_order_relaxed);
  while (!ended_.compare_exchange_weak(worker.next, &worker, std::memory_order_acq_rel)) {
  }
}

void Reaper::killed(Worker& worker) { leaving_.push_back({&worker, true, nowNs()}); }

int64_t Reaper::check(int64_t now) {
  for (Worker* worker = ended_.exchange(nullptr, std::memory_order_acq_rel); worker != nullptr;) {
    Worker* following = worker->next;
    leaving_.push_back({worker, false, now});
    worker = following;
  }
  int64_t next = kNever;
  for (size_t i = 0; i < leaving_.size();) {
    const Leaving one = leaving_[i];
    if (reap(*one.worker)) {
      leaving_[i] = leaving_.back();
      leaving_.pop_back();
      reaped(*one.worker, one.killed);
      continue;
    }
    // The longer it takes, the less it matters to be told at once.
    next = std::min(next, now + std::clamp((now - one.since) / 8, kReapSoon, 20 * kMillisecond));
    i++;
  }
  return next;
}

// Whether it is gone. Its number may be anybody's from then on, and nobody signals it any more.
bool Reaper::reap(Worker& worker) {
  if (worker.alive.load(std::memory_order_acquire) != 0) return false;
  Lock lock(worker.mutex);
  if (!sys::reapTask(worker.thread.load(std::memory_order_relaxed))) return false;
  worker.thread.store(0, std::memory_order_relaxed);
  return true;
}

void Reaper::reaped(Worker& worker, bool killed) {
  if (worker.pool == nullptr)
    return killed ? Runtime::instance().openers().fell(worker) : Runtime::instance().openers().gone(worker);
  if (!killed) {
    sys::unmapStack(worker.stack);
    worker.stack = nullptr;
    return worker.pool->onEnded(worker);
  }
  // Outside: the call had returned before the task died, and said what. Otherwise the gate stays doomed:
  // until another task goes on there is nobody to kill.
  if (Gate::phase(worker.saved.gate.load(std::memory_order_acquire)) != Gate::kOutside)
    worker.returned = kKilled;
  worker.resumed = true;
  worker.pool->onTaskKilled(worker);
}

}  // namespace pendingop
