#include "core/pool.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "core/runtime.h"
#include "sys/limits.h"
#include "sys/signal.h"
#include "sys/task.h"
#include "sys/thread.h"

namespace pendingop {

namespace {

// How long a worker searches. A program that makes one call after the other submits the next within 2 to 25
// µs.
constexpr int64_t kSearch = 40 * kMicrosecond;
constexpr int64_t kIdleLimit = 3 * kSecond;
// When to try again after no worker could be started and none of ours has ended: other programs may have
// ended theirs.
constexpr int64_t kFirstRetry = kMillisecond;
constexpr int64_t kLongestRetry = kSecond;
// How many tasks are started in one go. Each takes up to a tenth of a millisecond, and the supervisor has
// other pools to look after.
constexpr size_t kMostTasks = 16;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kStack = 1024 * 1024;
#else
// A worker's frames are small (paths and entries lie in the op); this leaves room for a signal frame with
// AVX-512.
constexpr size_t kStack = 64 * 1024;
#endif
// Portable code can live with this stack: macOS gives a thread as much by default.
constexpr size_t kForeignStack = std::max<size_t>(kStack, 512 * 1024);

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

void Pool::repair() {
  schedule_.repair(records_);
  Runtime::instance().supervisor().lookForKilled();
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

void Pool::forget(Worker& worker) {
  const bool wasTask = worker.isTask;  // read now: the record may be another worker's a moment later
  Schedule::Demand demand;
  {
    Held held(*this, nullptr);
    demand = schedule_.onGone(worker, nowNs());
    worker.next = free_;
    free_ = &worker;
    workers_.fetch_sub(1, std::memory_order_relaxed);
  }
  Runtime::instance().countWorkers(-1, wasTask);
  meet(demand);
}

void Pool::onEnded(Worker& worker) {
  forget(worker);
  Runtime::instance().onRoom();
}

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

void Pool::startFirst() {
  if (workers() == 0 && !wantsTasks()) startWorker();
}

void Pool::retireOutdated() {
  Worker* outdated = nullptr;
  {
    Held held(*this, nullptr);
    for (Worker* worker : records_) {
      if (!isOutdated(*worker) || !schedule_.stopResting(*worker)) continue;
      worker->next = outdated;
      outdated = worker;
    }
  }
  meet({outdated, false});
}

bool Pool::retireOne() {
  Worker* worker;
  {
    Held held(*this, nullptr);
    worker = schedule_.firstResting();
    if (worker == nullptr || (kind_.keepsOne && idle() == 1)) return false;
    schedule_.stopResting(*worker);
    worker->next = nullptr;
  }
  meet({worker, false});
  return true;
}

int64_t Pool::check(int64_t now) {
  if (!schedule_.isSupervised()) return kNever;
  uint32_t taker;
  {
    Held held(*this, nullptr);
    taker = schedule_.hopeOf(now);
  }
  const bool lastRuns = taker != 0 && sys::isRunnable(taker);
  Schedule::Demand demand;
  int64_t next;
  size_t wanted;
  {
    Held held(*this, nullptr);
    wanted = schedule_.check(now, lastRuns, &demand, &next);
  }
  meet(demand);
  Runtime& runtime = Runtime::instance();
  const uint64_t room = runtime.roomMade();
  if (wanted == 0) return next;
  if (isFull() && now < retryAt_ && room == roomSeen_) return retryAt_;
  roomSeen_ = room;
  if (start(wanted) == 0) {
    retryPause_ = 0;
    isFull_.store(false, std::memory_order_seq_cst);
    return next;
  }
  retryPause_ = std::clamp(2 * retryPause_, kFirstRetry, kLongestRetry);
  retryAt_ = now + retryPause_;
  isFull_.store(true, std::memory_order_seq_cst);
  runtime.retireOneFor(*this);
  // A worker that ended before this has not seen that the pool is full.
  return runtime.roomMade() == room ? retryAt_ : now;
}

// Returns the number of workers that could not be started.
size_t Pool::start(size_t count) {
  const size_t most = wantsTasks() ? std::min(count, kMostTasks) : count;
  const size_t allowed = Runtime::instance().mostWorkers();
  for (size_t started = 0; started < most; started++) {
    const size_t all = Runtime::instance().workers();
    const size_t left = allowed > all ? allowed - all : 0;
    const bool hasRoom = left > 0 && (kind_.isForLocal || workers() < 3 * left);
    if ((!hasRoom && workers() > 0) || !startWorker()) return count - started;
  }
  return 0;
}

bool Pool::startWorker() {
  const bool asTask = wantsTasks();
  Worker* worker;
  {
    Held held(*this, nullptr);
    worker = free_;
    if (worker != nullptr) {
      free_ = worker->next;
    } else {
      worker = new Worker(static_cast<uint32_t>(records_.size()), this);
      records_.push_back(worker);
    }
    worker->next = nullptr;
    worker->isTask = asTask;
    worker->era = Runtime::instance().era();
    schedule_.onStarting(*worker);
    workers_.fetch_add(1, std::memory_order_relaxed);
  }
  Runtime::instance().countWorkers(1, asTask);
  if (asTask ? startTask(*worker, taskMain, sys::Table::shared)
             : sys::startThread(workerMain, worker, kind_.runsForeignCode ? kForeignStack : kStack))
    return true;
  forget(*worker);
  return false;
}

}  // namespace pendingop
