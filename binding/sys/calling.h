// The part of an op that system calls read, and in which they note what they do. Op derives from it
// (core/op.h).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/codes.h"
#include "base/state.h"
#include "sys/runner.h"

namespace pendingop {

struct Calling {
  StateWord state;                       // whether the op is to stop
  std::atomic<Runner*> runner{nullptr};  // null: none yet, or an environment's own thread
  // When a call of the op last returned and the op went on to another call.
  std::atomic<int64_t> progressNs{0};
  std::atomic<Call> call{Call::none};
  std::atomic<bool> changing{false};    // the call in flight may change the disk
  std::atomic<bool> tookEffect{false};  // a change may have reached the disk
  bool killed = false;                  // the worker was killed in a call
  bool isRemote = false;                // the file system depends on a server or a daemon
  int32_t process = 0;                  // the process that start() has started

  bool wantsStop() const { return state.stopRequested(); }

 protected:
  Calling() = default;
  ~Calling() = default;
};

}  // namespace pendingop
