// Tasks by clone(CLONE_VM) without CLONE_THREAD.
#include "sys/task.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/linux/plain.h"
#include "sys/linux/tasks/forge.h"
#include "sys/linux/tasks/janitor.h"
#include "sys/linux/tasks/start.h"
#include "sys/signal.h"

namespace pendingop::sys {

namespace {

// The kernel clears it, and wakes its waiters, as soon as the thread that starts tasks is gone.
std::atomic<uint32_t> starter{1};
std::atomic<bool> refused{false};
bool forbidden = false;
std::atomic<int> process{0};
int interruptSignal = 0;

void bodyOf(void* argument) {
  // Copied, since the thread that started the task goes on.
  const TaskStart start = *static_cast<TaskStart*>(argument);
  beginTask(start.table == Table::own ? "pendingop-open" : "pendingop-call", interruptSignal, true);
  start.body(start.argument);
  endTask();
}

}  // namespace

void beginTask(const char* name, int signal, bool diesWithProcess) {
  uint64_t set = ~uint64_t{0};
  if (signal > 0) set &= ~(uint64_t{1} << (signal - 1));
  plain(SYS_rt_sigprocmask, SIG_SETMASK, &set, 0L, sizeof set);
  plain(SYS_prctl, PR_SET_NAME, name);
  if (!diesWithProcess) return;
  plain(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  if (plain(SYS_getppid) != process) endTask();  // the process died before PR_SET_PDEATHSIG was set
}

// The TaskStart lies at the end of the stack, where it stays as long as the task. The kernel says the task's
// id in `alive` as well, since whoever clones may be killed before it does.
long cloneTask(unsigned long flags, const TaskStart& start) {
  auto* kept = reinterpret_cast<TaskStart*>(topOf(start.stack) - sizeof(TaskStart));
  *kept = start;
  start.alive->store(1, std::memory_order_seq_cst);
  const long id =
      po_clone(flags | CLONE_PARENT_SETTID, kept, reinterpret_cast<uint32_t*>(start.alive), bodyOf, kept);
  if (id < 0) start.alive->store(0, std::memory_order_seq_cst);
  return id;
}

bool tasksRefused() {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  return true;  // their instrumentation uses thread-local storage
#else
  return refused.load(std::memory_order_relaxed);
#endif
}

bool hadTasks() { return process.load(std::memory_order_relaxed) != 0; }

void prepareTasks() {
  if (process == 0) {
    process = static_cast<int>(getpid());
    plain(SYS_set_tid_address, &starter);
  }
  if (forbidden || tasksRefused()) return;
  startForge();
  startJanitor();
}

long startTask(const TaskStart& start, int signal) {
  if (forbidden) return -EAGAIN;
  interruptSignal = signal;
  prepareTasks();
  if (start.table == Table::own) return startByForge(start);
  const long id = cloneTask(kTaskFlags | CLONE_FILES, start);
  if (id == -EPERM || id == -ENOSYS || id == -EINVAL || id == -EACCES)
    refused.store(true, std::memory_order_relaxed);
  return id;
}

void endTask() {
  for (;;) plain(SYS_exit, 0);
}

uint32_t taskId() { return static_cast<uint32_t>(plain(SYS_gettid)); }

bool signalTask(uint32_t id, int number) { return plain(SYS_tgkill, id, id, number) != -EAGAIN; }

bool mayKill(uint32_t id) { return plain(SYS_tgkill, id, id, 0) != -EPERM || isJanitorThere(); }

bool killTask(uint32_t id) { return plain(SYS_tgkill, id, id, SIGKILL) != -EPERM || askJanitorToKill(id); }

bool reapTask(uint32_t id) {
  // If other code has reaped the task, it is gone as well.
  siginfo_t info;
  info.si_pid = 0;
  const long r = plain(SYS_waitid, P_PID, id, &info, WEXITED | WNOHANG | __WALL, 0L);
  return r == -ECHILD || (r == 0 && info.si_pid != 0);
}

void resumeTask(const SavedCall& saved, long value, std::atomic<uint32_t>* alive) {
  alive->store(1, std::memory_order_seq_cst);
  plain(SYS_set_tid_address, alive);
  po_resume(&saved, value);
}

bool isOrphan() { return starter.load(std::memory_order_relaxed) == 0; }

// No signal reports it, as PR_SET_PDEATHSIG would: a process that has given up its rights may not send us
// one.
void awaitEndOfProcess() {
  // Before Linux 5.16 a process that dumps core wakes nobody.
  const timespec second{1, 0};
  plain(SYS_futex, &starter, FUTEX_WAIT, 1, &second);
}

bool isProcessGone() { return isOrphan() || plain(SYS_getppid) != process; }

void wakeWhoAwaitsEnd() { plain(SYS_futex, &starter, FUTEX_WAKE, 1); }

void forbidTasks() { forbidden = true; }
void allowTasks() { forbidden = false; }

OwnTables ownTables() { return forbidden ? OwnTables::coming : forgeState(); }

void Remaining::addKilled(uint32_t id) { (isRunnable(id) ? dying : held)++; }

Remaining endStandingTasks() {
  Remaining remaining;
  endForge(&remaining);
  // The exit task ends last: it may be the only one that may kill the others.
  if (remaining.kept == 0) endJanitor(&remaining);
  return remaining;
}

}  // namespace pendingop::sys
