#include "core/supervisor.h"

#include <algorithm>

#include "base/clock.h"
#include "core/client.h"
#include "core/custom.h"
#include "core/lanes.h"
#include "core/runtime.h"
#include "sys/credentials.h"
#include "sys/signal.h"
#include "sys/task.h"
#include "sys/thread.h"

namespace pendingop {

namespace {
constexpr size_t kStack = 256 * 1024;
constexpr int64_t kFirstResend = kMillisecond;
constexpr int64_t kLongestResend = kSecond;
// A signal ends a call at once, or as soon as a daemon hears of it, or not at all. A kill takes as long as
// the kernel takes, so it gets most of the grace.
constexpr int64_t kShareOfSignal = 8;
constexpr int64_t kLeastForSignal = kMillisecond;
constexpr int64_t kMostForSignal = 500 * kMillisecond;
constexpr int64_t kFirstKill = kMillisecond;
constexpr int64_t kLongestKill = kSecond;
// Before a sleep of this length the supervisor compares the credentials of its thread; doing so before each
// sleep would cost more than it brings.
constexpr int64_t kLongSleep = 20 * kMillisecond;
// How often the supervisor looks whether somebody else has killed a task.
constexpr int64_t kTasksTick = 250 * kMillisecond;
constexpr int64_t kLongestSleep = 3600 * kSecond;
}  // namespace

bool Supervisor::start() { return sys::startThread(main, this, kStack); }

void* Supervisor::main(void* self) {
  sys::nameThread("pendingop-super");
  static_cast<Supervisor*>(self)->run();
  return nullptr;
}

void Supervisor::run() {
  Runtime& runtime = Runtime::instance();
  ids_ = sys::credentials().ids;
  for (;;) {
    const uint32_t before = wakeups_.load(std::memory_order_seq_cst);
    sleepsUntil_.store(0, std::memory_order_seq_cst);  // awake: what is added now is seen below
    if (deliver_.exchange(false, std::memory_order_seq_cst)) Client::nudgeAll();
    checkOrphans();
    const int64_t now = nowNs();
    int64_t next = checkWatched(now);
    if (!retirement_.isUnderWay()) next = std::min(next, runtime.openers().check(now));
    next = std::min(next, checkTasks(now));
    next = std::min(next, reaper_.check(now));
    next = std::min(next, retirement_.check(now));
    next = std::min(next, checkPools(now));
    next = std::min(next, Lanes::instance().check(now));
    if (next > now) {
      sleepsUntil_.store(next, std::memory_order_seq_cst);
      if (next - now > kLongSleep && credentialsChanged()) continue;
      waitWhile(wakeups_, before, std::min(next - now, kLongestSleep));
      // The wait ended early and nobody woke the supervisor. The signal by which libc has each thread take
      // over new user or group ids does that (setuid(2)); it does not end a wait without a time limit.
      if (wakeups_.load(std::memory_order_seq_cst) == before && nowNs() < next) credentialsChanged();
    }
  }
}

bool Supervisor::credentialsChanged() {
  const uint64_t ids = sys::credentials().ids;
  if (ids == ids_) return false;
  ids_ = ids;
  retirement_.afterwards();
  return true;
}

void Supervisor::wakeBefore(int64_t deadline) {
  // If the supervisor is awake (0), it has read `wakeups_` already, so the new count alone keeps it from
  // sleeping.
  wakeups_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepsUntil_.load(std::memory_order_seq_cst) > deadline) wakeOne(wakeups_);
}

void Supervisor::deliver() {
  if (!deliver_.exchange(true, std::memory_order_seq_cst)) wake();
}

void Supervisor::ended(Worker& worker) {
  reaper_.ended(worker);
  wake();
}

void Supervisor::interrupt(Op* op, uint64_t generation, int64_t graceNs) {
  if (op->pool->cancel(*op, generation)) {
    op->client->complete(op, Outcome::cancelled);
    return;
  }
  const int64_t now = nowNs();
  const int64_t deadline = now + graceNs;
  const int64_t killAt = now + std::clamp(graceNs / kShareOfSignal, kLeastForSignal, kMostForSignal);
  if (!op->state.move(generation, State::Running, State::Interrupting))
    return hasten(op, generation, deadline, killAt);
  watch({op, generation, deadline, kNever, kFirstResend, killAt, kFirstKill});
  pursue(op, generation);
  wakeBefore(std::min(deadline, killAt));
}

