// Processes in states that no program for Node comes into. Prints the process to look at once it is in its
// state.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(int pid) {
  printf("%d\n", pid);
  fflush(stdout);
}

static void* openFile(void* path) {
  open(path, O_RDONLY);
  return NULL;
}

static void* readEvents(void* fd) {
  char bytes[8];
  if (read((int)(intptr_t)fd, bytes, sizeof bytes) < 0) abort();
  return NULL;
}

static void start(void* (*body)(void*), void* argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, argument) != 0) abort();
}

int main(int count, char** words) {
  const char* state = count > 1 ? words[1] : "";
  if (strcmp(state, "without-first-thread") == 0) {
    start(openFile, words[2]);
    say(getpid());
    pthread_exit(NULL);
  }
  if (strcmp(state, "closes-at-its-end") == 0) {
    if (open(words[2], O_RDONLY) < 0) abort();
    say(getpid());
    getchar();
    return 0;
  }
  if (strcmp(state, "reads-events") == 0) {
    start(readEvents, (void*)(intptr_t)eventfd(0, 0));
    start(readEvents, (void*)(intptr_t)inotify_init());
    say(getpid());
  }
  if (strcmp(state, "ended") == 0) {
    const int child = fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    say(child);
  }
  if (strcmp(state, "traced") == 0) {
    const int child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      ptrace(PTRACE_TRACEME, 0, NULL, NULL);
      raise(SIGSTOP);
    }
    waitpid(child, NULL, 0);
    say(child);
  }
  for (;;) pause();
}
