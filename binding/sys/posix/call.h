// Makes one call of libc's for an op. The check before the call and the call itself are two steps here. A
// signal between them is lost, so the supervisor sends it again until the op has left (kSignalCanBeLost).
#pragma once

#include <errno.h>

#include "sys/calling.h"
#include "sys/effect.h"

namespace pendingop::sys {

// `body` returns what libc does: a result, or -1 with errno.
template <typename Body>
long call(Calling& op, Call name, Effect effect, Body body) {
  noteCall(op, name);
  op.changing.store(effect != kReads, std::memory_order_relaxed);
  for (;;) {
    if (op.wantsStop()) {
      op.changing.store(false, std::memory_order_relaxed);
      return -EINTR;
    }
    long r = static_cast<long>(body());
    if (r == -1) r = -errno;
    noteResult(op, effect, r);
    if (r != -EINTR || op.wantsStop()) return r;
  }
}

}  // namespace pendingop::sys
