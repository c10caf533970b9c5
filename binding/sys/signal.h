// The signal that makes a worker leave the kernel. It is sent to one thread, and only workers do not block
// it. On Windows CancelSynchronousIo() takes its place, with a number as if it were a signal.
#pragma once

#include <atomic>
#include <cstdint>

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

namespace pendingop {
struct Calling;
}

namespace pendingop::sys {

// The signals to try in turn if the program has chosen none: real-time signals, which are queued, and which
// nobody uses by default.
int defaultSignal();
int lastDefaultSignal();
// Installs the handler. Returns 0 or -errno. -EBUSY: somebody else handles that signal, and their handler
// stays. -EINVAL: the signal cannot be handled.
int claimSignal(int number);
#if !defined(_WIN32)
// Puts `ours` in place of an action for which `isFree` returns true. Else returns -EBUSY, and the other
// action is in place again, even if it came between the look and the exchange.
int replaceAction(int number, const struct sigaction& ours, bool (*isFree)(const struct sigaction&));
#endif
// Restores the former action, if ours is still in place.
void releaseSignal(int number);
// Returns whether our handler is still in place. Other code may have replaced it.
bool ownsSignal(int number);

// The signal that workers take. It is set before there are any.
inline std::atomic<int> workersSignal{0};
// On the worker: blocks every signal but `number` and those that report a fault of the worker itself.
void blockAllBut(int number);
// A thread, as the system's signals address it.
#if defined(_WIN32)
struct Thread;
using ThreadHandle = Thread*;
#else
using ThreadHandle = pthread_t;
#endif
// On a thread of startThread().
ThreadHandle thisThread();
uint32_t threadId();
void nameThread(const char* name);

// Returns whether the thread has a processor or waits for one, as against waiting in the kernel; false if
// that is not known.
bool isRunnable(uint32_t thread);

// Returns false if the signal could not be sent now, because the queue of signals is full.
bool send(int number, uint32_t thread, ThreadHandle handle);

// The same for a task (sys/task.h).
bool signalTask(uint32_t id, int number);

// The calling thread runs a function of somebody else's for the op, or, null, none any more. Windows has to
// know: there only what a thread waits for in a call is ended.
#if defined(_WIN32)
void noteForeign(const Calling* op);
#else
inline void noteForeign(const Calling*) {}
#endif

// Whether a signal that falls between the check and the call is lost, so that it has to be sent again.
extern const bool kSignalCanBeLost;

}  // namespace pendingop::sys
