// The thread that looks after the rest: starts workers, ends ops step by step (signal, kill, abandon), sends
// a signal again where one can be lost, gives those that were killed a successor (core/reaper.h), watches
// over remote file systems, and takes over what an environment left behind. Sleeps when there is none of
// that.
//
// It makes the tasks that workers can be, so it never ends before the process.
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
  // Any thread or task: something has changed that it should look at.
  void wake() { wakeBefore(0); }

  // Ends an op: out of the queue, or out of the kernel within `graceNs`, or else abandoned. Nothing happens
  // when it is over already.
  void interrupt(Op* op, uint64_t generation, int64_t graceNs);
  // Makes the worker of an op leave the kernel whose state says already that it must.
  void pursue(Op* op, uint64_t generation);
  // A client that was closed, and is to be taken from until it has nothing out any more.
  void orphaned(Client* client);
  // A task: a client is to be woken, which tasks must not do themselves.
  void deliver();
  // A task, as its last act: its record is free once the kernel is done with it.
  void ended(Worker& worker);
  // Any thread: tasks are about to be at work. Somebody else may kill them.
  void watchTasks() {
    if (tasksWatched_.load(std::memory_order_relaxed)) return;
    if (!tasksWatched_.exchange(true, std::memory_order_seq_cst)) wake();
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
