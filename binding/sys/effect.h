// What a system call does to what is kept, for `mayHaveTakenEffect`, and what must not happen to it.
#pragma once

#include <errno.h>

#include <cstdint>

#include "core/clock.h"
#include "core/pool.h"

namespace pendingop::sys {

enum Effect : uint8_t {
  kReads,    // nothing
  kChanges,  // a change, which may be there in part when it was interrupted
  kTakes,    // all or nothing: a lock, fsync
};

// It makes a call. What it has made before came back: it gets on.
inline void noteCall(Op& op, Call name) {
  if (op.call.load(std::memory_order_relaxed) != Call::none)
    op.progressNs.store(nowNs(), std::memory_order_relaxed);
  op.call.store(name, std::memory_order_relaxed);
}

inline void noteResult(Op& op, Effect effect, long result) {
  if (effect != kReads && (result >= 0 || (result == -EINTR && effect == kChanges)))
    op.tookEffect.store(true, std::memory_order_relaxed);
}

// A close on a remote file system writes back what the file has; a signal in the middle of that may lose it
// (CIFS, NFS), and one that was meant for the op before may come late. Elsewhere none waits there.
inline bool closeIsHeld(const Op& op) { return op.pool != nullptr && !op.pool->isMain(); }

}  // namespace pendingop::sys
