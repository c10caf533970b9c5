// Programs that are started on a task (sys/processes.h).
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

int64_t start(Op& op) {
  const int64_t r = sys::start(op, op.path);
  op.hasNumbers = r >= 0;
  op.numbers[0] = op.process;
  return r;
}

}  // namespace pendingop::ops
