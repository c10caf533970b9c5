// The forge makes tasks with a descriptor table of their own. It is a task that has such a table already,
// with nothing in it but a socket. Emptying a copy of the process's table closes what the process has open,
// and closing a file of a stalled mount may take for ever. So tasks of their own (sweepers) do that. A
// sweeper may be stuck in a close, but the table is empty all the same: the kernel removes a descriptor from
// the table before it closes the file.
//
// Called by the supervisor's thread.
#pragma once

#include "sys/task.h"

namespace pendingop::sys {

// The socket in a task's own table.
constexpr int kOwnSocket = 0;
// The other end, in the process's table; -1: there is none yet.
extern int socketOfProcess;

// Starts the forge, unless there is one; again, if it was killed.
void startForge();
OwnTables forgeState();
// Called only if forgeState() is `ready`.
long startByForge(const TaskStart& start);
// Ends the forge, and counts it until it is gone.
void endForge(Remaining* remaining);

// On the exit task, when the process is gone. The kernel kills the forge then, unless the process had given
// up its rights.
void killForge();

}  // namespace pendingop::sys
