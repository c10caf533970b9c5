// Threads of the pool's own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pendingop::sys {

// Starts a detached thread with `stack` bytes, or as few more as the system insists on. No signal of the
// program's may ever run on it: it begins with every one blocked. False when there is none to be had.
bool startThread(void* (*body)(void*), void* argument, size_t stack);

// Holds back a signal sent to the calling thread, or lets it through again, what came meanwhile included.
void holdSignal(int number, bool hold);

// Whether the calling thread is the one that the process began with.
bool isMainThread();

}  // namespace pendingop::sys
