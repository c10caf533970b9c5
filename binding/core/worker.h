// A worker: a thread, or a task that can be killed, that takes ops from its pool and runs each to its end.
// Records of workers are reused and never freed, so that an interrupt which comes late finds a record, if
// perhaps of a worker that has left.
//
// How a task is killed. It is killed only while it is in a system call, which `gate` says, so it never holds
// a lock then. Before the call it has saved all that it goes on with (SavedCall). Once the kernel
// has let go of the task and it was reaped, another task takes over the stack, and the call returns there
// with kKilled: the op goes on from that point as it would after any failed call, closes what it holds, and
// tells its caller. A call that had returned before the task died returns what it had returned.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "core/futex.h"
#include "core/op.h"
#include "sys/task.h"

namespace pendingop {

class Pool;

// What a system call gives whose task was killed in it; no errno has that number.
constexpr long kKilled = -1025;

// The call that a task can be killed in: where the task stands, and what it goes on with after the call. The
// assembly files (sys/linux/syscall_*.S) know what lies where.
struct SavedCall {
  std::atomic<uint64_t> gate{0};  // see Gate
  uint64_t entering = 0;          // what the gate becomes once the rest is saved
  uintptr_t registers[21] = {};
};

struct Worker {
  Worker(uint32_t number, Pool* itsPool) : index(number), pool(itsPool) {}

  Worker* next = nullptr;      // the lists of idle, free and ended records
  Worker* previous = nullptr;  // the idle list
  bool idle = false;           // in the idle list; guarded by the pool's mutex

  // Set by whoever starts or wakes it, before it runs.
  bool coming = false;
  bool isTask = false;
  uint32_t era = 0;  // Runtime::era() when it was started

  // The worker's own.
  const uint32_t index;
  Pool* const pool;  // null: it opens for others (core/openers.h)
  std::atomic<Op*> running{nullptr};
  void* request = nullptr;  // that it opens a file for
  int64_t lastStart = 0;    // when it took its last op, 0 when it has waited since
  uint32_t briskEra = 0;    // in which it is counted as brisk
  bool surplus = false;     // there are enough without it: it is to sleep
  bool maySpin = true;      // whether to look for work a while before it sleeps

  std::atomic<uint32_t> awake{0};  // the futex it sleeps on
  std::atomic<uint32_t> thread{0};

  Mutex mutex;  // a leaf: held to signal, and to leave
  pthread_t handle GUARDED_BY(mutex) = {};

  // Of a task.
  std::atomic<uint32_t> alive{0};  // cleared by the kernel when it is off its stack
  uint8_t* stack = nullptr;
  SavedCall saved;
  long returned = 0;              // by its last system call
  bool resumed = false;           // another task has taken over
  Worker* predecessor = nullptr;  // whose stack that task has left
};

// SavedCall::gate: the number of the call, and where the worker stands. Who kills it moves it from `inside`
// to `doomed`, which fails when the call is over, or another one. `held`: inside one in which it is not
// killed for the sake of its op, since a descriptor could be lost.
class Gate {
 public:
  static constexpr uint64_t kOutside = 0, kInside = 1, kDoomed = 2, kHeld = 3;
  static uint64_t phase(uint64_t gate) { return gate & 3; }
  static uint64_t inside(uint64_t gate) { return (gate & ~uint64_t{3}) | kInside; }
  static uint64_t outside(uint64_t gate) { return gate & ~uint64_t{3}; }
  static uint64_t doomed(uint64_t gate) { return (gate & ~uint64_t{3}) | kDoomed; }
  static uint64_t next(uint64_t gate) { return inside(gate + 4); }
  static uint64_t nextHeld(uint64_t gate) { return (gate + 4) | kHeld; }
  static bool isKillable(uint64_t gate) { return phase(gate) == kInside || phase(gate) == kHeld; }
};

// Makes the worker leave the kernel if it is in it. False: the signal could not be sent now.
bool signalWorker(Worker& worker, int signal);
// The thread's body, and the task's.
void* workerMain(void* worker);
void taskMain(void* worker);
// The supervisor. False when it is not to be had.
bool startTask(Worker& worker, void (*body)(void*), sys::Table table);
// On a task that has taken over: the stack that it came from is free.
void leftBehind(Worker& worker);

}  // namespace pendingop
