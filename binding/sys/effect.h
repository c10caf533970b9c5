// What a system call may change on the disk, for `mayHaveTakenEffect`, and what must not happen to it
// meanwhile.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/errors.h"
#include "sys/calling.h"

namespace pendingop::sys {

enum Effect : uint8_t {
  kReads,    // nothing
  kChanges,  // a change, of which a part may be made when it is interrupted
  kTakes,    // all or nothing: a lock, fsync
};

// Notes that the op makes a call. If it has made one before, that one returned, so the op makes progress.
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
