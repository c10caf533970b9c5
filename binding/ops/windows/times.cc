// Times, as libuv takes them.
#include "ops/ops.h"
#include "sys/windows/call.h"

namespace pendingop::ops {

int64_t utimes(Op& op) {
  return sys::callFs(op, Call::utimensat, sys::kChanges, sys::uv::fs::utime, op.path, op.d0, op.d1);
}

int64_t lutimes(Op& op) {
  return sys::callFs(op, Call::utimensat, sys::kChanges, sys::uv::fs::lutime, op.path, op.d0, op.d1);
}

int64_t futimes(Op& op) {
  return sys::callFs(op, Call::utimensat, sys::kChanges, sys::uv::fs::futime, op.fd, op.d0, op.d1);
}

}  // namespace pendingop::ops
