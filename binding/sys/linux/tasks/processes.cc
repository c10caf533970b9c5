#include "sys/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <atomic>
#include <cstring>
#include <new>

#include "base/clock.h"
#include "sys/linux/plain.h"
#include "sys/linux/tasks/start.h"
#include "sys/linux/tasks/table.h"
#include "sys/memory.h"
#include "sys/mountinfo.h"
#include "sys/task.h"

namespace pendingop::sys {

namespace {

constexpr size_t kStack = 32 * 1024;
constexpr int kItsSocket = 3;
// Looking at this many descriptors takes as long as fork() blocks its caller: 4 ms, measured. If there are
// more, the process is started as if one of them were remote, which blocks nobody.
constexpr int kMostLooked = 1000;
// How long it may take to notice that the op is to stop.
constexpr int64_t kLook = 10 * kMillisecond;

// Lies at the start of the pages that are the child's stack until it executes the program.
struct Program {
  std::atomic<uint32_t> alive{1};  // a futex: the kernel clears it once the child is off its stack
  int socket = -1;
  char path[PATH_MAX];
};
static_assert(sizeof(Program) < kStack / 2);

void programMain(void* argument) {
  auto& self = *static_cast<Program*>(argument);
  int socket = self.socket;
  long r = 0;
  if (socket == kItsSocket) {
    r = plain(SYS_fcntl, socket, F_SETFD, 0L);
  } else {
    r = plain(SYS_dup3, socket, kItsSocket, 0L);
  }
  if (r >= 0) {
    const char* const arguments[] = {self.path, "--start", nullptr};
    const char* const environment[] = {nullptr};
    r = plain(SYS_execve, self.path, arguments, environment);
  }
  const int failed = static_cast<int>(r);
  plain(SYS_write, socket, &failed, sizeof failed);
  endTask();
}

// Not waitWhile(): the kernel wakes waiters of this word as those of a shared futex.
void awaitExec(std::atomic<uint32_t>& alive) {
  const timespec look{0, kLook};
  plain(SYS_futex, &alive, FUTEX_WAIT, 1, &look);
}

bool beginsWith(const char* text, const char* beginning) {
  return strncmp(text, beginning, strlen(beginning)) == 0;
}

}  // namespace

// The child shares this process's memory until it executes the program, as after vfork(). If another process
// kills this task meanwhile, the child's stack is never freed.
long startProgram(Calling& op, const char* path) {
  if (op.wantsStop()) return -EINTR;
  const size_t length = strlen(path);
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  int ends[2];
  const long r = plain(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
  if (r < 0) return r;
  auto* pages = static_cast<uint8_t*>(mapPages(kStack));
  long id = -ENOMEM;
  if (pages != nullptr) {
    auto& program = *new (pages) Program;
    program.socket = ends[1];
    memcpy(program.path, path, length + 1);
    // Without CLONE_FS, which would stay shared after the execution. The child is one of the process, as this
    // task is.
    id = po_clone(CLONE_VM | CLONE_PARENT | CLONE_CHILD_CLEARTID, pages + kStack,
                  reinterpret_cast<uint32_t*>(&program.alive), programMain, &program);
    while (id > 0 && program.alive.load(std::memory_order_acquire) != 0) {
      awaitExec(program.alive);
      if (op.wantsStop()) plain(SYS_tgkill, id, id, SIGKILL);
    }
    unmapPages(pages, kStack);
  }
  plain(SYS_close, ends[1]);
  if (id < 0) {
    plain(SYS_close, ends[0]);
    return id;
  }
  op.process = id;
  return ends[0];
}

bool holdsFile(bool (*isRemote)(const void* context, int mount), const void* context) {
  const OpenDescriptors descriptors;
  bool found = false;
  int looked = 0;
  descriptors.each([&](const char* name, int fd) {
    if (!found && ++looked > kMostLooked) found = true;
    if (found || !descriptors.isFile(name)) return;
    char target[16] = {};
    const long r = plain(SYS_readlinkat, descriptors.folder(), name, target, sizeof target - 1);
    // The file is not in the list of mounts, and lies in memory.
    if (r > 0 && (beginsWith(target, "/memfd:") || beginsWith(target, "/SYSV"))) return;
    found = isRemote(context, mountOf(Descriptor(fd)));
  });
  return found;
}

int socketPair(int (&ends)[2]) {
  return static_cast<int>(plain(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
}

int sendDescriptors(int socket, const int* fds, size_t count, const void* bytes, size_t size) {
  if (count > kMostPassed) return -EINVAL;
  iovec data{const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostPassed * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  long r;
  do r = plain(SYS_sendmsg, socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (r == -EINTR);
  if (r < 0) return static_cast<int>(r);
  return static_cast<size_t>(r) == size ? 0 : -EAGAIN;
}

bool reapChild(int pid, int* code, int* signal) {
  *code = *signal = -1;
  siginfo_t info;
  info.si_pid = 0;
  long r;
  do r = plain(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | __WALL, 0L);
  while (r == -EINTR);
  if (r < 0) return true;
  if (info.si_pid == 0) return false;
  (info.si_code == CLD_EXITED ? *code : *signal) = info.si_status;
  return true;
}

}  // namespace pendingop::sys
