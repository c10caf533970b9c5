// Functions of other addons. They run on a thread of libc's with a large stack, never on a task.
#include "core/custom.h"

#include "ops/ops.h"

namespace pendingop::ops {

int64_t custom(Op& op) { return op.custom.load(std::memory_order_relaxed)->run(op); }

}  // namespace pendingop::ops
