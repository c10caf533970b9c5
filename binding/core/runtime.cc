#include "core/runtime.h"

#include <algorithm>

#include "base/errors.h"
#include "core/lanes.h"
#include "core/last_changes.h"
#include "sys/credentials.h"
#include "sys/limits.h"
#include "sys/self.h"
#include "sys/signal.h"
#include "sys/task.h"

namespace pendingop {

namespace {
constexpr size_t kDefaultMaxThreads = 16384;
constexpr size_t kTasksBeside = 2;  // pendingop-forge and pendingop-exit
using Tasks = Pool::Kind::Tasks;
}  // namespace

// Made when the image is loaded. (A static inside the function would be guarded by code of libstdc++ that
// needs a newer glibc than Node does.)
Runtime& Runtime::instance() { return theRuntime; }
Runtime& Runtime::theRuntime = *new Runtime;

Runtime::Runtime()
    : maxThreads_(kDefaultMaxThreads),
      threads_(0, {.isForLocal = true, .keepsOne = true}),
      tasks_(1, {.tasks = Tasks::always, .isForLocal = true}),
      foreign_(2, {.runsForeignCode = true, .isForLocal = true}),
      waiters_(3, {}),
      remoteWaiters_(4, {.tasks = Tasks::asSet}) {}

size_t Runtime::mostWorkers() const {
  const size_t room =
      sys::roomForWorkers(workers(), workingTasks_.load(std::memory_order_relaxed) + openers_.count() +
                                         (sys::hadTasks() ? kTasksBeside : 0));
  const size_t most = maxThreads_.load(std::memory_order_relaxed);
  return room < most ? std::min(most, workers() + room) : most;
}

void Runtime::onRoom() {
  roomMade_.fetch_add(1, std::memory_order_seq_cst);
  bool anyFull = false;
  Lanes::instance().eachPool([&](const Pool& pool) { anyFull = anyFull || pool.isFull(); });
  if (anyFull) supervisor_.wake();
}

void Runtime::retireOneFor(const Pool& pool) {
  bool done = false;
  Lanes::instance().eachPool([&](Pool& other) { done = done || (&other != &pool && other.retireOne()); });
}

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
  {
    Lock credentialsLock(credentialsMutex_);
    permitted_.store(~uint64_t{0}, std::memory_order_relaxed);
    noteCredentials();
  }
  sys::workersSignal.store(number, std::memory_order_release);
  sys::taskOwner = this;
  signal_.store(number, std::memory_order_release);
  process_ = sys::processId();
  if (supervisor_.start()) {
    threads_.startFirst();
    return 0;
  }
  signal_.store(0, std::memory_order_release);
  sys::releaseSignal(number);
  return -EAGAIN;
}

int Runtime::chooseSignal(int number) {
  Lock lock(mutex_);
  if (started()) return number == signal() ? 0 : -EALREADY;
  const int failed = sys::claimSignal(number);  // here, so that the chooser gets the error
  if (failed != 0) return failed;
  if (chosenSignal_ != 0 && chosenSignal_ != number) sys::releaseSignal(chosenSignal_);
  chosenSignal_ = number;
  return 0;
}

// Opens on local file systems do not wait killable, so no other task is needed.
bool Runtime::opensApart(const Runner& runner) const {
  const Worker& worker = static_cast<const Worker&>(runner);
  return !worker.pool->isMain() || Mounts::instance().areUnknown();
}

void Runtime::onStackLeft(Runner& runner) { leftBehind(static_cast<Worker&>(runner)); }

void Runtime::setKillable(Killable mode) {
  killable_.store(mode, std::memory_order_seq_cst);
  Lanes::instance().eachPool([](Pool& pool) { pool.retireOutdated(); });
}

// Returns true if they differ from the last ones. Capabilities belong to each thread: if one thread lacks a
// capability, none of the tasks has it from then on.
bool Runtime::noteCredentials() {
  const sys::Credentials now = sys::credentials();
  const uint64_t permitted = permitted_.load(std::memory_order_relaxed) & now.permitted;
  const uint64_t effective = permitted & now.effective;
  if (now.ids == ids_.load(std::memory_order_relaxed) &&
      permitted == permitted_.load(std::memory_order_relaxed) &&
      effective == effective_.load(std::memory_order_relaxed))
    return false;
  ids_.store(now.ids, std::memory_order_relaxed);
  permitted_.store(permitted, std::memory_order_relaxed);
  effective_.store(effective, std::memory_order_relaxed);
  return true;
}

void Runtime::checkCredentials() {
  Lock lock(credentialsMutex_);
  if (!noteCredentials()) return;
  era_.fetch_add(1, std::memory_order_seq_cst);
  supervisor_.retirement().afterwards();
}

sys::Remaining Runtime::retireTasks(int64_t patienceNs) {
  if (!started()) return {};
  return supervisor_.retirement().begin(patienceNs);
}

void Runtime::resumeTasks() {
  if (!started()) return;
  {
    Lock lock(credentialsMutex_);
    noteCredentials();
  }
  supervisor_.retirement().end();
}

void Runtime::atExit() {
  Runtime& self = instance();
  // A child of fork() has no supervisor.
  if (!self.started() || self.process_ != sys::processId()) return;
  awaitChanges(nullptr);
  if (sys::hadTasks()) self.supervisor_.retirement().atExit();
}

void Runtime::newEra() { openers_.renew(era_.fetch_add(1, std::memory_order_seq_cst) + 1); }

void Runtime::followCredentials() {
  sys::limitCapabilities(effective_.load(std::memory_order_relaxed),
                         permitted_.load(std::memory_order_relaxed));
}

}  // namespace pendingop
