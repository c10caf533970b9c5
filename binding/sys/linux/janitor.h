// A task that outlives the process by a moment. A worker that is stuck in a call nothing ends keeps the
// process's descriptors open when the process is gone: its listening port, its pipes, the locks of its files.
// This one then closes what can be closed without waiting: all but files of remote file systems.
#pragma once

namespace pendingop::sys {

// The supervisor's thread, once.
void startJanitor();

}  // namespace pendingop::sys
