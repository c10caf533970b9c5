// Tasks that can be killed one by one: they share the process's memory, as threads do, and are processes of
// their own to the kernel, so that a SIGKILL to one ends that one. Linux only; elsewhere there are none to be
// had, and workers are threads.
//
// Code that runs on a task must not use libc's thread-local storage, malloc, or anything that locks with
// pthreads: it has no thread descriptor of its own, but that of the thread that made it.
//
// Whoever starts tasks must live as long as the process, since they are killed when that thread ends
// (PR_SET_PDEATHSIG): the supervisor, and nobody else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pendingop {
struct Runner;
struct SavedCall;
}  // namespace pendingop

namespace pendingop::sys {

// Which descriptors it has: the process's own table, or one of its own with nothing in it but a socket to the
// process.
enum class Table : uint8_t { shared, own };

struct TaskStart {
  void (*body)(void* argument);  // must end with endTask()
  void* argument;
  uint8_t* stack;                // of mapStack()
  std::atomic<uint32_t>* alive;  // set here, cleared by the kernel once the task is off its stack
  Table table;
};

// Whether there ever was one.
bool hadTasks();
// What tasks need that no pool has: made now, rather than with the first task.
void prepareTasks();
// Whether one with a table of its own can be started. `coming`: to be asked again, in a moment.
enum class OwnTables : uint8_t { none, coming, ready };
OwnTables ownTables();
// Whether there can be any. False until startTask() has made one, too, where the first one was refused.
bool tasksRefused();
// The task's id, or -errno. -EPERM and the like: refused for good, as under a seccomp filter.
long startTask(const TaskStart& start, int signal);
[[noreturn]] void endTask();
uint32_t taskId();
// False: the process has given up the rights that the task still has, and there is none that has them and
// would do it.
bool mayKill(uint32_t id);
// The signal that nothing survives. The task must not have been reaped. False: not allowed after all.
bool killTask(uint32_t id);
// Whether the task is gone for good; true once, then its id may be somebody else's.
bool reapTask(uint32_t id);

// On a task whose own stack is done with: takes the place of one that is gone. The system call in which that
// one was returns `value`. `alive` is the word of the one that is replaced.
[[noreturn]] void resumeTask(const SavedCall& saved, long value, std::atomic<uint32_t>* alive);

// On a task: whether the process that it belongs to is gone, or executes another program. It is killed then,
// unless that process had given up the right to: so it is to end by itself where it can.
bool isOrphan();

// Before the process changes its rights, and after. In between startTask() starts none (-EAGAIN).
void forbidTasks();
void allowTasks();
// Between those, again and again until nothing is left: ends the tasks that no pool has. To be called once
// all others are killed or gone, since one of these may be the only one that may kill them.
struct Remaining {
  size_t held = 0;  // killed, and the kernel still has them: they run nothing any more
  size_t kept = 0;  // not killed: they may run
};
Remaining endStandingTasks();

// From a task with a table of its own to one that shares the process's: `token` says which one it is.
// 0, or -errno.
long passDescriptor(uint64_t token, int fd);
// On a task that runs an op: as waitWhile() (base/futex.h), but the task can be killed meanwhile, and another
// one goes on.
void waitInCall(Runner& self, std::atomic<uint32_t>& word, uint32_t expected);
// The descriptor, or -errno: -EAGAIN when there is none under way.
long takeDescriptor(uint64_t* token);

// In a table of a task's own.
void closeOwn(int fd);

constexpr size_t kTaskStack = 64 * 1024;
// Null without memory. Below it lies a page that nobody may touch.
uint8_t* mapStack();
void unmapStack(uint8_t* stack);

}  // namespace pendingop::sys
