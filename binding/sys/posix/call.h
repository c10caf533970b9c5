// One call of libc's on behalf of an op. The check before it and the call itself are two steps here: a signal
// between them is lost, and the supervisor sends it again until the op has left (kSignalCanBeLost).
#pragma once

#include <errno.h>

#include "core/op.h"

namespace pendingop::sys {

constexpr bool kChanges = true;

// `body` gives what libc does: -1 and errno, or the result.
template <typename Body>
long call(Op& op, Call name, bool changes, Body body) {
  op.call.store(name, std::memory_order_relaxed);
  op.changing.store(changes, std::memory_order_relaxed);
  for (;;) {
    if (op.wantsStop()) {
      op.changing.store(false, std::memory_order_relaxed);
      return -EINTR;
    }
    long r = static_cast<long>(body());
    if (r == -1) r = -errno;
    if (changes && (r >= 0 || r == -EINTR)) op.tookEffect = true;
    if (r != -EINTR || op.wantsStop()) return r;
  }
}

}  // namespace pendingop::sys
