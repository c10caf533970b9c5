// Processes that are started without a copy of this process's descriptor table. The kernel closes what a new
// program is not to have (close-on-exec) before the program runs, in the child's copy of the table, and to
// close a file of a stalled mount may take for ever: in a child of fork(), whose parent waits for it
// meanwhile. A task whose own table is empty (sys/task.h) has nothing to close.
#pragma once

#include <cstddef>

#include "sys/calling.h"

namespace pendingop::sys {

// Whether an open file of this process has a path, on a mount for which `isRemote` says so, or so many
// descriptors are open that it does not look at all of them. Asks no file system.
bool holdsFile(bool (*isRemote)(const void* context, int mount), const void* context);

// On a task with an empty table: executes `path`, with the argument "--start" and descriptor 3, a socket.
// Returns its other end, or -errno; the process is op.process, a child of this one. An int comes over the
// socket where the program could not be executed: its -errno. Linux only.
long startProgram(Calling& op, const char* path);

// Two ends of a stream socket, closed in other programs. 0, or -errno.
int socketPair(int (&ends)[2]);
constexpr size_t kMostPassed = 16;
// Sends descriptors with the first bytes of a stream. 0, or -errno.
int sendDescriptors(int socket, const int* fds, size_t count, const void* bytes, size_t size);
// Whether the child has ended; then its exit code, or the signal that ended it. It has, too, where somebody
// else has waited for it: both are -1 then.
bool reapChild(int pid, int* code, int* signal);

}  // namespace pendingop::sys
