#include "core/pool.h"

#include <errno.h>
#include <sched.h>

#include <algorithm>

#include "core/clock.h"
#include "core/custom.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {

constexpr size_t kQueueCapacity = 1 << 14;
constexpr size_t kDefaultMaxThreads = 16384;
constexpr int64_t kSpin = 40 * kMicrosecond;
// A worker that took an op this lately is likely back soon; nobody else need be woken yet.
constexpr int64_t kFresh = 40 * kMicrosecond;
constexpr int64_t kIdleLimit = 3 * kSecond;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kStack = 1024 * 1024;
#else
// What macOS gives a thread, so what a portable library can live with: workers run other addons' functions,
// too. Address space; of it the pool's own frames use a few pages.
constexpr size_t kStack = 512 * 1024;
#endif

}  // namespace

// Made when the image is loaded, never destroyed: workers outlive static destructors. (A static inside the
// function would be guarded by code of libstdc++ that needs a newer glibc than Node does.)
Pool& Pool::instance() { return thePool; }
Pool& Pool::thePool = *new Pool;

Pool::Pool()
    : backlog_(kQueueCapacity),
      pace_(sys::processors()),
      maxThreads_(kDefaultMaxThreads),
      processors_(sys::processors()),
      spin_(processors_ > 1) {}

int Pool::start() {
  if (started()) return 0;
  Lock lock(mutex_);
  if (started()) return 0;
  int number = chosenSignal_;
  int failed = -EBUSY;
  if (number != 0) {
    failed = sys::claimSignal(number);
  } else {
    for (number = sys::defaultSignal(); failed != 0 && number <= sys::lastDefaultSignal(); number++) {
      failed = sys::claimSignal(number);
      if (failed == 0) break;
    }
  }
  if (failed != 0) return failed;
  if (!supervisor_.start()) {
    sys::releaseSignal(number);
    return -EAGAIN;
  }
  signal_.store(number, std::memory_order_release);
  return 0;
}

int Pool::chooseSignal(int number) {
  Lock lock(mutex_);
  if (started()) return number == signal() ? 0 : -EALREADY;
  const int failed = sys::claimSignal(number);  // so that the one who asks is the one who hears of it
  if (failed != 0) return failed;
  if (chosenSignal_ != 0 && chosenSignal_ != number) sys::releaseSignal(chosenSignal_);
  chosenSignal_ = number;
  return 0;
}

void Pool::flush() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (pace_.isFresh(kFresh)) return supervisor_.watchQueue();
  rouse();
}

void Pool::serve() {
  if (queue().size() == 0 || spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (pace_.isFresh(std::max(kFresh / 2, 2 * pace_.serviceNs()))) return supervisor_.watchQueue();
  rouse();
}

// One worker for what is queued. It may take an op and never come back: while there are more, the supervisor
// watches.
void Pool::rouse() {
  const size_t waiting = queue().size();
  const bool roused = wakeIdle() || (workers() == 0 && startWorker());
  if (!roused || waiting > 1) supervisor_.watchQueue();
}

void Pool::help() {
  if (queue().size() < 2 || pace_.isBrisk()) return;
  if (!wakeIdle() && workers() < processors_) startWorker();
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

bool Pool::startWorker() {
  Worker* worker = nullptr;
  {
    Lock lock(mutex_);
    if (workers_.load(std::memory_order_relaxed) >= maxThreads()) return false;
    worker = free_;
    if (worker != nullptr)
      free_ = worker->next;
    else
      worker = new Worker(nextIndex_++);
    worker->next = nullptr;
    workers_.fetch_add(1, std::memory_order_relaxed);
    worker->coming = true;
    coming_.fetch_add(1, std::memory_order_relaxed);
  }
  if (sys::startThread(workerMain, worker, kStack)) return true;
  arrived(*worker);
  left(*worker);
  return false;
}

void Pool::left(Worker& worker) {
  Lock lock(mutex_);
  worker.next = free_;
  free_ = &worker;
  workers_.fetch_sub(1, std::memory_order_relaxed);
}

void Pool::arrived(Worker& worker) {
  if (!worker.coming) return;
  worker.coming = false;
  coming_.fetch_sub(1, std::memory_order_relaxed);
}

Op* Pool::next(Worker& worker) {
  for (;;) {
    arrived(worker);
    bool leave = false;
    Op* op = worker.surplus ? nullptr : backlog_.pop();
    if (op != nullptr) return op;
    worker.lastStart = 0;
    uint32_t nobody = 0;
    if (spin_ && !worker.surplus && worker.maySpin &&
        spinning_.compare_exchange_strong(nobody, 1, std::memory_order_seq_cst)) {
      const int64_t until = nowNs() + kSpin;
      do {
        for (int i = 0; i < 24 && op == nullptr; i++) {
          spinPause();
          op = backlog_.pop();
        }
      } while (op == nullptr && nowNs() < until);
      spinning_.store(0, std::memory_order_seq_cst);
    }
    if (op == nullptr) op = sleep(worker, &leave);
    // The wake-up that got us here may have been the only one for several ops, and the one taken may never
    // come back.
    if (op != nullptr && queue().size() > 0) supervisor_.watchQueue();
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
    supervisor_.watchQueue();  // others are there for it; should they get stuck, somebody must see it
  else
    op = backlog_.pop();
  worker.surplus = false;
  const int64_t until = nowNs() + kIdleLimit;
  bool timedOut = false;
  while (op == nullptr && !timedOut && worker.awake.load(std::memory_order_acquire) == 0) {
    const bool last = workers() == 1;  // one stays, and sleeps until there is work
    const int64_t rest = until - nowNs();
    timedOut = rest <= 0 && !last;
    if (!timedOut) waitWhile(worker.awake, 0, last ? -1 : rest);
  }
  Lock lock(mutex_);
  arrived(worker);
  if (worker.idle) {
    removeIdle(worker);
    *leave = op == nullptr && timedOut;
  }
  return op;
}

bool Pool::sendTo(Op* op, uint64_t generation) {
  Worker* worker;
  // Set right after the state became `running`; null for good once the memory serves another op.
  for (int spins = 0; (worker = op->worker.load(std::memory_order_acquire)) == nullptr; spins++) {
    if (op->state.generation() != generation) return true;
    if (spins < 1000)
      spinPause();
    else
      sched_yield();
  }
  if (Custom* custom = op->custom.load(std::memory_order_acquire))
    return custom->stop(*op, generation, *worker);
  return sys::ownsSignal(signal()) && signalWorker(*worker, signal());
}

void Pool::pursue(Op* op, uint64_t generation) {
  if (!sendTo(op, generation) || sys::kSignalCanBeLost) supervisor_.follow(op, generation);
}

void Pool::resend(Op* op, uint64_t generation) {
  // A close is never interrupted, not even the one that an interrupted op ends with.
  if (op->call.load(std::memory_order_relaxed) != Call::close) sendTo(op, generation);
}

size_t Pool::grow(size_t count) {
  pace_.stuck();
  while (count > 0 && queue().size() > 0 && (wakeIdle() || startWorker())) count--;
  return count;
}

}  // namespace pendingop
