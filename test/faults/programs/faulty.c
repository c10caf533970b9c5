// faulty FAULTS PROGRAM ARGS…    runs a program whose system calls can be made to fail: those of kTable, by
// what the file FAULTS says, which the program changes as it likes. All its threads and child processes
// count, calls past libc too.
//
// A filter of seccomp asks us about each of these calls; we let it be made, or answer with an error. (A
// filter alone could not count, nor end; ptrace is not allowed everywhere.)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// test/faults/faults.test.ts has the same order.
enum { kThread, kMemory, kSocketPair, kSocket, kPipe, kEpoll, kInotify, kOpen, kStack };

static const struct {
  int kind;
  int number;
} kTable[] = {
    {kThread, SYS_clone},  {kThread, SYS_clone3}, {kMemory, SYS_mmap},         {kSocketPair, SYS_socketpair},
    {kSocket, SYS_socket}, {kPipe, SYS_pipe2},    {kEpoll, SYS_epoll_create1}, {kInotify, SYS_inotify_init1},
    {kOpen, SYS_openat},   {kStack, SYS_mmap},
#ifdef SYS_pipe
    {kPipe, SYS_pipe},
#endif
#ifdef SYS_open
    {kOpen, SYS_open},
#endif
};
enum { kCalls = sizeof kTable / sizeof *kTable };

// What fails: calls of this kind, from code between two addresses, once `skip` of them were made, `times` of
// them (or all).
typedef struct {
  int64_t kind, error, skip, times, from, to, failed;
} Fault;

static Fault* gFault;
static volatile int* gListener;

static int listen_to_calls(void) {
  struct sock_filter filter[kCalls * 2 + 2];
  size_t at = 0;
  filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < kCalls; i++) {
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)kTable[i].number, 0, 1);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }
  filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {(unsigned short)at, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int verdict(const struct seccomp_data* call) {
  Fault* fault = gFault;
  if (fault->times == 0) return 0;
  for (size_t i = 0; i < kCalls; i++) {
    if (kTable[i].number != call->nr || kTable[i].kind != fault->kind) continue;
    const int64_t at = (int64_t)call->instruction_pointer;
    // Of a thread's stack libc says that it is one.
    if (fault->kind == kStack && (call->args[3] & MAP_STACK) == 0) return 0;
    if (at < fault->from || at >= fault->to) return 0;
    if (fault->skip > 0) {
      fault->skip--;
      return 0;
    }
    if (fault->times > 0) fault->times--;
    fault->failed++;
    return (int)fault->error;
  }
  return 0;
}

static void answer_one(int listener) {
  struct seccomp_notif asked = {0};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;  // it was killed meanwhile
  struct seccomp_notif_resp answer = {.id = asked.id};
  const int error = verdict(&asked.data);
  if (error != 0) {
    answer.error = -error;
  } else {
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  }
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int file = open(argv[1], O_RDWR | O_CLOEXEC);
  gFault = mmap(NULL, sizeof *gFault, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  gListener = mmap(NULL, sizeof *gListener, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (gFault == MAP_FAILED || gListener == MAP_FAILED) return 2;
  *gListener = -1;
  // The listener is in our table of descriptors, too: the program leaves that with its exec.
  const pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    *gListener = listen_to_calls();
    if (*gListener < 0) _exit(3);
    execv(argv[2], argv + 2);
    _exit(4);
  }
  int status;
  for (;;) {
    if (waitpid(child, &status, WNOHANG) == child) break;
    if (*gListener < 0) {
      usleep(1000);
      continue;
    }
    struct pollfd polled = {.fd = *gListener, .events = POLLIN};
    if (poll(&polled, 1, 100) > 0 && polled.revents & POLLIN) answer_one(*gListener);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
