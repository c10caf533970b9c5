// The watches of a queue of file system events (sys/watching.h): i0 is the queue, i1 the watch to be removed.
//
// A watch that comes after its caller has left stays: it may be somebody else's too, of the same file. The
// queue's owner removes it when it hears of it (lib/fs/watch/marks.ts).
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

int64_t watch(Op& op) { return sys::addWatch(op, op.i0, op.path); }
int64_t unwatch(Op& op) { return sys::removeWatch(op, op.i0, op.i1); }

}  // namespace pendingop::ops
