#include "sys/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "sys/linux/glibc.h"

namespace pendingop::sys {

bool startThread(void* (*body)(void*), void* argument, size_t stack) {
  const long least = sysconf(_SC_THREAD_STACK_MIN);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, std::max(stack, static_cast<size_t>(std::max(least, 0L))));
  // All signals are blocked before the thread starts, so that none can reach it before it sets its own mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return failed == 0;
}

void holdSignal(int number, bool hold) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &one, nullptr);
}

bool isMainThread() {
#if defined(__linux__)
  return syscall(SYS_gettid) == getpid();
#else
  return pthread_main_np() != 0;
#endif
}

void yieldProcessor() { sched_yield(); }

}  // namespace pendingop::sys
