// pendingop-launcher: runs one command. Ends the command and every process below it when the parent orders
// that, or is gone.
//
//   pendingop-launcher PARENT CWD FILE [ARG…]     (an empty CWD: that of the parent)
//   pendingop-launcher --start                    (start.c)
//
// Descriptors 3 and 4 are stream sockets to the parent. Orders come from 3, one byte each. 0: leave alone
// what is left once the command has ended. 255: kill everything. Any other: send this signal to the group.
// The end of the stream kills everything: the parent, or the thread that asked for the command, is gone.
// Reports go to 4, one line each:
//   pid N             the command runs, in a process group of its own with that number
//   error ERRNO STEP  the command could not be started
//   exit CODE | signal N
// There are two sockets because an order that comes after the end of this process fails with EPIPE, which
// destroys the parent's stream together with what the parent has not read yet.
//
// As a child subreaper (Linux) this process becomes the parent of the processes that the command leaves
// behind, in whatever group or session. So it finds all of them, and none is left when it ends after a kill.
//
// A signal never reaches a process that the system has given the same number later. When the leader of the
// group ends, it is only looked at (WNOWAIT), and it is reaped last: while it is a zombie, the kernel gives
// its number, which is the group's, to no other process. Once it is reaped, the group is not signalled any
// more. SIGKILL has reached every member by then, since the kernel lets no fork complete under a pending
// SIGKILL (copy_process, kernel/fork.c). A child that was not reaped keeps its number, too, and only this
// process reaps it.
#if defined(__linux__)
#define _GNU_SOURCE 1
#include <sys/prctl.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "start.h"

enum { ORDERS = 3, REPORT = 4, RELEASE = 0, KILL_ALL = 255, START_FAILED = 127, POLL_MS = 20 };

static volatile sig_atomic_t parent_gone;

static pid_t group;
static bool leader_over;    // it has ended, and the parent was told
static bool leader_reaped;  // another process may have the group's number now
static bool killing;

// Without a handler SIGCHLD would not end the wait.
static void onChild(int signal) { (void)signal; }

static void onParentGone(int signal) {
  (void)signal;
  parent_gone = 1;
}

static void say(const char* format, const char* word, int number) {
  char line[128];
  int length = snprintf(line, sizeof line, format, word, number);
  // The parent may be gone. The next read notices that.
  ssize_t written = write(REPORT, line, (size_t)length);
  (void)written;
}

// Calls `each` for every child of this process, also for those that became its children later. Returns false
// if the system cannot list them (no /proc).
static bool eachChild(void (*each)(pid_t)) {
#if defined(__linux__)
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE* list = fopen(path, "re");
  if (list == NULL) return false;
  int pid = 0;
  while (fscanf(list, "%d", &pid) == 1) each(pid);
  fclose(list);
  return true;
#else
  (void)each;
  return false;
#endif
}

static void killChild(pid_t pid) { kill(pid, SIGKILL); }

static void killAll(void) {
  killing = true;
  if (!leader_reaped) kill(-group, SIGKILL);
  eachChild(killChild);
}

static void tellEnd(int code, int status) {
  leader_over = true;
  say("%s %d\n", code == CLD_EXITED ? "exit" : "signal", status);
}

static bool othersLeft;

static void reapOther(pid_t pid) {
  if (pid != group && waitpid(pid, NULL, WNOHANG) == 0) othersLeft = true;
}

// Reaps every process that has ended, the leader, too: every member of its group was sent SIGKILL. Returns
// false if no process is left.
static bool reapAll(void) {
  for (;;) {
    siginfo_t ended = {0};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG) != 0) {
      // Without subreapers, members of the group may be children of other processes.
      return errno != ECHILD || kill(-group, 0) == 0 || errno == EPERM;
    }
    if (ended.si_pid == 0) return true;
    if (ended.si_pid == group) {
      leader_reaped = true;
      if (!leader_over) tellEnd(ended.si_code, ended.si_status);
    }
    // Its children have just become ours.
    killAll();
  }
}

// Reaps every process that has ended, except the leader. Returns false once only the leader is left.
static bool reap(void) {
  if (killing) return reapAll();
  while (!leader_over) {
    siginfo_t ended = {0};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return true;
    if (ended.si_pid == group) {
      tellEnd(ended.si_code, ended.si_status);
    } else {
      waitpid(ended.si_pid, NULL, WNOHANG);
    }
  }
  // waitid(P_ALL) would find the leader again and again, ahead of all others.
  othersLeft = false;
  return !eachChild(reapOther) || othersLeft;
}

