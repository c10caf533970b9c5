// A worker: a thread, or a task that can be killed, that takes ops from its pool and runs each to its end.
// Records of workers are reused and never freed, so that an interrupt which comes late finds a record, if
// perhaps of a worker that has left.
//
// How a task is killed. It is killed only while it is in a system call, which `gate` says, so it never holds
// a lock then. Before the call it has saved all that it goes on with (SavedCall). Once the kernel
// has released the task and it was reaped, another task takes over the stack, and the call returns there
// with kKilled: the op goes on from that point as it would after any failed call, closes what it holds, and
// tells its caller. A call that had returned before the task died returns what it had returned.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "core/futex.h"
#include "core/op.h"
#include "core/robust_mutex.h"
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

// Where a worker stands with its pool.
enum class Place : uint8_t {
  gone,       // the record is free
  coming,     // started or woken, and will look at the queue
  searching,  // awake, and looks at the queue again and again
  inCall,     // runs an op
  resting,    // asleep, until it is woken
  leaving,    // awake, and will not look at the queue any more
  fallen      // a task that was killed in a call: another one is to go on with its stack
};

struct Worker {
  Worker(uint32_t number, Pool* itsPool) : index(number), pool(itsPool) {}

  // Guarded by the pool's lock; the openers' records use `next` and `idle` alone.
  Worker* next = nullptr;      // the list that its place says, or of free and ended records
  Worker* previous = nullptr;  // that of the resting ones
  std::atomic<Place> place{Place::gone};
  int64_t span = 0;  // when it began its call: core/schedule.h
  bool idle = false;

  // Set by whoever starts it, before it runs.
  bool isTask = false;
  uint32_t era = 0;  // Runtime::era() when it was started

  // The worker's own.
  const uint32_t index;
  Pool* const pool;  // null: it opens for others (core/openers.h)
  std::atomic<Op*> running{nullptr};
  uint64_t generation = 0;  // of that op
  void* request = nullptr;  // that it opens a file for
  bool maySearch = true;    // look for work for a while before it rests

  std::atomic<uint32_t> awake{0};  // the futex it sleeps on
  std::atomic<uint32_t> thread{0};

  Mutex mutex;  // a leaf: held to signal, and to leave
  pthread_t handle GUARDED_BY(mutex) = {};

  // Of a task.
  std::atomic<uint32_t> alive{0};      // cleared by the kernel when it is off its stack
  std::atomic<bool> started{false};    // there is a task of this record, or there was until it was killed
  std::atomic<bool> departing{false};  // it ends, or we have killed it
  uint32_t task = 0;                   // the supervisor's: the one that it has started
  uint8_t* stack = nullptr;
  LockHolder holder;
  SavedCall saved;
  long returned = 0;              // by its last system call
  bool resumed = false;           // another task has taken over
  Worker* predecessor = nullptr;  // whose stack that task has left
  Worker* adopts = nullptr;       // whose stack its task is about to go on with

  // Null on a thread.
  LockHolder* lockHolder() { return isTask ? &holder : nullptr; }
  // The last store of a change: a task may be killed between any two.
  void setPlace(Place to) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    place.store(to, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
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
