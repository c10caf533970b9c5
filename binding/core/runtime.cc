#include "core/runtime.h"

#include <errno.h>

#include "core/lanes.h"
#include "sys/credentials.h"
#include "sys/signal.h"
#include "sys/task.h"

namespace pendingop {

namespace {
constexpr size_t kQueueCapacity = 1 << 14;
constexpr size_t kForeignCapacity = 1 << 10;
constexpr size_t kWaitersCapacity = 1 << 10;
constexpr size_t kDefaultMaxThreads = 16384;
}  // namespace

// Made when the image is loaded. (A static inside the function would be guarded by code of libstdc++ that
// needs a newer glibc than Node does.)
Runtime& Runtime::instance() { return theRuntime; }
Runtime& Runtime::theRuntime = *new Runtime;

Runtime::Runtime()
    : maxThreads_(kDefaultMaxThreads),
      threads_(0, Pool::Workers::threads, kQueueCapacity),
      tasks_(1, Pool::Workers::tasks, kQueueCapacity),
      foreign_(2, Pool::Workers::foreign, kForeignCapacity),
      waiters_(3, Pool::Workers::waiters, kWaitersCapacity),
      remoteWaiters_(4, Pool::Workers::remoteWaiters, kWaitersCapacity) {}

int Runtime::start() {
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
  credentials_.store(sys::credentials(), std::memory_order_relaxed);
  signal_.store(number, std::memory_order_release);
  if (supervisor_.start()) return 0;
  signal_.store(0, std::memory_order_release);
  sys::releaseSignal(number);
  return -EAGAIN;
}

int Runtime::chooseSignal(int number) {
  Lock lock(mutex_);
  if (started()) return number == signal() ? 0 : -EALREADY;
  const int failed = sys::claimSignal(number);  // so that the one who asks is the one who hears of it
  if (failed != 0) return failed;
  if (chosenSignal_ != 0 && chosenSignal_ != number) sys::releaseSignal(chosenSignal_);
  chosenSignal_ = number;
  return 0;
}

void Runtime::setKillable(Killable mode) {
  killable_.store(mode, std::memory_order_seq_cst);
  Lanes::instance().eachPool([](Pool& pool) { pool.wakeAll(); });
}

void Runtime::checkCredentials() {
  const uint64_t now = sys::credentials();
  if (now == credentials_.load(std::memory_order_relaxed)) return;
  credentials_.store(now, std::memory_order_relaxed);
  era_.fetch_add(1, std::memory_order_seq_cst);
  supervisor_.renewTasks();
}

// What sleeps with the old credentials wakes, and leaves.
void Runtime::renewTasks() {
  const uint32_t before =
      era();  // what is made afresh may have newer credentials than it says, never older ones
  sys::renewTasks();
  openers_.renew(before);
  Lanes::instance().eachPool([](Pool& pool) { pool.wakeAll(); });
}

}  // namespace pendingop
