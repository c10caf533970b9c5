// What a system call does to what is kept, for `mayHaveTakenEffect`, and what must not happen to it.
#pragma once

#include <errno.h>

#include <cstdint>

#include "base/clock.h"
#include "sys/calling.h"

namespace pendingop::sys {

enum Effect : uint8_t {
  kReads,    // nothing
  kChanges,  // a change, which may be there in part when it was interrupted
  kTakes,    // all or nothing: a lock, fsync
};

// It makes a call. What it has made before came back: it gets on.
inline void noteCall(Calling& op, Call name) {
  if (op.call.load(std::memory_order_relaxed) != Call::none)
    op.progressNs.store(nowNs(), std::memory_order_relaxed);
  op.call.store(name, std::memory_order_relaxed);
}

inline void noteResult(Calling& op, Effect effect, long result) {
  if (effect != kReads && (result >= 0 || (result == -EINTR && effect == kChanges)))
    op.tookEffect.store(true, std::memory_order_relaxed);
}

}  // namespace pendingop::sys
