// Retirement: before the process changes its rights (its user or group ids, say), every task ends, because
// each task has credentials of its own that such a change does not reach. An idle task leaves; a task with an
// op finishes it; a task that is still in a system call after the patience is killed in it. Until the change
// is over no task is started, and ops stay queued.
//
// A change that is found out afterwards is treated in the same way. If the process may no longer kill a task,
// the exit task may (sys/task.h).
//
// The thread that changes the rights calls begin() and end(), one thread at a time. The supervisor's thread
// calls the rest.
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

  // Returns once no task can run any more, but for `kept` and `dying` of the result. Calls have `patienceNs`
  // to end by themselves.
  sys::Remaining begin(int64_t patienceNs);
  // The process is about to exit. The tasks end now, because the process that would inherit them may wait for
  // none, as process 1 of a container may. If the kernel holds one, the exit task stays.
  void atExit();
  // Tasks may be started again.
  void end();
  // Any thread. The rights have changed already.
  void afterwards();

  bool isUnderWay() const { return phase_ != Phase::none; }
  // Returns when to look again.
  int64_t check(int64_t now);

 private:
  // For calls that were under way when the change was found out: the default grace of an interrupt.
  static constexpr int64_t kPatience = 100 * kMillisecond;

  enum class Phase : uint8_t { none, workers, standing, over };

  void start(int64_t now);
  sys::Remaining endWorkers(bool kill);
  // Returns whether the task may still run.
  bool endWorker(Worker& worker, bool kill);
  bool isOver(const sys::Remaining& remaining, int64_t now);

  Reaper& reaper_;

  std::atomic<uint32_t> asked_{0};     // counts the requests
  std::atomic<uint32_t> answered_{0};  // a futex: the number of the request that `remaining_` answers
  std::atomic<bool> pausing_{false};   // between begin() and end()
  std::atomic<bool> exiting_{false};
  std::atomic<bool> late_{false};  // afterwards() was called
  std::atomic<int64_t> patience_{kPatience};
  sys::Remaining remaining_;

  // The supervisor's own.
  uint32_t serving_ = 0;
  Phase phase_ = Phase::none;
  int64_t killAt_ = 0;
  int64_t ranAt_ = 0;  // when at least one of the tasks was last seen that may run, or the phase began
};

}  // namespace pendingop
