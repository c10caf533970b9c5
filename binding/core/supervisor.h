// The thread that looks after the rest: starts workers when those that there are do not come back, gives up
// ops whose grace has run out, sends a signal again where one can be lost, and takes over what an environment
// left behind. Sleeps when there is none of that.
//
// Lock order: mutex_ before everything else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/futex.h"
#include "core/op.h"

namespace pendingop {

class Client;

class Supervisor {
 public:
  bool start();

  // Any thread: ops wait and no worker was free to take them.
  void watchQueue();

  // Ends an op: out of the queue, or out of the kernel within `graceNs`, or else abandoned. Nothing happens
  // when it is over already.
  void interrupt(Op* op, uint64_t generation, int64_t graceNs);
  // An op that is told to stop, or abandoned, and whose signal may have to be sent again.
  void follow(Op* op, uint64_t generation);
  // A client that was closed has something to take.
  void orphaned(Client* client);

 private:
  struct Watched {
    Op* op;
    uint64_t generation;
    int64_t deadline;  // when its grace ends; never once abandoned
    int64_t resendAt;
    int64_t resendPause;
  };

  static void* main(void* self);
  void run();
  void wakeBefore(int64_t deadline);
  void hasten(Op* op, uint64_t generation, int64_t deadline);
  int64_t checkWatched(int64_t now);
  int64_t checkQueue(int64_t now);
  void checkOrphans();

  std::atomic<uint32_t> wakeups_{0};
  std::atomic<int64_t> sleepsUntil_{0};
  std::atomic<bool> queueWatched_{false};

  Mutex mutex_;
  std::vector<Watched> watched_ GUARDED_BY(mutex_);
  std::vector<Client*> orphans_ GUARDED_BY(mutex_);

  // The supervisor's own.
  std::vector<Op*> givenUp_;
  size_t poppedBefore_ = 0;
  size_t step_ = 1;
  int starvedTicks_ = 0;
  int64_t lastGrowth_ = 0;
  int64_t lastFilled_ = 0;
};

}  // namespace pendingop