void Supervisor::watch(const Watched& watched) {
  Lock lock(mutex_);
  watched_.push_back(watched);
}

// The op was interrupted before. The shorter grace counts.
void Supervisor::hasten(Op* op, uint64_t generation, int64_t deadline, int64_t killAt) {
  if (op->state.state() != State::Interrupting) return;
  {
    Lock lock(mutex_);
    auto found = std::find_if(watched_.begin(), watched_.end(),
                              [&](const Watched& w) { return w.op == op && w.generation == generation; });
    if (found == watched_.end() || found->deadline <= deadline) return;
    found->deadline = deadline;
    // The op's worker has been killed already; another worker may be about to go on with the op.
    if (found->killAt != kNever) found->killAt = std::min(found->killAt, killAt);
  }
  wakeBefore(std::min(deadline, killAt));
}

bool Supervisor::send(Op* op, uint64_t generation) {
  Worker* worker;
  // Schedule::begin() sets the worker before the state becomes `running`; it stays null once the memory
  // serves another op.
  for (int spins = 0; (worker = workerOf(*op, std::memory_order_acquire)) == nullptr; spins++) {
    if (op->state.generation() != generation) return true;
    if (spins < 1000)
      spinPause();
    else
      sys::yieldProcessor();
  }
  if (Custom* custom = op->custom.load(std::memory_order_acquire))
    return custom->stop(*op, generation, *worker);
  // A close is never interrupted, not even the one at the end of an interrupted op: on CIFS the data that it
  // writes back would be lost.
  if (op->call.load(std::memory_order_relaxed) == Call::close) return false;
  const int signal = Runtime::instance().signal();
  return sys::ownsSignal(signal) && signalWorker(*worker, signal);
}

void Supervisor::pursue(Op* op, uint64_t generation) {
  const bool sent = send(op, generation);
  const Worker* worker = workerOf(*op, std::memory_order_acquire);
  const bool again = !sent || sys::kSignalCanBeLost;
  const bool abandoned = op->state.state() == State::Abandoned && worker != nullptr && worker->isTask;
  if (!again && !abandoned) return;
  const int64_t soon = nowNs() + kFirstResend;
  {
    Lock lock(mutex_);
    auto found = std::find_if(watched_.rbegin(), watched_.rend(),
                              [&](const Watched& w) { return w.op == op && w.generation == generation; });
    if (found == watched_.rend()) {
      watched_.push_back(
          {op, generation, kNever, kNever, kFirstResend, abandoned ? soon : kNever, kFirstKill});
      found = watched_.rbegin();
    }
    if (again) found->resendAt = soon;
  }
  wakeBefore(soon);
}

// Returns false if the worker cannot be killed now: it is in no system call, or in one that must not be
// killed.
bool Supervisor::kill(Op* op, uint64_t generation) {
  Worker* worker = workerOf(*op, std::memory_order_seq_cst);
  if (worker == nullptr) return false;
  if (!worker->isTask) return true;
  uint64_t gate = worker->saved.gate.load(std::memory_order_seq_cst);
  if (Gate::phase(gate) != Gate::kInside) return false;
  // Check that the worker is still in a call of this op. If the worker moves on later, the gate's number of
  // the call differs, and the exchange fails.
  const State state = op->state.state();
  if (op->state.generation() != generation || (state != State::Interrupting && state != State::Abandoned) ||
      workerOf(*op, std::memory_order_seq_cst) != worker)
    return false;
  if (op->pinned.load(std::memory_order_seq_cst) != 0) return false;  // not stuck: it copies
  if (!sys::mayKill(worker->thread.load(std::memory_order_relaxed))) return true;
  if (!worker->saved.gate.compare_exchange_strong(gate, Gate::doomed(gate), std::memory_order_seq_cst))
    return false;
  sys::killTask(worker->thread.load(std::memory_order_relaxed));
  reaper_.killed(*worker);
  return true;
}

