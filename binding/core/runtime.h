// The runtime: the parts of which a process has one, such as the signal, the supervisor and the pools. It is
// never destroyed, since workers outlive static destructors.
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

  // Claims the signal and starts the supervisor. Returns 0 or -errno; -EBUSY: somebody else uses the signal.
  int start();
  bool started() const { return signal_.load(std::memory_order_acquire) != 0; }
  // Before start(). Returns 0; -EBUSY: somebody else uses the signal; -EALREADY: the workers run with another
  // one; -EINVAL: the number is no signal that can be handled.
  int chooseSignal(int number);
  int signal() const { return signal_.load(std::memory_order_acquire); }
  // The most workers of all pools together.
  void setMaxThreads(size_t n) {
    maxThreads_.store(n, std::memory_order_relaxed);
    onRoom();
  }
  // The supervisor. The most workers by that limit and by what the system allows at present.
  size_t mostWorkers() const;
  size_t workers() const { return workers_.load(std::memory_order_relaxed); }
  void countWorkers(int more, bool areTasks) {
    if (areTasks)
      workingTasks_.fetch_add(static_cast<size_t>(static_cast<ptrdiff_t>(more)), std::memory_order_relaxed);
    workers_.fetch_add(static_cast<size_t>(static_cast<ptrdiff_t>(more)), std::memory_order_relaxed);
  }

  // A worker has ended, or the limit has grown: the supervisor tries again for pools that had no room.
  void onRoom();
  uint64_t roomMade() const { return roomMade_.load(std::memory_order_seq_cst); }
  // The supervisor. A resting worker of another pool ends.
  void retireOneFor(const Pool& pool);

  void setKillable(Killable mode);
  Killable killable() const { return killable_.load(std::memory_order_relaxed); }
  // Tasks of an older era end: the credentials, or the kind of workers, have changed since they started.
  uint32_t era() const { return era_.load(std::memory_order_seq_cst); }
  // An environment's thread, before it submits to a pool of tasks: each task has credentials of its own.
  void checkCredentials();
  // The thread that changes the credentials of the process, before the change and after it:
  // core/retirement.h.
  sys::Remaining retireTasks(int64_t patienceNs);
  void resumeTasks();
  // The process is about to exit.
  static void atExit();
  // The supervisor. No task that was started before takes another op.
  void newEra();
  // The supervisor. Gives its own thread the credentials that the environments have, and so to the tasks that
  // it starts.
  void followCredentials();

  bool opensApart(const Runner& runner) const override;
  long open(Calling& op, Open how, const sys::Place& place, const sys::Identity& directory, int flags,
            unsigned mode) override {
    return openers_.open(static_cast<Op&>(op), how, place, directory, flags, mode);
  }
  void onStackLeft(Runner& runner) override;

  Supervisor& supervisor() { return supervisor_; }
  Openers& openers() { return openers_; }
  // For the process's own files: /proc, /dev.
  Pool& threads() { return threads_; }
  Pool& tasks() { return tasks_; }
  // For other addons' functions.
  Pool& foreign() { return foreign_; }
  // For calls that wait for the lock of a file: they hold up neither other calls nor the release that they
  // wait for.
  Pool& waiters() { return waiters_; }
  Pool& remoteWaiters() { return remoteWaiters_; }
  // For local files. If the mounts are unknown, any file may be remote: then tasks run the calls, since a
  // thread could hold up the exit.
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
  // The credentials that the environments' threads were seen to have.
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
