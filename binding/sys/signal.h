// The signal that makes a worker leave the kernel: sent to one thread, unblocked on workers only.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>

namespace pendingop::sys {

// Which ones to try, in turn, when nobody chose: real-time signals, queued and used by nobody by default.
int defaultSignal();
int lastDefaultSignal();
// Installs the handler. -EBUSY: somebody else handles that signal, and keeps it. -EINVAL: not a signal that
// can be handled.
int claimSignal(int number);
// Puts `ours` in place of an action that `isFree`. -EBUSY: of one that is not, which is in place again then,
// also where it came between the look and the exchange.
int replaceAction(int number, const struct sigaction& ours, bool (*isFree)(const struct sigaction&));
// Restores the disposition when it is still ours.
void releaseSignal(int number);
// Whether our handler is still in place; somebody may have replaced it since.
bool ownsSignal(int number);

// The one that workers take; set before there are any.
inline std::atomic<int> workersSignal{0};
// On the worker: blocks every signal but `number` and those that a fault of its own raises.
void blockAllBut(int number);
// A thread as its system's signals know it.
using ThreadHandle = pthread_t;
inline ThreadHandle thisThread() { return pthread_self(); }
uint32_t threadId();
void nameThread(const char* name);

// Whether the thread has a processor or waits for one, as against waiting in the kernel. False where that is
// not known.
bool isRunnable(uint32_t thread);

// False when it could not be sent now: no room in the queue of signals.
bool send(int number, uint32_t thread, ThreadHandle handle);

// The same for a task (sys/task.h).
bool signalTask(uint32_t id, int number);

// Whether a signal can fall between the check and the call and be lost, so that it has to be sent again.
extern const bool kSignalCanBeLost;

}  // namespace pendingop::sys
