// After a task was killed, its pool goes on: another task takes over the stack, the op ends, the workers that
// the task had not woken yet are woken, and a half-changed schedule is repaired.
#include <utility>

#include "base/clock.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "sys/task.h"

namespace pendingop {

void Pool::leaveStack(Worker& worker) {
  Schedule::Demand demand;
  {
    Held held(*this, nullptr);
    demand = schedule_.onStackLeft(worker, nowNs());
  }
  meet(demand);
}

void Pool::onTaskKilled(Worker& worker) {
  workers_.fetch_sub(1, std::memory_order_relaxed);
  Runtime::instance().countWorkers(-1, true);
  leaveStack(worker);
}

// The killed task may have been about to wake the workers that are coming: they are woken once more. It may
// have been about to take over a stack: that stack waits again. Whether an op or a stack was the task's own
// is decided with the lock held, since an op that is still queued may be another worker's a moment later.
Pool::Lost Pool::onTaskLost(Worker& worker) {
  Lost lost{worker.running.exchange(nullptr, std::memory_order_acq_rel), worker.generation};
  Worker* const stack = std::exchange(worker.adopts, nullptr);
  {
    Held held(*this, nullptr);
    if (lost.op != nullptr &&
        (workerOf(*lost.op, std::memory_order_acquire) != &worker ||
         lost.op->state.generation() != lost.generation || lost.op->state.state() == State::Queued))
      lost.op = nullptr;
    if (stack != nullptr && stack->predecessor == &worker && stack->place == Place::inCall) {
      stack->started.store(false, std::memory_order_relaxed);
      stack->alive.store(0, std::memory_order_relaxed);
      stack->thread.store(0, std::memory_order_relaxed);
      stack->resumed = true;
      schedule_.onStackLeft(*stack, nowNs());
    }
    for (Worker* other : records_) {
      if (other == &worker || other->place != Place::coming) continue;
      other->awake.store(1, std::memory_order_release);
      wakeOne(other->awake);
    }
  }
  onEnded(worker);
  Runtime::instance().supervisor().wake();
  return lost;
}

void Pool::onStackAdopted(Worker& left) {
  sys::unmapStack(left.stack);
  left.stack = nullptr;
  left.started.store(false, std::memory_order_relaxed);
  Held held(*this, nullptr);
  left.alive.store(0, std::memory_order_relaxed);
  left.adopts = nullptr;
  left.setPlace(Place::gone);
  left.next = free_;
  free_ = &left;
}

void Pool::repair() {
  schedule_.repair(records_);
  Runtime::instance().supervisor().lookForKilled();
}

}  // namespace pendingop
