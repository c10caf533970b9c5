// Advisory locks on a descriptor. i0 is the LockType, i1 holds the bits below, d0 and d1 are the range in
// bytes.
//
// A lock may be granted after its caller was freed. Only the caller knows whose descriptor that is, and
// whether it is still open, so it releases the lock (lib/lock/claims.ts).
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {
// lib/lock/request.ts has the same bits.
constexpr int kWait = 1;
constexpr int kFcntl = 2;
}  // namespace

bool lockWaits(int how) { return (how & kWait) != 0; }

int64_t lock(Op& op) {
  const auto type = static_cast<sys::LockType>(op.i0);
  const bool wait = lockWaits(op.i1);
  if ((op.i1 & kFcntl) == 0) return sys::flock(op, op.fd, type, wait);
  return sys::fcntlLock(op, op.fd, type, wait, static_cast<int64_t>(op.d0), static_cast<int64_t>(op.d1));
}

}  // namespace pendingop::ops
