// A worker: a thread that takes ops from the pool and runs each to its end. Records of workers are reused and
// never freed, so that an interrupt which comes late finds a record, if perhaps of a worker that has left.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "core/futex.h"
#include "core/op.h"

namespace pendingop {

class Pool;

struct Worker {
  explicit Worker(uint32_t number) : index(number) {}

  Worker* next = nullptr;      // the pool's lists of idle and of free records
  Worker* previous = nullptr;  // the idle list
  bool idle = false;           // in the idle list; guarded by the pool's mutex

  bool coming = false;  // set by whoever starts or wakes it, before it runs

  // The worker's own.
  const uint32_t index;
  int64_t lastStart = 0;  // when it took its last op, 0 when it has waited since
  uint32_t briskEra = 0;  // in which it is counted as brisk
  bool surplus = false;   // there are enough without it: it is to sleep
  bool maySpin = true;    // whether to look for work a while before it sleeps

  std::atomic<uint32_t> awake{0};  // the futex it sleeps on

  Mutex mutex;  // a leaf: held to signal, and to leave
  uint32_t thread GUARDED_BY(mutex) = 0;
  pthread_t handle GUARDED_BY(mutex) = {};
};

// Makes the worker leave the kernel if it is in it. False: the signal could not be sent now.
bool signalWorker(Worker& worker, int signal);
// The thread's body.
void* workerMain(void* worker);

}  // namespace pendingop
