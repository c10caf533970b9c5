// copyFile: the system copies.
#include "ops/ops.h"
#include "sys/windows/call.h"

namespace pendingop::ops {

int64_t copyFile(Op& op) {
  return sys::callFs(op, Call::copy, sys::kChanges, sys::uv::fs::copyfile, op.path, op.dest, op.i0);
}

}  // namespace pendingop::ops
