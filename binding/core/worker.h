// A worker: a thread, or a task that can be killed (sys/runner.h), that takes ops from its pool and runs each
// to its end. Records of workers are reused and never freed, so that an interrupt which comes late finds a
// record, if perhaps of a worker that has left.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.h"
#include "base/robust_mutex.h"
#include "core/op.h"
#include "core/open_request.h"
#include "sys/runner.h"
#include "sys/signal.h"
#include "sys/task.h"

namespace pendingop {

class Pool;

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

struct Worker : Runner {
  Worker(uint32_t number, Pool* itsPool) : Runner(itsPool == nullptr), index(number), pool(itsPool) {}

  // Guarded by the pool's lock; the openers' records use `next` and `idle` alone.
  Worker* next = nullptr;      // the list that its place says, or of free and ended records
  Worker* previous = nullptr;  // that of the resting ones
  std::atomic<Place> place{Place::gone};
  int64_t span = 0;  // when it began its call: core/schedule.h
  bool idle = false;

  // Set by whoever starts it, before it runs.
  uint32_t era = 0;  // Runtime::era() when it was started

  // The worker's own.
  const uint32_t index;
  Pool* const pool;  // null: it opens for others (core/openers.h)
  // The op that it has taken, until it has reported the op's end.
  std::atomic<Op*> running{nullptr};
  uint64_t generation = 0;                   // of that op
  OpenRequest asks;                          // of a task whose files others open
  std::atomic<OpenRequest*> opens{nullptr};  // of an opener: what it has taken last, until it has answered
  Worker* nextRecord = nullptr;              // of the openers' records
  bool maySearch = true;                     // look for work for a while before it rests

  std::atomic<uint32_t> awake{0};  // the futex it sleeps on
  std::atomic<uint32_t> thread{0};

  RobustMutex mutex;  // a leaf: held to signal, and to leave
  sys::ThreadHandle handle GUARDED_BY(mutex) = {};

  // Of a task.
  std::atomic<uint32_t> alive{0};      // cleared by the kernel when it is off its stack
  std::atomic<bool> started{false};    // there is a task of this record, or there was until it was killed
  std::atomic<bool> departing{false};  // the reaper waits for its end
  uint32_t task = 0;  // the task, where `thread` does not say: it has not begun, or it leaves
  uint8_t* stack = nullptr;
  LockHolder holder;
  Worker* predecessor = nullptr;  // whose stack its task has left, or is about to
  Worker* adopts = nullptr;       // whose stack its task goes on with, until this record is free

  // Null on a thread.
  LockHolder* lockHolder() { return isTask ? &holder : nullptr; }
  // The last store of a change: a task may be killed between any two.
  void setPlace(Place to) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    place.store(to, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
};

// Makes the worker leave the kernel if it is in it. False: the signal could not be sent now.
bool signalWorker(Worker& worker, int signal);
// The thread's body, and the task's.
void* workerMain(void* worker);
void taskMain(void* worker);
// The supervisor. False when it is not to be had.
bool startTask(Worker& worker, void (*body)(void*), sys::Table table);
// On a task that has taken over: it has left the stack that it came from.
void leftBehind(Worker& worker);
// The worker that makes calls for the op; null: none does yet.
inline Worker* workerOf(const Op& op, std::memory_order order = std::memory_order_seq_cst) {
  return static_cast<Worker*>(op.runner.load(order));
}

}  // namespace pendingop
