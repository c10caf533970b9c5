// What there is once in a process: the signal, the supervisor, the pools. Never destroyed: workers outlive
// static destructors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/futex.h"
#include "core/mounts.h"
#include "core/openers.h"
#include "core/pool.h"
#include "core/supervisor.h"

namespace pendingop {

// configure({ killable }): which workers are tasks that can be killed. `automatic`: those of remote file
// systems.
enum class Killable : uint8_t { automatic, always, never };

class Runtime final : public sys::TaskOwner {
 public:
  static Runtime& instance();

  // Claims the signal and starts what has to run. 0, or -errno: -EBUSY when somebody else uses the signal.
  int start();
  bool started() const { return signal_.load(std::memory_order_acquire) != 0; }
  // Before start(). 0; -EBUSY when somebody else uses it; -EALREADY when the workers run with another one;
  // -EINVAL when it is no signal that can be handled.
  int chooseSignal(int number);
  int signal() const { return signal_.load(std::memory_order_acquire); }
  // In all pools together.
  void setMaxThreads(size_t n) {
    maxThreads_.store(n, std::memory_order_relaxed);
    onRoom();
  }
  // The supervisor: as many as that allows, and the system at present.
  size_t mostWorkers() const;
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  void countWorkers(int more, bool areTasks) {
    if (areTasks)
      workingTasks_.fetch_add(static_cast<size_t>(static_cast<ptrdiff_t>(more)), std::memory_order_relaxed);
    workers_.fetch_add(static_cast<size_t>(static_cast<ptrdiff_t>(more)), std::memory_order_relaxed);
  }

  // A worker has ended, or there may be more: the supervisor tries again where there was no room for one.
  void onRoom();
  uint64_t roomMade() const { return roomMade_.load(std::memory_order_seq_cst); }
  // The supervisor: a worker of another pool that rests ends.
  void retireOneFor(const Pool& pool);

  void setKillable(Killable mode);
  Killable killable() const { return killable_.load(std::memory_order_relaxed); }
  // Tasks of an older era are to leave: credentials, or what workers are, have changed since.
  uint32_t era() const { return era_.load(std::memory_order_seq_cst); }
  // An environment's thread, before it submits to a pool of tasks: each task has credentials of its own.
  void checkCredentials();
  // The thread that is about to change those of the process, and after it has: core/retirement.h.
  sys::Remaining retireTasks(int64_t patienceNs);
  void resumeTasks();
  // The process is about to exit.
  static void atExit();
  // The supervisor: no task that was started before takes another op.
  void newEra();
  // The supervisor: gives itself those that the environments have, and so the tasks that it starts.
  void followCredentials();

  bool opensApart(const Runner& runner) const override;
  long open(Calling& op, Open how, const sys::Place& place, const sys::Identity& directory, int flags,
            unsigned mode) override {
    return openers_.open(static_cast<Op&>(op), how, place, directory, flags, mode);
  }
  void onStackLeft(Runner& runner) override;

  Supervisor& supervisor() { return supervisor_; }
  Openers& openers() { return openers_; }
  // For what is the process's own: /proc, /dev.
  Pool& threads() { return threads_; }
  Pool& tasks() { return tasks_; }
  // For other addons' functions.
  Pool& foreign() { return foreign_; }
  // For those that wait for the lock of a file, local or not: never in the way of other calls, and not of the
  // release that they wait for.
  Pool& waiters() { return waiters_; }
  Pool& remoteWaiters() { return remoteWaiters_; }
  // For local files. What may be remote, and nobody knows, is for tasks: a thread could hold up the exit.
  Pool& main() {
    const bool unknown = Mounts::instance().areUnknown() && killable() != Killable::never;
    return unknown || killable() == Killable::always ? tasks_ : threads_;
  }

 private:
  Runtime();
  static Runtime& theRuntime;

  std::atomic<int> signal_{0};
  int process_ = 0;
  std::atomic<size_t> maxThreads_;
  std::atomic<size_t> workers_{0};
  std::atomic<size_t> workingTasks_{0};  // those workers that are tasks
  std::atomic<uint64_t> roomMade_{0};
  std::atomic<Killable> killable_{Killable::automatic};
  std::atomic<uint32_t> era_{kFirstEra};
  // What the environments' threads were seen to have.
  std::atomic<uint64_t> ids_{0};
  std::atomic<uint64_t> effective_{0};
  std::atomic<uint64_t> permitted_{0};
  Supervisor supervisor_;
  Openers openers_;
  Pool threads_;
  Pool tasks_;
  Pool foreign_;
  Pool waiters_;
  Pool remoteWaiters_;

  bool noteCredentials() REQUIRES(credentialsMutex_);
  Mutex credentialsMutex_;  // before everything else, like mutex_
  Mutex mutex_;             // before everything else
  int chosenSignal_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pendingop
