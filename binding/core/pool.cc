#include "core/pool.h"

#include <algorithm>

#include "core/clock.h"
#include "core/runtime.h"
#include "sys/task.h"
#include "sys/thread.h"

namespace pendingop {

namespace {

constexpr int64_t kSpin = 40 * kMicrosecond;
// A worker that took an op this lately is likely back soon; nobody else need be woken yet.
constexpr int64_t kFresh = 40 * kMicrosecond;
constexpr int64_t kIdleLimit = 3 * kSecond;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kStack = 1024 * 1024;
#else
// A worker's frames are small (paths and entries lie in the op); this leaves room for a signal frame with
// AVX-512.
constexpr size_t kStack = 64 * 1024;
#endif
// What macOS gives a thread, so what a portable library can live with.
constexpr size_t kForeignStack = std::max<size_t>(kStack, 512 * 1024);

}  // namespace

Pool::Pool(uint32_t number, Workers kind, size_t queueCapacity, Health* health)
    : index(number),
      kind_(kind),
      backlog_(queueCapacity),
      pace_(sys::processors()),
      growth_(*this),
      health_(health),
      processors_(sys::processors()),
      spin_(processors_ > 1 && health == nullptr) {}

bool Pool::wantsTasks() const {
  if (fallen_.load(std::memory_order_relaxed) > 0) return true;
  const bool either = kind_ == Workers::either || kind_ == Workers::remoteWaiters;
  if ((kind_ != Workers::tasks && !either) || sys::tasksRefused()) return false;
  return !either || Runtime::instance().killable() != Killable::never;
}

void Pool::watch() {
  if (growth_.watch()) Runtime::instance().supervisor().wake();
}

void Pool::flush() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (pace_.isFresh(kFresh)) return watch();
  rouse();
}

