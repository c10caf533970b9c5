// What a system call does to what is kept, for `mayHaveTakenEffect`.
#pragma once

#include <errno.h>

#include <cstdint>

#include "core/op.h"

namespace pendingop::sys {

enum Effect : uint8_t {
  kReads,    // nothing
  kChanges,  // a change, which may be there in part when it was interrupted
  kTakes,    // all or nothing: a lock, fsync
};

inline void noteResult(Op& op, Effect effect, long result) {
  if (effect != kReads && (result >= 0 || (result == -EINTR && effect == kChanges))) op.tookEffect = true;
}

}  // namespace pendingop::sys
