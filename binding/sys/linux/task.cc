// Tasks by clone(CLONE_VM) without CLONE_THREAD.
//
// A task with a table of its own is made by another one that has such a table already (the template): a table
// that is copied from the process's would have to be emptied, and to close a file of a dead mount may take
// for ever. The template is made with the first task, as early as can be.
#include "sys/task.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "core/clock.h"
#include "core/futex.h"
#include "sys/linux/janitor.h"
#include "sys/linux/plain.h"
#include "sys/signal.h"

extern "C" {
// Of syscall_*.S. NOLINTBEGIN(readability-identifier-naming): the names that the assembly files give them
long po_clone(unsigned long flags, void* stackTop, uint32_t* alive, void (*body)(void*), void* argument);
[[noreturn]] void po_resume(const pendingop::SavedCall* saved, long value);
// NOLINTEND(readability-identifier-naming)
}

namespace pendingop::sys {

namespace {

constexpr unsigned long kFlags = CLONE_VM | CLONE_FS | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
constexpr int kSocket = 0;  // in a table of a task's own
constexpr int64_t kPatience = 200 * kMillisecond;
constexpr unsigned kUnshare = 2;  // CLOSE_RANGE_UNSHARE, which older headers lack
#if defined(__x86_64__) || defined(__aarch64__)
constexpr long kCloseRange = 436;
#endif

// Cleared by the kernel, which wakes who waits for that, as soon as the thread that starts tasks is gone.
std::atomic<uint32_t> starter{1};
// The supervisor's, but for what tasks read.
std::atomic<bool> refused{false};
bool forbidden = false;
int process = 0;
int interruptSignal = 0;
int ourEnd = -1;  // of the socket, in the process's table
int theirEnd = -1;

struct Template {
  uint32_t id = 0;
  uint8_t* stack = nullptr;
  std::atomic<uint32_t> alive{0};
  std::atomic<uint32_t> ready{0};
  std::atomic<uint32_t> asked{0};     // a futex: a request is there, or it is to leave
  std::atomic<uint32_t> answered{0};  // a futex
  std::atomic<bool> dismissed{false};
  std::atomic<bool> refused{false};  // it cannot have a table of its own, nor can the next one
  const TaskStart* request = nullptr;
  long result = 0;
  bool waitedFor = false;  // in vain
  Template* next = nullptr;
};
Template* current = nullptr;
// On their way out: they may take their time.
Template* left = nullptr;

// Every task begins so: nothing of the program's may run on it, and it dies with the process.
void begin(const char* name, int signal, int deathSignal) {
  uint64_t set = ~uint64_t{0};
  if (signal > 0) set &= ~(uint64_t{1} << (signal - 1));
  plain(SYS_rt_sigprocmask, SIG_SETMASK, &set, 0L, sizeof set);
  plain(SYS_prctl, PR_SET_NAME, name);
  plain(SYS_prctl, PR_SET_PDEATHSIG, deathSignal);
  if (plain(SYS_getppid) != process) endTask();  // it died before it could be told to tell us
}

void bodyOf(void* argument) {
  // A copy: whoever started it goes on.
  const TaskStart start = *static_cast<TaskStart*>(argument);
  begin(start.table == Table::own ? "pendingop-open" : "pendingop-call", interruptSignal, SIGKILL);
  start.body(start.argument);
  endTask();
}

uint8_t* topOf(uint8_t* stack) { return stack + kTaskStack; }

// The start lies at the stack's end, where it stays as long as the task.
long cloneTask(unsigned long flags, const TaskStart& start) {
  auto* kept = reinterpret_cast<TaskStart*>(topOf(start.stack) - sizeof(TaskStart));
  *kept = start;
  start.alive->store(1, std::memory_order_seq_cst);
  const long id = po_clone(flags, kept, reinterpret_cast<uint32_t*>(start.alive), bodyOf, kept);
  if (id < 0) start.alive->store(0, std::memory_order_seq_cst);
  return id;
}

void templateMain(void* argument) {
  auto& self = *static_cast<Template*>(argument);
  begin("pendingop-forge", 0, SIGKILL);
  // What lies above our socket is not even copied; what lies below is, and closed again.
  const long r = plain(kCloseRange, theirEnd + 1, ~0U, kUnshare);
  if (r < 0) {
    // Older than Linux 5.9, or forbidden.
    self.refused.store(r == -ENOSYS || r == -EINVAL || r == -EPERM, std::memory_order_relaxed);
    endTask();
  }
  if (theirEnd > 0) plain(kCloseRange, 0, theirEnd - 1, 0);
  if (theirEnd != kSocket) {
    plain(SYS_dup3, theirEnd, kSocket, O_CLOEXEC);
    plain(SYS_close, theirEnd);
  }
  self.ready.store(1, std::memory_order_release);
  for (;;) {
    while (self.asked.load(std::memory_order_acquire) == 0) waitWhile(self.asked, 0, -1);
    if (self.dismissed.load(std::memory_order_acquire)) endTask();
    self.asked.store(0, std::memory_order_relaxed);
    // The supervisor's child, as we are.
    self.result = cloneTask(kFlags | CLONE_PARENT, *self.request);
    self.answered.store(1, std::memory_order_release);
    wakeOne(self.answered);
  }
}

bool makeSocket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  ourEnd = ends[0];
  theirEnd = ends[1];
  return true;
}

bool makeTemplate() {
  if (ourEnd < 0 && !makeSocket()) return false;
  auto* made = new Template;
  made->stack = mapStack();
  if (made->stack == nullptr) {
    delete made;
    return false;
  }
  made->alive.store(1, std::memory_order_seq_cst);
  const long id = po_clone(kFlags | CLONE_FILES, topOf(made->stack),
                           reinterpret_cast<uint32_t*>(&made->alive), templateMain, made);
  if (id < 0) {
    unmapStack(made->stack);
    delete made;
    return false;
  }
  made->id = static_cast<uint32_t>(id);
  current = made;
  return true;
}

// What is gone of those that were left behind goes for good.
void reapLeft() {
  for (Template** at = &left; *at != nullptr;) {
    Template* one = *at;
    if (one->alive.load(std::memory_order_acquire) != 0 || !reapTask(one->id)) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    unmapStack(one->stack);
    delete one;
  }
}

void leaveCurrent() {
  current->next = left;
  left = current;
  current = nullptr;
}

// Whether the template can be asked. Not there yet it is waited for; once only, since it may be held up for
// good by a file of a dead mount that it inherited.
bool isReady() {
  const int64_t until = nowNs() + kPatience;
  while (current->ready.load(std::memory_order_acquire) == 0) {
    if (current->alive.load(std::memory_order_acquire) == 0) {
      if (!current->refused.load(std::memory_order_relaxed)) leaveCurrent();  // for another one
      return false;
    }
    if (current->waitedFor) return false;
    current->waitedFor = nowNs() > until;
    sched_yield();
  }
  return true;
}

long startWithOwnTable(const TaskStart& start) {
  if (current == nullptr || !isReady()) return -EAGAIN;
  current->request = &start;
  current->answered.store(0, std::memory_order_relaxed);
  current->asked.store(1, std::memory_order_release);
  wakeOne(current->asked);
  // However long it takes on a busy machine: it reads `start`.
  while (current->answered.load(std::memory_order_acquire) == 0) {
    if (current->alive.load(std::memory_order_acquire) == 0) return -EAGAIN;
    waitWhile(current->answered, 0, kMillisecond);
  }
  return current->result;
}

}  // namespace

