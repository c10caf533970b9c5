// How every task begins. Called by the supervisor's thread, unless a comment says on a task.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "sys/task.h"

extern "C" {
// The kernel clears `alive` with CLONE_CHILD_CLEARTID and writes the task's id there with
// CLONE_PARENT_SETTID. Of syscall_*.S. NOLINTBEGIN(readability-identifier-naming): the names that the
// assembly files give them
long po_clone(unsigned long flags, void* stackTop, uint32_t* alive, void (*body)(void*), void* argument);
[[noreturn]] void po_resume(const pendingop::SavedCall* saved, long value);
// NOLINTEND(readability-identifier-naming)
}

namespace pendingop::sys {

constexpr unsigned long kTaskFlags = CLONE_VM | CLONE_FS | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

inline uint8_t* topOf(uint8_t* stack) { return stack + kTaskStack; }

// On a task, before anything else: blocks all signals of the program, and has the task die with the process,
// unless it is to outlive it. `signal`: the only one that it takes; 0: none.
void beginTask(const char* name, int signal, bool diesWithProcess);
// Starts a task of a pool, or one that opens files: from the supervisor's thread, or from the forge.
long cloneTask(unsigned long flags, const TaskStart& start);

// On a task that outlives the process: sleeps until the process is gone, or somebody wakes it.
void awaitEndOfProcess();
bool isProcessGone();
void wakeWhoAwaitsEnd();

}  // namespace pendingop::sys
