// Starts processes without a copy of this process's descriptor table. Before a new program runs, the kernel
// closes the descriptors that it does not get (close-on-exec), in the child's copy of the table. Closing a
// file of a stalled mount may take for ever, and the parent of a child of fork() waits for it. A task whose
// own table is empty (sys/task.h) has nothing to close.
#pragma once

#include <cstddef>

#include "sys/calling.h"

namespace pendingop::sys {

// Returns whether an open file of this process is on a mount for which `isRemote` returns true; also true if
// so many descriptors are open that not all of them are checked. Asks no file system.
bool holdsFile(bool (*isRemote)(const void* context, int mount), const void* context);

// On a task with an empty table: executes `path`, with the argument "--start" and descriptor 3, a socket.
// Returns the other end of the socket, or -errno. The process is op.process, a child of this one. If the
// program could not be executed, an int comes over the socket: -errno. Linux only.
long startProgram(Calling& op, const char* path);

// Makes the two ends of a stream socket, with close-on-exec. Returns 0 or -errno.
int socketPair(int (&ends)[2]);
constexpr size_t kMostPassed = 16;
// Sends descriptors with the first bytes of a stream. Returns 0 or -errno.
int sendDescriptors(int socket, const int* fds, size_t count, const void* bytes, size_t size);
// Returns whether the child has ended, with its exit code, or the signal that ended it. If other code has
// reaped it before, it has ended, too, and both are -1.
bool reapChild(int pid, int* code, int* signal);

}  // namespace pendingop::sys
