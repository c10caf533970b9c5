// Tasks with a descriptor table of their own are made by a task that has one already, an empty one but for a
// socket: the forge. To empty a copy of the process's table closes what the process has open, and to close a
// file of a stalled mount may take for ever. That happens in tasks of its own (sweepers), which may be stuck
// in it, while the table is empty all the same: a descriptor is taken out of it before its file is closed.
//
// The supervisor's thread calls all of it.
#pragma once

#include "sys/task.h"

namespace pendingop::sys {

// In a table of a task's own.
constexpr int kOwnSocket = 0;
// Its other end, in the process's table; -1: there is none yet.
extern int socketOfProcess;

// Unless there is one. Again, when it was killed.
void startForge();
OwnTables forgeState();
// Only when that is `ready`.
long startByForge(const TaskStart& start);
// Has it end, and counts it until it is gone.
void endForge(Remaining* remaining);

// On the exit task: the process is gone. It dies with that unless the process had given up its rights.
void killForge();

}  // namespace pendingop::sys