// The last step: reaps every process that has ended, the leader, too. The next parent of a zombie may never
// reap it (a program that is process 1 of a container). The group is not signalled any more.
static void leave(void) {
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

// Carries out the parent's orders. Returns false if what is left of the command is to be left alone.
static bool obey(void) {
  unsigned char orders[64];
  const ssize_t count = read(ORDERS, orders, sizeof orders);
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
    parent_gone = 1;
    return true;
  }
  for (ssize_t i = 0; i < count; i++) {
    if (orders[i] == RELEASE) {
      if (leader_over) return false;
    } else if (orders[i] == KILL_ALL) {
      killAll();
    } else {
      kill(-group, orders[i]);
    }
  }
  return true;
}

static void fail(int socket, int error, char step) {
  const int report[2] = {error, step};
  const ssize_t written = write(socket, report, sizeof report);
  (void)written;
  _exit(START_FAILED);
}

static void run(int socket, const char* cwd, char** argv, pid_t launcher, const sigset_t* mask) {
  setpgid(0, 0);
#if defined(__linux__)
  // Takes effect if the launcher itself is killed. exec keeps it, unless the file is set-user-ID.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != launcher) _exit(START_FAILED);
  sigprocmask(SIG_SETMASK, mask, NULL);
  if (cwd[0] != '\0' && chdir(cwd) != 0) fail(socket, errno, 'c');
  execvp(argv[0], argv);
  fail(socket, errno, 'x');
}

// Only the command has its streams open, so that their readers see the end.
static void dropStreams(void) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < ORDERS; fd++) dup2(null, fd);
  if (null > REPORT) close(null);
}

static void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

// Waits for events. Until it has come, the answer to the start is one.
static int supervise(int start, const sigset_t* unblocked) {
  bool starting = true;
  bool told = false;
  for (;;) {
    if (parent_gone && !told) {
      told = true;
      killAll();
    }
    // Not before the answer to the start, which has to be reported first.
    if (!starting && !reap()) break;
    fd_set readable;
    FD_ZERO(&readable);
    if (!parent_gone) FD_SET(ORDERS, &readable);
    if (starting) FD_SET(start, &readable);
    // A group whose members are not our children sends no SIGCHLD.
    const struct timespec pause = {0, POLL_MS * 1000000L};
    const int highest = start > ORDERS ? start : ORDERS;
    const int ready =
        pselect(highest + 1, &readable, NULL, NULL, killing || leader_over ? &pause : NULL, unblocked);
    if (killing) killAll();
    if (ready <= 0) continue;
    if (starting && FD_ISSET(start, &readable)) {
      starting = false;
      int report[2] = {0, 0};
      const ssize_t length = read(start, report, sizeof report);
      if (length == (ssize_t)sizeof report) {
        say("error %2$d %1$s\n", report[1] == 'c' ? "chdir" : "spawn", report[0]);
        return START_FAILED;
      }
      say("%s %d\n", "pid", (int)group);
    }
    if (!parent_gone && FD_ISSET(ORDERS, &readable) && !obey()) break;
  }
  leave();
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--start") == 0) return start();
  if (argc < 4) return START_FAILED;
  const pid_t parent = (pid_t)strtol(argv[1], NULL, 10);
  sigset_t all;
  sigset_t before;
  sigset_t unblocked;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  handle(SIGCHLD, onChild);
  handle(SIGUSR1, onParentGone);
  sigfillset(&unblocked);
  sigdelset(&unblocked, SIGCHLD);
  sigdelset(&unblocked, SIGUSR1);
#if defined(__linux__)
  // Notices the end of the thread that started this process. The socket shows the same, unless a copy of it
  // stays open.
  prctl(PR_SET_PDEATHSIG, SIGUSR1);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
  // The parent ended before that.
  if (getppid() != parent) return START_FAILED;
  int start[2];
  if (fcntl(ORDERS, F_SETFD, FD_CLOEXEC) != 0 || fcntl(REPORT, F_SETFD, FD_CLOEXEC) != 0 || pipe(start) != 0)
    return START_FAILED;
  fcntl(start[0], F_SETFD, FD_CLOEXEC);
  fcntl(start[1], F_SETFD, FD_CLOEXEC);
  const pid_t self = getpid();
  group = fork();
  if (group < 0) {
    say("error %2$d %1$s\n", "spawn", errno);
    return START_FAILED;
  }
  if (group == 0) run(start[1], argv[2], argv + 3, self, &before);
  // In both processes, whichever comes first.
  setpgid(group, group);
  close(start[1]);
  dropStreams();
  return supervise(start[0], &unblocked);
}