bool tasksRefused() {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  return true;  // what they add to the code is in thread-local storage
#else
  return refused.load(std::memory_order_relaxed);
#endif
}

long startTask(const TaskStart& start, int signal) {
  if (forbidden) return -EAGAIN;
  if (process == 0) {
    process = static_cast<int>(getpid());
    interruptSignal = signal;
    plain(SYS_set_tid_address, &starter);
  }
  if (current == nullptr && !tasksRefused()) {
    makeTemplate();
    startJanitor();
  }
  if (start.table == Table::own) return startWithOwnTable(start);
  const long id = cloneTask(kFlags | CLONE_FILES, start);
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
  // Somebody else may have waited for it: then it is gone as well.
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

// No signal tells of it, as PR_SET_PDEATHSIG would: a process that has given up its rights may not send us
// one.
void awaitEndOfProcess() {
  // Before Linux 5.16 nobody is woken by one that dumps core.
  const timespec second{1, 0};
  plain(SYS_futex, &starter, FUTEX_WAIT, 1, &second);
}

bool isProcessGone() { return isOrphan() || plain(SYS_getppid) != process; }

void wakeWhoAwaitsEnd() { plain(SYS_futex, &starter, FUTEX_WAKE, 1); }

void forbidTasks() { forbidden = true; }
void allowTasks() { forbidden = false; }

Remaining endStandingTasks() {
  Remaining remaining;
  if (current != nullptr) leaveCurrent();
  reapLeft();
  for (Template* one = left; one != nullptr; one = one->next) {
    if (killTask(one->id)) {
      remaining.held++;
      continue;
    }
    remaining.kept++;
    one->dismissed.store(true, std::memory_order_release);
    one->asked.store(1, std::memory_order_release);
    wakeOne(one->asked);
  }
  if (left == nullptr || remaining.kept == 0) endJanitor(&remaining);
  return remaining;
}

long passDescriptor(uint64_t token, int fd) {
  iovec data{&token, sizeof token};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  long r;
  do r = plain(SYS_sendmsg, kSocket, &message, MSG_NOSIGNAL);
  while (r == -EINTR);  // a signal that came late, while there was no room
  return r < 0 ? r : 0;
}

long takeDescriptor(uint64_t* token) {
  iovec data{token, sizeof *token};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const long r = plain(SYS_recvmsg, ourEnd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (r < 0) return r;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return -EMFILE;  // no room in the process's table: the kernel has dropped it
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

void closeOwn(int fd) { plain(SYS_close, fd); }

}  // namespace pendingop::sys
