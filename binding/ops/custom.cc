// Functions of other addons: a thread of libc's, with room for them; never a killable worker.
#include "core/custom.h"

#include "ops/ops.h"

namespace pendingop::ops {

int64_t custom(Op& op) { return op.custom.load(std::memory_order_relaxed)->run(op); }

}  // namespace pendingop::ops
