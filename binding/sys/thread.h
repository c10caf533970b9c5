// Threads that the core starts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pendingop::sys {

// Starts a detached thread with `stack` bytes, or the least that the system allows if that is more. It begins
// with every signal blocked, so no signal of the program's ever runs on it. Returns false if no thread can be
// started.
bool startThread(void* (*body)(void*), void* argument, size_t stack);

// Holds back a signal to the calling thread, or lets it through again. A signal that came meanwhile is
// delivered then.
void holdSignal(int number, bool hold);

// Returns whether the calling thread is the first thread of the process.
bool isMainThread();

// Lets another thread have the processor.
void yieldProcessor();

}  // namespace pendingop::sys
