// The exit task, which outlives the process by a moment. If a worker is stuck in a call that nothing ends, it
// keeps the process's descriptors open when the process is gone: its listening port, its pipes, the locks on
// its files. The exit task then closes what can be closed without waiting: everything but files of remote
// file systems.
//
// It has the rights that the process had when it began. If the process gives up those rights without telling
// us first, the exit task kills the tasks that still have them, and then ends itself.
//
// Called by the supervisor's thread.
#pragma once

#include <cstdint>

#include "sys/task.h"

namespace pendingop::sys {

// Starts it, unless there is one.
void startJanitor();
bool isJanitorThere();
// Returns false if it may not kill the task, or if there is none.
bool askJanitorToKill(uint32_t task);
// Ends it, and counts it until it is gone.
void endJanitor(Remaining* remaining);

}  // namespace pendingop::sys
