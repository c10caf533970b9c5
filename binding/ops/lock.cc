// Advisory locks on a descriptor: i0 is the LockType, i1 says how, d0 and d1 are the range in bytes.
//
// A lock that comes after its caller has left is nothing to clean up here: what descriptor it is on, and
// whether that one is still open, the caller alone knows (lib/lock/claims.ts).
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {
// lib/lock/request.ts has the same.
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
