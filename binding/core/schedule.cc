#include "core/schedule.h"

#include <algorithm>

namespace pendingop {

Schedule::Demand Schedule::onSubmitted(Op* first, Op* last, size_t count, int64_t now) {
  queue_.append(first, last, count);
  return ensureWorkerAwake(now, besideLoop());
}

Schedule::Demand Schedule::onLoopSleeps(int64_t now) {
  if (isEmpty() || coming_ > 0) return {};
  if (resting_ != nullptr && active(now) < processors_) return {wakeOne(), false};
  return searching_ > 0 ? Demand{} : supervise();
}

Schedule::Demand Schedule::ensureWorkerAwake(int64_t now, size_t processors) {
  if (isEmpty() || coming_ + searching_ > 0) return {};
  if (resting_ != nullptr && active(now) < processors) return {wakeOne(), false};
  return supervise();
}

Worker* Schedule::wakeOne() {
  Worker* const worker = resting_;
  unlinkResting(*worker);
  worker->next = nullptr;
  worker->setPlace(Place::coming);
  coming_++;
  return worker;
}

// Workers whose call began earlier count as blocked.
size_t Schedule::active(int64_t now) {
  const int64_t span = now / kShortCall;
  if (span > span_) {
    inLastSpan_ = span == span_ + 1 ? inThisSpan_ : 0;
    inThisSpan_ = 0;
    span_ = span;
  }
  return inThisSpan_ + inLastSpan_;
}

void Schedule::enterCall(Worker& worker, int64_t now) {
  active(now);
  worker.span = span_;
  inThisSpan_++;
  lastTake_ = now;
  lastTaker_ = worker.thread.load(std::memory_order_relaxed);
  worker.setPlace(Place::inCall);
}

// The caller then sets the worker's new place.
void Schedule::leavePlace(Worker& worker) {
  switch (worker.place) {
    case Place::coming:
      coming_--;
      break;
    case Place::searching:
      searching_ = 0;
      break;
    case Place::inCall:
      if (worker.span == span_)
        inThisSpan_--;
      else if (worker.span == span_ - 1)
        inLastSpan_--;
      returned_++;
      break;
    case Place::resting:
      unlinkResting(worker);
      break;
    case Place::leaving:
    case Place::fallen:
    case Place::gone:
      break;
  }
}

// The op's worker is set before its state becomes `running`, so that a thread that interrupts a running op
// finds the worker, and so does the supervisor if the worker was killed.
void Schedule::begin(Worker& worker, Op& op, int64_t now) {
  worker.generation = op.state.generation();
  // It may have been queued after `now`, while its worker was on its way from the op before (Pool::next()).
  op.startedNs.store(std::max(now, op.queuedNs), std::memory_order_relaxed);
  op.thread.store(worker.thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
  worker.running.store(&op, std::memory_order_release);
  op.runner.store(&worker, std::memory_order_release);
  op.state.move(State::Queued, State::Running);
  queue_.remove(&op);
}

Op* Schedule::take(Worker& worker, int64_t now, bool maySearch, Worker** stack, Demand* demand) {
  const bool searched = worker.place == Place::searching;
  leavePlace(worker);
  *stack = nullptr;
  Op* op = nullptr;
  if (fallen_ != nullptr && worker.isTask) {
    *stack = worker.adopts = fallen_;
    fallen_->predecessor = &worker;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    fallen_ = fallen_->next;
    fallenCount_.fetch_sub(1, std::memory_order_relaxed);
    enterCall(**stack, now);
    worker.setPlace(Place::leaving);
  } else if (op = queue_.front(); op != nullptr) {
    begin(worker, *op, now);
    enterCall(worker, now);
  }
  const bool found = op != nullptr || *stack != nullptr;
  if (searched) found ? patience_.found() : patience_.foundNothing();
  if (found) {
    *demand = ensureWorkerAwake(now, besideLoop());
  } else if (maySearch && searching_ == 0 && patience_.pays()) {
    searching_ = 1;
    worker.setPlace(Place::searching);
  } else {
    linkResting(worker);
  }
  return op;
}

Schedule::Demand Schedule::onLeaving(Worker& worker, int64_t now) {
  leavePlace(worker);
  worker.setPlace(Place::leaving);
  return ensureWorkerAwake(now, besideLoop());
}

bool Schedule::stopResting(Worker& worker) {
  if (worker.place != Place::resting) return false;
  unlinkResting(worker);
  worker.setPlace(Place::leaving);
  return true;
}

void Schedule::onStarting(Worker& worker) {
  coming_++;
  worker.setPlace(Place::coming);
}

Schedule::Demand Schedule::onGone(Worker& worker, int64_t now) {
  leavePlace(worker);
  worker.setPlace(Place::gone);
  return ensureWorkerAwake(now, besideLoop());
}

Schedule::Demand Schedule::onStackLeft(Worker& worker, int64_t now) {
  leavePlace(worker);
  worker.next = fallen_;
  worker.setPlace(Place::fallen);
  fallen_ = &worker;
  fallenCount_.fetch_add(1, std::memory_order_relaxed);
  return ensureWorkerAwake(now, besideLoop());
}

bool Schedule::isShort(int64_t now) {
  return !isEmpty() && coming_ + searching_ == 0 && active(now) < besideLoop();
}

uint32_t Schedule::hopeOf(int64_t now) {
  return isShort(now) && now - lastTake_ < kLongestRun ? lastTaker_ : 0;
}

size_t Schedule::check(int64_t now, bool lastRuns, Demand* demand, int64_t* next) {
  *demand = {};
  *next = kNever;
  if (!isSupervised()) return 0;
  const bool empty = isEmpty();
  if (empty && wasEmpty_) supervised_.store(false, std::memory_order_relaxed);
  wasEmpty_ = empty && !wasEmpty_;
  if (!isSupervised()) return 0;
  *next = now + kLookInterval;
  if (!isShort(now) || lastRuns) return 0;
  step_ = returned_ == returnedBefore_ ? std::max<size_t>(2 * step_, 1) : 1;
  step_ = std::min(step_, queued() + fallen());
  returnedBefore_ = returned_;
  size_t wanted = step_;
  for (; wanted > 0 && resting_ != nullptr; wanted--) {
    Worker* const worker = wakeOne();
    worker->next = demand->wake;
    demand->wake = worker;
  }
  return wanted;
}

void Schedule::linkResting(Worker& worker) {
  worker.previous = nullptr;
  worker.next = resting_;
  if (resting_ != nullptr) resting_->previous = &worker;
  resting_ = &worker;
  restingCount_.fetch_add(1, std::memory_order_relaxed);
  worker.setPlace(Place::resting);
}

void Schedule::unlinkResting(Worker& worker) {
  (worker.previous == nullptr ? resting_ : worker.previous->next) = worker.next;
  if (worker.next != nullptr) worker.next->previous = worker.previous;
  worker.next = worker.previous = nullptr;
  restingCount_.fetch_sub(1, std::memory_order_relaxed);
}

void Schedule::repair(const std::vector<Worker*>& records) {
  // The workers that the killed task was about to wake are not known.
  supervised_.store(true, std::memory_order_relaxed);
  queue_.repair();
  resting_ = fallen_ = nullptr;
  restingCount_.store(0, std::memory_order_relaxed);
  fallenCount_.store(0, std::memory_order_relaxed);
  coming_ = searching_ = inThisSpan_ = inLastSpan_ = 0;
  for (Worker* worker : records) {
    switch (worker->place) {
      case Place::coming:
        coming_++;
        break;
      case Place::searching:
        searching_ = 1;
        break;
      case Place::inCall:
        inThisSpan_ += worker->span == span_ ? 1 : 0;
        inLastSpan_ += worker->span == span_ - 1 ? 1 : 0;
        break;
      case Place::resting:
        linkResting(*worker);
        break;
      case Place::fallen:
        worker->next = fallen_;
        fallen_ = worker;
        fallenCount_.fetch_add(1, std::memory_order_relaxed);
        break;
      case Place::leaving:
      case Place::gone:
        break;
    }
  }
}

}  // namespace pendingop
