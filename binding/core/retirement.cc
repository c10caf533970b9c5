#include "core/retirement.h"

#include "base/clock.h"
#include "core/lanes.h"
#include "core/runtime.h"

namespace pendingop {

namespace {
constexpr int64_t kPause = 100 * kMicrosecond;
// How long tasks have that are on their way out: they only need a processor.
constexpr int64_t kForOthers = 5 * kSecond;
// How long killed tasks have that are blocked in the kernel. It may wait for a disk, which takes a moment, or
// for a file system that has stalled: a close of a file on a FUSE mount, say, cannot be killed.
constexpr int64_t kForHeld = 100 * kMillisecond;
// At exit: how long calls have that are about to be over, and how long all of it may take.
constexpr int64_t kExitPatience = 2 * kMillisecond;
constexpr int64_t kExitLimit = 50 * kMillisecond;
}  // namespace

sys::Remaining Retirement::begin(int64_t patienceNs) {
  patience_.store(patienceNs, std::memory_order_relaxed);
  pausing_.store(true, std::memory_order_seq_cst);
  const uint32_t mine = asked_.fetch_add(1, std::memory_order_seq_cst) + 1;
  Runtime::instance().supervisor().wake();
  for (uint32_t at; (at = answered_.load(std::memory_order_acquire)) != mine;) waitWhile(answered_, at, -1);
  return remaining_;
}

void Retirement::atExit() {
  patience_.store(kExitPatience, std::memory_order_relaxed);
  exiting_.store(true, std::memory_order_relaxed);
  pausing_.store(true, std::memory_order_seq_cst);
  const uint32_t mine = asked_.fetch_add(1, std::memory_order_seq_cst) + 1;
  Runtime::instance().supervisor().wake();
  const int64_t until = nowNs() + kExitLimit;
  for (uint32_t at; (at = answered_.load(std::memory_order_acquire)) != mine;) {
    const int64_t rest = until - nowNs();
    if (rest <= 0) return;
    waitWhile(answered_, at, rest);
  }
}

void Retirement::end() {
  patience_.store(kPatience, std::memory_order_relaxed);
  pausing_.store(false, std::memory_order_seq_cst);
  Runtime::instance().supervisor().wake();
}

void Retirement::afterwards() {
  late_.store(true, std::memory_order_seq_cst);
  Runtime::instance().supervisor().wake();
}

void Retirement::start(int64_t now) {
  phase_ = Phase::workers;
  killAt_ = now + patience_.load(std::memory_order_relaxed);
  ranAt_ = now;
  sys::forbidTasks();
  Runtime::instance().newEra();
}

int64_t Retirement::check(int64_t now) {
  const uint32_t asked = asked_.load(std::memory_order_seq_cst);
  if (late_.exchange(false, std::memory_order_seq_cst) || asked != serving_) {
    serving_ = asked;
    start(now);
  }
  if (phase_ == Phase::workers) {
    remaining_ = endWorkers(now >= killAt_);
    if (isOver(remaining_, now)) {
      phase_ = Phase::standing;
      ranAt_ = now;
    }
  }
  if (phase_ == Phase::standing) {
    const bool stays = exiting_.load(std::memory_order_relaxed) && reaper_.leaving() > 0;
    const sys::Remaining standing = stays ? sys::Remaining{} : sys::endStandingTasks();
    if (isOver(standing, now)) {
      // Some may be gone by now.
      remaining_ = endWorkers(true);
      remaining_.held += standing.held;
      remaining_.dying += standing.dying;
      remaining_.kept += standing.kept;
      phase_ = Phase::over;
      answered_.store(serving_, std::memory_order_release);
      wakeOne(answered_);
    }
  }
  if (phase_ == Phase::none) return kNever;
  if (phase_ != Phase::over) return now + kPause;
  if (pausing_.load(std::memory_order_seq_cst)) return kNever;
  phase_ = Phase::none;
  Runtime::instance().followCredentials();
  sys::allowTasks();
  Runtime::instance().onRoom();
  return now;
}

bool Retirement::isOver(const sys::Remaining& remaining, int64_t now) {
  if (remaining.held + remaining.dying + remaining.kept == 0) return true;
  if (remaining.dying + remaining.kept > 0) ranAt_ = now;
  const int64_t forHeld = exiting_.load(std::memory_order_relaxed) ? kExitPatience : kForHeld;
  return now >= ranAt_ + forHeld || now >= killAt_ + kForOthers;
}

sys::Remaining Retirement::endWorkers(bool kill) {
  sys::Remaining remaining;
  const auto end = [&](Worker& worker) {
    if (endWorker(worker, kill)) remaining.kept++;
  };
  Lanes::instance().eachPool([&](Pool& pool) {
    pool.retireOutdated();
    pool.eachWorker(end);
  });
  Runtime::instance().openers().eachWorker(end);
  reaper_.count(&remaining);
  return remaining;
}

// A task is killed in a system call only, where it holds no lock. One that is in none will make the next
// call, or leave.
bool Retirement::endWorker(Worker& worker, bool kill) {
  if (worker.alive.load(std::memory_order_acquire) == 0) return false;
  uint64_t gate = worker.saved.gate.load(std::memory_order_seq_cst);
  const uint32_t thread = worker.thread.load(std::memory_order_relaxed);
  if (kill && Gate::isKillable(gate) && sys::mayKill(thread)) {
    const Op* op = worker.running.load(std::memory_order_acquire);
    const bool copies = op != nullptr && op->pinned.load(std::memory_order_seq_cst) != 0;
    if (!copies &&
        worker.saved.gate.compare_exchange_strong(gate, Gate::doomed(gate), std::memory_order_seq_cst)) {
      sys::killTask(thread);
      reaper_.killed(worker);
      return false;
    }
  }
  return Gate::phase(gate) != Gate::kDoomed;
}

}  // namespace pendingop
