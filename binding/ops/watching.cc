// The watches of a queue of file system events (sys/watching.h). i0 is the queue, i1 the watch to remove.
//
// If a watch is added after its caller was freed, it stays: it may also be another caller's, of the same
// file. The owner of the queue removes it when it gets an event of it (lib/fs/watch/marks.ts).
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

int64_t watch(Op& op) { return sys::addWatch(op, sys::Descriptor(op.i0), op.path); }
int64_t unwatch(Op& op) { return sys::removeWatch(op, sys::Descriptor(op.i0), op.i1); }

}  // namespace pendingop::ops
