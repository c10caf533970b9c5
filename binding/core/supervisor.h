// The supervisor's thread. It starts workers, ends ops step by step (signal, kill, abandon), sends a signal
// again where one can be lost, starts the tasks that take over from killed ones (core/reaper.h), watches the
// health of remote file systems, and completes the ops of an environment that has ended. While there is none
// of that to do, it sleeps.
//
// The tasks among the workers die with the thread that made them, so the supervisor lives as long as the
// process.
//
// Lock order: mutex_ before everything else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/futex.h"
#include "core/op.h"
#include "core/reaper.h"
#include "core/retirement.h"

namespace pendingop {

class Client;

class Supervisor {
 public:
  bool start();
  // Any thread or task. The supervisor looks at everything again.
  void wake() { wakeBefore(0); }

  // Ends the op: takes it out of the queue, or out of the kernel within `graceNs`, or else abandons it. If
  // the op is over already, nothing happens.
  void interrupt(Op* op, uint64_t generation, int64_t graceNs);
  // The op's state says already that it is to stop: makes its worker leave the kernel.
  void pursue(Op* op, uint64_t generation);
  // The client was closed: the supervisor takes its completions until none of its ops is in flight.
  void orphaned(Client* client);
  // A task. A client is to be woken, which calls libc, so the supervisor does it for the task.
  void deliver();
  // A task, as its last act. Its record is free once the kernel has released the task.
  void ended(Worker& worker);
  // A task that goes on with another stack. Its former record is free.
  void left(Worker& worker) { reaper_.ended(worker); }
  // Any thread, after it has submitted to a pool of tasks: somebody else may kill those at any time.
  void watchTasks() {
    if (tasksWatched_.load(std::memory_order_relaxed)) return;
    if (!tasksWatched_.exchange(true, std::memory_order_seq_cst)) wake();
  }
  // Any thread or task. Somebody else has killed a task: the supervisor looks for it now.
  void lookForKilled() {
    killedTask_.store(true, std::memory_order_seq_cst);
    wake();
  }
  Retirement& retirement() { return retirement_; }

 private:
  struct Watched {
    Op* op;
    uint64_t generation;
    int64_t deadline;  // when its grace ends; kNever once abandoned
    int64_t resendAt;
    int64_t resendPause;
    int64_t killAt;
    int64_t killPause;
  };

  static void* main(void* self);
  void run();
  void wakeBefore(int64_t deadline);
  void watch(const Watched& watched);
  void hasten(Op* op, uint64_t generation, int64_t deadline, int64_t killAt);
  bool send(Op* op, uint64_t generation);
  bool kill(Op* op, uint64_t generation);
  int64_t checkWatched(int64_t now);
  bool checkOne(Watched& w, int64_t now);
  int64_t checkPools(int64_t now);
  int64_t checkTasks(int64_t now);
  void checkOrphans();
  bool credentialsChanged();

  std::atomic<uint32_t> wakeups_{0};
  std::atomic<int64_t> sleepsUntil_{0};
  std::atomic<bool> deliver_{false};
  std::atomic<bool> tasksWatched_{false};
  std::atomic<bool> killedTask_{false};
  Reaper reaper_;
  Retirement retirement_{reaper_};

  Mutex mutex_;
  std::vector<Watched> watched_ GUARDED_BY(mutex_);
  std::vector<Client*> orphans_ GUARDED_BY(mutex_);

  // The supervisor's own.
  std::vector<Op*> givenUp_;
  uint64_t ids_ = 0;
  int64_t tasksAt_ = 0;
};

}  // namespace pendingop