// Returns false if there is nothing left to watch.
bool Supervisor::checkOne(Watched& w, int64_t now) {
  const State state = w.op->state.state();
  if (w.op->state.generation() != w.generation || (state != State::Interrupting && state != State::Abandoned))
    return false;
  if (now >= w.deadline) {
    if (w.op->pinned.load(std::memory_order_seq_cst) != 0) {
      w.deadline = now + kMillisecond;  // not stuck: it copies
    } else {
      if (w.op->state.move(w.generation, State::Interrupting, State::Abandoned)) givenUp_.push_back(w.op);
      w.deadline = kNever;
    }
  }
  if (now >= w.resendAt) {
    send(w.op, w.generation);
    w.resendPause = std::min(2 * w.resendPause, kLongestResend);
    w.resendAt = now + w.resendPause;
  }
  if (now >= w.killAt) {
    const bool done = kill(w.op, w.generation);
    w.killAt = done ? kNever : now + w.killPause;
    w.killPause = std::min(2 * w.killPause, kLongestKill);
  }
  return w.deadline != kNever || w.resendAt != kNever || w.killAt != kNever;
}

int64_t Supervisor::checkWatched(int64_t now) {
  int64_t next = kNever;
  {
    Lock lock(mutex_);
    for (size_t i = 0; i < watched_.size();) {
      Watched& w = watched_[i];
      if (!checkOne(w, now)) {
        w = watched_.back();
        watched_.pop_back();
        continue;
      }
      next = std::min({next, w.deadline, w.resendAt, w.killAt});
      i++;
    }
  }
  // The lock is not held: a client that is closed meanwhile comes back by orphaned().
  for (Op* op : givenUp_) op->client->giveUp(op, Outcome::abandoned);
  givenUp_.clear();
  return next;
}

// Nothing tells of a task that somebody else has killed, so the supervisor looks for one while tasks work.
int64_t Supervisor::checkTasks(int64_t now) {
  if (killedTask_.exchange(false, std::memory_order_seq_cst)) {
    tasksWatched_.store(true, std::memory_order_seq_cst);
    tasksAt_ = 0;
  }
  if (!tasksWatched_.load(std::memory_order_seq_cst)) return kNever;
  if (now < tasksAt_) return tasksAt_;
  bool first = tasksAt_ == 0;
  bool any = false;
  bool busy = false;
  std::vector<Worker*> lost;
  const auto look = [&](Worker& worker) {
    if (!worker.started.load(std::memory_order_acquire)) return;
    any = true;
    const bool rests = worker.pool == nullptr ? worker.opens.load(std::memory_order_relaxed) == nullptr
                                              : worker.place == Place::resting;
    if (!rests) busy = true;
    if (worker.alive.load(std::memory_order_acquire) == 0 &&
        !worker.departing.load(std::memory_order_acquire))
      lost.push_back(&worker);
  };
  Lanes::instance().eachPool([&](Pool& pool) {
    pool.eachWorker(look);
    busy = busy || (pool.wantsTasks() && !pool.isQuiet());
  });
  Runtime::instance().openers().eachWorker(look);
  reaper_.lost(lost);
  if (any) sys::prepareTasks();  // tasks that belong to no pool may have been killed, too
  if (busy || first) return tasksAt_ = now + kTasksTick;
  tasksAt_ = 0;
  tasksWatched_.store(false, std::memory_order_seq_cst);
  // Whoever has submitted meanwhile may have seen them watched.
  Lanes::instance().eachPool([&](Pool& pool) { busy = busy || (pool.wantsTasks() && !pool.isQuiet()); });
  if (!busy) return kNever;
  tasksWatched_.store(true, std::memory_order_seq_cst);
  return tasksAt_ = now + kTasksTick;
}

int64_t Supervisor::checkPools(int64_t now) {
  int64_t next = kNever;
  bool any = false;
  Lanes::instance().eachPool([&](Pool& pool) {
    if (!pool.isSupervised()) return;
    any = true;
    next = std::min(next, pool.check(now));
  });
  // Also after the last look: a completion that was held back before would otherwise wait for ever.
  if (any) Client::nudgeAll();
  return next;
}

void Supervisor::orphaned(Client* client) {
  {
    Lock lock(mutex_);
    orphans_.push_back(client);
  }
  wake();
}

void Supervisor::checkOrphans() {
  std::vector<Client*> orphans;
  {
    Lock lock(mutex_);
    orphans.swap(orphans_);
  }
  // The lock is not held: settleClosed() may submit closes.
  std::erase_if(orphans, [](Client* client) { return client->settleClosed(); });
  Lock lock(mutex_);
  orphans_.insert(orphans_.end(), orphans.begin(), orphans.end());
}

}  // namespace pendingop
