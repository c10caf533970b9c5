// Before the process changes its rights (its user or group ids, say), every task ends: each has rights of its
// own, which do not follow. What is idle leaves, what runs comes to the end of its op, and what is still in a
// system call after that is killed in it. Until it is over no task is started; ops stay queued.
//
// A change that is found out afterwards is treated in the same way. What the process may not kill any more
// the exit task may (sys/task.h).
//
// begin() and end() are the thread's that changes the rights, one at a time; the rest is the supervisor's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "core/reaper.h"
#include "core/worker.h"
#include "sys/task.h"

namespace pendingop {

class Retirement {
 public:
  explicit Retirement(Reaper& reaper) : reaper_(reaper) {}

  // Returns once no task may run any more, or `remaining.kept` may. Calls have `patienceNs` to end by
  // themselves.
  sys::Remaining begin(int64_t patienceNs);
  // The process is about to exit: the tasks end now, so that nobody has to wait for them who may not do it,
  // as process 1 of a container may not. Where the kernel holds one, the exit task stays.
  void atExit();
  // Tasks may be started again.
  void end();
  // Any thread: the rights have changed already.
  void afterwards();

  bool isUnderWay() const { return phase_ != Phase::none; }
  // When to look again.
  int64_t check(int64_t now);

 private:
  // For calls that were under way when the change was found out: the default grace of an interrupt.
  static constexpr int64_t kPatience = 100 * kMillisecond;

  enum class Phase : uint8_t { none, workers, standing, over };

  void start(int64_t now);
  sys::Remaining endWorkers(bool kill);
  void endWorker(Worker& worker, bool kill, sys::Remaining* remaining);

  Reaper& reaper_;

  std::atomic<uint32_t> asked_{0};     // how often
  std::atomic<uint32_t> answered_{0};  // a futex: which of those is answered by `remaining_`
  std::atomic<bool> pausing_{false};   // between begin() and end()
  std::atomic<bool> exiting_{false};
  std::atomic<bool> late_{false};  // afterwards() was called
  std::atomic<int64_t> patience_{kPatience};
  sys::Remaining remaining_;

  // The supervisor's own.
  uint32_t serving_ = 0;
  Phase phase_ = Phase::none;
  int64_t killAt_ = 0;
};

}  // namespace pendingop
