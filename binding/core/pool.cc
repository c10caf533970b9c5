#include "core/pool.h"

#include <errno.h>
#include <sched.h>

#include <algorithm>

#include "core/clock.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {

constexpr size_t kQueueCapacity = 1 << 14;
constexpr size_t kDefaultMaxThreads = 16384;
constexpr int64_t kSpin = 40 * kMicrosecond;
// A worker that took an op this lately is likely back soon; nobody else need be woken yet.
constexpr int64_t kFresh = 40 * kMicrosecond;
// An op that takes no longer is not counted as one that blocked.
constexpr int64_t kBrisk = 100 * kMicrosecond;
// Ops that take no longer than this keep the environments as busy as the workers: one processor is left to
// them.
constexpr int64_t kLight = 3 * kMicrosecond;
constexpr int64_t kIdleLimit = 3 * kSecond;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kStack = 1024 * 1024;
#else
// A worker's frames are small (paths and entries lie in the op); this leaves room for a signal frame with
// AVX-512.
constexpr size_t kStack = 64 * 1024;
#endif

constexpr uint32_t eraOf(uint64_t brisk) { return static_cast<uint32_t>(brisk >> 32); }
constexpr uint32_t countOf(uint64_t brisk) { return static_cast<uint32_t>(brisk); }

}  // namespace

// Made when the image is loaded, never destroyed: workers outlive static destructors. (A static inside the
// function would be guarded by code of libstdc++ that needs a newer glibc than Node does.)
Pool& Pool::instance() { return thePool; }
Pool& Pool::thePool = *new Pool;

Pool::Pool()
    : queue_(kQueueCapacity),
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

void Pool::push(Op* op) {
  if (overflowed_.load(std::memory_order_relaxed) == 0 && queue_.push(op)) return;
  Lock lock(overflowMutex_);
  overflow_.push_back(op);
  refill();
}

Op* Pool::pop() {
  Op* op = queue_.pop();
  if (overflowed_.load(std::memory_order_seq_cst) > 0) {
    Lock lock(overflowMutex_);
    refill();
    if (op == nullptr) op = queue_.pop();
  }
  return op;
}

void Pool::refill() {
  while (!overflow_.empty() && queue_.push(overflow_.front())) overflow_.pop_front();
  overflowed_.store(overflow_.size(), std::memory_order_seq_cst);
}

bool Pool::isFresh(int64_t ns) const { return nowNs() - lastTaken_.load(std::memory_order_relaxed) < ns; }

void Pool::flush() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (isFresh(kFresh)) return supervisor_.watchQueue();
  rouse();
}

void Pool::serve() {
  if (queue_.size() == 0 || spinning_.load(std::memory_order_seq_cst) > 0) return;
  if (isFresh(std::max(kFresh / 2, 2 * serviceNs()))) return supervisor_.watchQueue();
  rouse();
}

// One worker for what is queued. It may take an op and never come back: while there are more, the supervisor
// watches.
void Pool::rouse() {
  const size_t waiting = queue_.size();
  const bool roused = wakeIdle() || (workers() == 0 && startWorker());
  if (!roused || waiting > 1) supervisor_.watchQueue();
}

uint32_t Pool::mostBrisk() const { return isHeavy() ? processors_ : std::max<uint32_t>(processors_ - 1, 1); }

bool Pool::isHeavy() const { return serviceNs() > kLight; }

void Pool::help() {
  if (queue_.size() < 2 || countOf(brisk_.load(std::memory_order_relaxed)) >= mostBrisk()) return;
  if (!wakeIdle() && workers() < processors_) startWorker();
}

void Pool::took(Worker& worker, uint32_t thread, int64_t now, int64_t sincePrevious) {
  lastTaken_.store(now, std::memory_order_relaxed);
  lastTakers_[worker.index % lastTakers_.size()].store(thread, std::memory_order_relaxed);
  if (sincePrevious == 0) return;
  const int64_t service = serviceNs();
  // What blocks is not what the average is for.
  serviceNs_.store(service + (std::min(sincePrevious, kBrisk) - service) / 8, std::memory_order_relaxed);
  if (sincePrevious >= kBrisk)
    uncountBrisk(worker);
  else if (!countBrisk(worker))
    worker.surplus = true;
}

// False: there are enough without it.
bool Pool::countBrisk(Worker& worker) {
  const uint32_t most = mostBrisk();
  uint64_t brisk = brisk_.load(std::memory_order_relaxed);
  do {
    if (worker.briskEra == eraOf(brisk)) {
      if (countOf(brisk) <= most) return true;
      uncountBrisk(worker);
      return false;
    }
    if (countOf(brisk) >= most) return false;
  } while (!brisk_.compare_exchange_weak(brisk, brisk + 1, std::memory_order_relaxed));
  worker.briskEra = eraOf(brisk);
  return true;
}

void Pool::uncountBrisk(Worker& worker) {
  uint64_t brisk = brisk_.load(std::memory_order_relaxed);
  while (worker.briskEra == eraOf(brisk) &&
         !brisk_.compare_exchange_weak(brisk, brisk - 1, std::memory_order_relaxed)) {
  }
  worker.briskEra = 0;
}

bool Pool::someoneRuns() const {
  return std::any_of(lastTakers_.begin(), lastTakers_.end(), [](const std::atomic<uint32_t>& taker) {
    const uint32_t thread = taker.load(std::memory_order_relaxed);
    return thread != 0 && sys::isRunnable(thread);
  });
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
    Op* op = worker.surplus ? nullptr : pop();
    if (op != nullptr) return op;
    worker.lastStart = 0;
    uint32_t nobody = 0;
    if (spin_ && !worker.surplus && worker.maySpin &&
        spinning_.compare_exchange_strong(nobody, 1, std::memory_order_seq_cst)) {
      const int64_t until = nowNs() + kSpin;
      do {
        for (int i = 0; i < 24 && op == nullptr; i++) {
          spinPause();
          op = pop();
        }
      } while (op == nullptr && nowNs() < until);
      spinning_.store(0, std::memory_order_seq_cst);
    }
    if (op == nullptr) op = sleep(worker, &leave);
    // The wake-up that got us here may have been the only one for several ops, and the one taken may never
    // come back.
    if (op != nullptr && queue_.size() > 0) supervisor_.watchQueue();
    if (op != nullptr || leave) return op;
  }
}

Op* Pool::sleep(Worker& worker, bool* leave) {
  worker.awake.store(0, std::memory_order_relaxed);
  {
    Lock lock(mutex_);
    uncountBrisk(worker);
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
    op = pop();
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
  brisk_.store(uint64_t{eraOf(brisk_.load(std::memory_order_relaxed)) + 1} << 32, std::memory_order_relaxed);
  while (count > 0 && queue_.size() > 0 && (wakeIdle() || startWorker())) count--;
  return count;
}

}  // namespace pendingop
