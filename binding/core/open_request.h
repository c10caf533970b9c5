// A request of a task to an opener (core/openers.h). It lies in the record of the task that asks, which is
// never freed: an opener, or whoever cleans up after one, may look at it when the task is gone.
#pragma once

#include <atomic>
#include <cstdint>

#include "sys/place.h"
#include "sys/runner.h"

namespace pendingop {

struct Op;
struct Worker;

struct OpenRequest {
  Op* op = nullptr;
  sys::TaskOwner::Open how = nullptr;
  const sys::Place* place = nullptr;         // on the stack of the task that asks
  const sys::Identity* directory = nullptr;  // likewise
  int flags = 0;
  unsigned mode = 0;
  Worker* asker = nullptr;

  // Whether it is made, and its answer not used yet: the asker's note.
  std::atomic<bool> isOpen{false};
  std::atomic<Worker*> opener{nullptr};  // who has taken it: from then on it is not in the queue
  std::atomic<uint32_t> answered{0};     // a futex
  long result = 0;

  // Guarded by the openers' lock.
  OpenRequest* next = nullptr;
  sys::Descriptor fd = sys::kNoDescriptor;
};

}  // namespace pendingop
