#include "core/pool.h"

#include "base/clock.h"
#include "core/runtime.h"
#include "sys/limits.h"
#include "sys/task.h"

namespace pendingop {

namespace {

// How long a worker searches. A program that makes one call after the other submits the next within 2 to 25
// µs.
constexpr int64_t kSearch = 40 * kMicrosecond;
constexpr int64_t kIdleLimit = 3 * kSecond;

}  // namespace

Pool::Pool(uint32_t number, Kind kind, Health* health)
    : index(number),
      kind_(kind),
      health_(health),
      canSearch_(sys::processors() > 1 && health == nullptr),
      schedule_(sys::processors()) {}

bool Pool::wantsTasks() const {
  if (schedule_.fallen() > 0) return true;
  if (kind_.tasks == Kind::Tasks::never || sys::tasksRefused()) return false;
  return kind_.tasks == Kind::Tasks::always || Runtime::instance().killable() != Killable::never;
}

bool Pool::isOutdated(const Worker& worker) const {
  return worker.isTask != wantsTasks() || (worker.isTask && worker.era != Runtime::instance().era());
}

void Pool::submit(Op* first, Op* last, size_t count) {
  Schedule::Demand demand;
  {
    Held held(*this, nullptr);
    demand = schedule_.onSubmitted(first, last, count, nowNs());
  }
  meet(demand);
}

bool Pool::isQuiet() {
  Held held(*this, nullptr);
  return schedule_.isEmpty() && workers() == idle();
}

void Pool::onLoopSleeps() {
  if (schedule_.isEmpty()) return;
  Schedule::Demand demand;
  {
    Held held(*this, nullptr);
    demand = schedule_.onLoopSleeps(nowNs());
  }
  meet(demand);
}

bool Pool::cancel(Op& op, uint64_t generation) {
  Held held(*this, nullptr);
  if (!op.state.move(generation, State::Queued, State::Done)) return false;
  op.runner.store(nullptr, std::memory_order_relaxed);  // a task was perhaps killed as it took the op
  schedule_.remove(op);
  return true;
}

// The lock is not held. If a task is killed in here, onTaskLost() wakes the workers that it had not woken
// yet.
void Pool::meet(const Schedule::Demand& demand) {
  for (Worker* worker = demand.wake; worker != nullptr;) {
    Worker* const following = worker->next;  // once awake, the worker may enter another list
    worker->awake.store(1, std::memory_order_release);
    wakeOne(worker->awake);
    worker = following;
  }
  if (demand.supervise) Runtime::instance().supervisor().wake();
}

Pool::Work Pool::next(Worker& worker, int64_t now) {
  LockHolder* const holder = worker.lockHolder();
  for (bool maySearch = canSearch_ && worker.maySearch;; now = nowNs()) {
    Work work;
    Schedule::Demand demand;
    bool leaves;
    worker.awake.store(0, std::memory_order_relaxed);
    {
      Held held(*this, holder);
      leaves = worker.place == Place::leaving || isOutdated(worker);
      if (leaves)
        demand = schedule_.onLeaving(worker, now);
      else
        work.op = schedule_.take(worker, now, maySearch, &work.stack, &demand);
    }
    meet(demand);
    if (leaves || work.op != nullptr || work.stack != nullptr) return work;
    if (worker.place == Place::searching) {
      const int64_t until = nowNs() + kSearch;
      do {
        for (int i = 0; i < 24 && schedule_.isEmpty(); i++) spinPause();
      } while (schedule_.isEmpty() && nowNs() < until);
      maySearch = false;
    } else {
      if (!sleep(worker)) return {};
      maySearch = canSearch_;
    }
  }
}

// Sleeps until the worker is woken. Returns false if it has slept for kIdleLimit: then it ends.
bool Pool::sleep(Worker& worker) {
  const int64_t until = nowNs() + kIdleLimit;
  while (worker.awake.load(std::memory_order_acquire) == 0) {
    const bool stays = kind_.keepsOne && idle() == 1;
    const int64_t rest = until - nowNs();
    if (rest > 0 || stays) {
      waitWhile(worker.awake, 0, stays ? -1 : rest);
      continue;
    }
    Held held(*this, worker.lockHolder());
    if (!(kind_.keepsOne && idle() == 1) && schedule_.stopResting(worker)) return false;
  }
  return true;
}

}  // namespace pendingop
