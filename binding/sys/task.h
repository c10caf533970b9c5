// Tasks, which can be killed one by one: they share the process's memory, as threads do, but to the kernel
// they are processes of their own, so that a SIGKILL to one ends that one only. They exist on Linux only;
// elsewhere workers are threads.
//
// Code that runs on a task must not use libc's thread-local storage, malloc, or anything that locks with
// pthreads: it has no thread descriptor of its own, but that of the thread that made it.
//
// The thread that starts tasks must live as long as the process, since the kernel kills them when it ends
// (PR_SET_PDEATHSIG). So only the supervisor starts tasks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sys/descriptor.h"

namespace pendingop {
struct Runner;
struct SavedCall;
}  // namespace pendingop

namespace pendingop::sys {

// The descriptors of a task: the table of the process, or a table of its own that has nothing in it but a
// socket to the process.
enum class Table : uint8_t { shared, own };

struct TaskStart {
  void (*body)(void* argument);  // must end with endTask()
  void* argument;
  uint8_t* stack;  // of mapStack()
  // Set here, to the task's id once there is a task; the kernel clears it once the task is off its stack.
  std::atomic<uint32_t>* alive;
  Table table;
};

// Returns whether there ever was a task.
bool hadTasks();
// Makes now what tasks need besides a pool, instead of with the first task.
void prepareTasks();
// Whether a task with a table of its own can be started. `coming`: not yet; ask again in a moment.
enum class OwnTables : uint8_t { none, coming, ready };
OwnTables ownTables();
// Returns whether the system refuses tasks. False before the first startTask(), even if the system will
// refuse it.
bool tasksRefused();
// Returns the task's id, or -errno. -EPERM and the like: refused for good, as under a seccomp filter.
long startTask(const TaskStart& start, int signal);
[[noreturn]] void endTask();
uint32_t taskId();
// Returns false if the process has given up the rights that the task still has, and no task with these rights
// can do it instead.
bool mayKill(uint32_t id);
// Sends SIGKILL. The task must not have been reaped. Returns false if that is not permitted after all.
bool killTask(uint32_t id);
// Returns whether the task is gone for good. It returns true once: after that its id may be another
// process's.
bool reapTask(uint32_t id);

// On a task that is done with its own stack: takes over the stack of a task that is gone. The system call
// that the other task was in returns `value`. `alive` is the word of the task that is replaced.
[[noreturn]] void resumeTask(const SavedCall& saved, long value, std::atomic<uint32_t>* alive);

// On a task: returns whether its process is gone, or has executed another program. The kernel kills the task
// then, unless the process had given up the right to. So the task ends itself as soon as it can.
bool isOrphan();

// Called before and after the process changes its rights. In between startTask() starts no task (-EAGAIN).
void forbidTasks();
void allowTasks();
// Ends the tasks that no pool has. Called between those two, again and again until nothing is left, once all
// other tasks are killed or gone: one of these may be the only one that may kill them.
struct Remaining {
  size_t held = 0;   // killed, but blocked in the kernel: they run nothing any more
  size_t dying = 0;  // killed, and only in need of a processor to be gone
  size_t kept = 0;   // not killed: they may run

  // Counts a task that was killed and has not been reaped.
  void addKilled(uint32_t id);
};
Remaining endStandingTasks();

// Passes a descriptor from a task with a table of its own to one that shares the process's. `token`
// identifies it. Returns 0 or -errno.
long passDescriptor(uint64_t token, Descriptor fd);
// On a task that runs an op: like waitWhile() (base/futex.h), but the task can be killed meanwhile, and
// another one goes on.
void waitInCall(Runner& self, std::atomic<uint32_t>& word, uint32_t expected);
// What takeDescriptor() takes. The kernel fills it in, so nothing is lost if the task is killed then.
struct Passed {
  uint64_t token = 0;
  alignas(8) uint8_t control[32] = {};
};
// Returns false if none is under way.
bool takeDescriptor(Passed* passed);
// Returns the descriptor, or -errno.
long descriptorOf(const Passed& passed);

// Closes a descriptor in a task's own table.
void closeOwn(Descriptor fd);

constexpr size_t kTaskStack = 64 * 1024;
// Returns null if there is no memory. The page below the stack cannot be accessed.
uint8_t* mapStack();
void unmapStack(uint8_t* stack);

}  // namespace pendingop::sys
