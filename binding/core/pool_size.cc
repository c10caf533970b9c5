// How many workers a pool has: it starts them as its schedule wants, as far as the limits go, and some that
// rest end to make room.
#include <algorithm>

#include "base/clock.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "sys/signal.h"
#include "sys/task.h"
#include "sys/thread.h"

namespace pendingop {

namespace {

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

void Pool::startFirst() {
  if (workers() == 0 && !wantsTasks()) startWorker();
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

}  // namespace pendingop
