// A task that outlives the process by a moment. A worker that is stuck in a call nothing ends keeps the
// process's descriptors open when the process is gone: its listening port, its pipes, the locks of its files.
// This one then closes what can be closed without waiting: all but files of remote file systems.
//
// It has the rights that the process had when it began. When the process gives those up without telling us
// first, it is this one that kills the tasks which have them, too, and then ends itself.
//
// All of it is called by the supervisor's thread.
#pragma once

#include <cstdint>

#include "sys/task.h"

namespace pendingop::sys {

// Unless there is one.
void startJanitor();
bool isJanitorThere();
// False: it cannot, or there is none.
bool askJanitorToKill(uint32_t task);
// Has it end, and counts it until it is gone.
void endJanitor(Remaining* remaining);

}  // namespace pendingop::sys