void Pool::serve() {
  if (waiting() == 0 || spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (pace_.isFresh(std::max(kFresh / 2, 2 * pace_.serviceNs()))) return watch();
  rouse();
}

void Pool::pushFallen(Op* op) {
  fallen_.fetch_add(1, std::memory_order_seq_cst);
  requeue(op);
}

void Pool::requeue(Op* op) {
  if (!op->inQueue.exchange(true, std::memory_order_seq_cst)) push(op);
  if (!wakeIdle()) watch();
}

// One worker for what is queued. It may take an op and never come back: while there are more, the supervisor
// watches. Tasks are made by the supervisor alone.
void Pool::rouse() {
  const size_t waits = waiting();
  const bool roused = wakeIdle() || (workers() == 0 && !wantsTasks() && startWorker());
  if (!roused || waits > 1) watch();
}

void Pool::help() {
  if (waiting() < 2 || pace_.isBrisk() || wakeIdle() || workers() >= processors_) return;
  if (!wantsTasks()) {
    startWorker();
    return;
  }
  growth_.ask();
  watch();
}

bool Pool::wakeIdle() {
  if (idleCount_.load(std::memory_order_seq_cst) == 0) return false;
  Worker* worker;
  {
    Lock lock(mutex_);
    worker = idle_;
    if (worker == nullptr) return false;
    removeIdle(*worker);
    worker->coming = true;
    coming_.fetch_add(1, std::memory_order_relaxed);
  }
  worker->awake.store(1, std::memory_order_release);
  wakeOne(worker->awake);
  return true;
}

void Pool::wakeAll() {
  for (size_t count = idle(); count > 0 && wakeIdle(); count--) {
  }
}

void Pool::removeIdle(Worker& worker) {
  if (worker.previous != nullptr)
    worker.previous->next = worker.next;
  else
    idle_ = worker.next;
  if (worker.next != nullptr) worker.next->previous = worker.previous;
  worker.next = worker.previous = nullptr;
  worker.idle = false;
  idleCount_.fetch_sub(1, std::memory_order_seq_cst);
}

// Each pool gets one worker, whatever the limit. A remote file system, and what waits for locks, gets no more
// than three times what it leaves to all others.
bool Pool::mayGrow() const {
  if (workers() == 0) return true;
  const Runtime& runtime = Runtime::instance();
  const size_t all = runtime.workers();
  const size_t most = runtime.maxThreads();
  if (all >= most) return false;
  const bool mayFill = health_ == nullptr && !isForWaiters();
  return mayFill || workers() < 3 * (most - all);
}

bool Pool::startWorker() {
  Worker* worker = nullptr;
  const bool asTask = wantsTasks();
  {
    Lock lock(mutex_);
    if (!mayGrow()) return false;
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
    workers_.fetch_add(1, std::memory_order_relaxed);
    worker->coming = true;
    coming_.fetch_add(1, std::memory_order_relaxed);
  }
  Runtime::instance().countWorkers(1);
  if (asTask ? startTask(*worker, taskMain, sys::Table::shared)
             : sys::startThread(workerMain, worker, kind_ == Workers::foreign ? kForeignStack : kStack))
    return true;
  arrived(*worker);
  left(*worker);
  return false;
}

void Pool::left(Worker& worker) {
  {
    Lock lock(mutex_);
    worker.next = free_;
    free_ = &worker;
    workers_.fetch_sub(1, std::memory_order_relaxed);
  }
  Runtime::instance().countWorkers(-1);
}

void Pool::fell() {
  workers_.fetch_sub(1, std::memory_order_relaxed);
  Runtime::instance().countWorkers(-1);
}

void Pool::replaced(Worker& worker) {
  fallen_.fetch_sub(1, std::memory_order_seq_cst);
  sys::unmapStack(worker.stack);
  worker.stack = nullptr;
  Lock lock(mutex_);
  worker.alive.store(0, std::memory_order_relaxed);
  worker.next = free_;
  free_ = &worker;
}

void Pool::arrived(Worker& worker) {
  if (!worker.coming) return;
  worker.coming = false;
  coming_.fetch_sub(1, std::memory_order_relaxed);
}

bool Pool::isOutOfDate(const Worker& worker) const {
  return worker.isTask != wantsTasks() || (worker.isTask && worker.era != Runtime::instance().era());
}

// The next op, unless it must not be this worker that runs it.
Op* Pool::take(Worker& worker, bool* leave) {
  Op* op = backlog_.pop();
  if (op == nullptr || !isOutOfDate(worker)) return op;
  push(op);
  *leave = true;
  watch();
  return nullptr;
}

Op* Pool::next(Worker& worker) {
  for (;;) {
    arrived(worker);
    bool leave = false;
    Op* op = worker.surplus ? nullptr : take(worker, &leave);
    if (op != nullptr || leave) return op;
    worker.lastStart = 0;
    uint32_t nobody = 0;
    if (spin_ && !worker.surplus && worker.maySpin &&
        spinning_.compare_exchange_strong(nobody, 1, std::memory_order_seq_cst)) {
      const int64_t until = nowNs() + kSpin;
      do {
        for (int i = 0; i < 24 && op == nullptr && !leave; i++) {
          spinPause();
          op = take(worker, &leave);
        }
      } while (op == nullptr && !leave && nowNs() < until);
      spinning_.store(0, std::memory_order_seq_cst);
    }
    if (op == nullptr && !leave) op = sleep(worker, &leave);
    // The wake-up that got us here may have been the only one for several ops, and the one taken may never
    // come back.
    if ((op != nullptr || leave) && waiting() > 0) watch();
    if (op != nullptr || leave) return op;
  }
}

Op* Pool::sleep(Worker& worker, bool* leave) {
  worker.awake.store(0, std::memory_order_relaxed);
  {
    Lock lock(mutex_);
    pace_.sleeps(worker);
    worker.idle = true;
    worker.maySpin = true;
    worker.next = idle_;
    if (idle_ != nullptr) idle_->previous = &worker;
    idle_ = &worker;
    idleCount_.fetch_add(1, std::memory_order_seq_cst);
  }
  // Whoever pushed before it saw us idle has not woken us: look once more.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Op* op = nullptr;
  if (worker.surplus)
    watch();  // others are there for it; should they get stuck, somebody must see it
  else
    op = take(worker, leave);
  worker.surplus = false;
  const int64_t until = nowNs() + kIdleLimit;
  bool timedOut = false;
  while (op == nullptr && !*leave && !timedOut && worker.awake.load(std::memory_order_acquire) == 0) {
    // One thread for local files stays, and sleeps until there is work.
    const bool last = workers() == 1 && kind_ == Workers::threads;
    const int64_t rest = until - nowNs();
    timedOut = rest <= 0 && !last;
    if (!timedOut) waitWhile(worker.awake, 0, last ? -1 : rest);
  }
  Lock lock(mutex_);
  arrived(worker);
  if (worker.idle) {
    removeIdle(worker);
    *leave = *leave || (op == nullptr && timedOut);
  } else if (op == nullptr && isOutOfDate(worker)) {
    *leave = true;
  }
  return op;
}

size_t Pool::add(size_t count) {
  while (count > 0 && waiting() > 0 && (wakeIdle() || startWorker())) count--;
  return count;
}

size_t Pool::grow(size_t count) {
  pace_.stuck();
  return add(count);
}

}  // namespace pendingop
