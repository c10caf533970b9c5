#include "sys/signal.h"

#include <errno.h>

#include <initializer_list>

#include "sys/linux/glibc.h"

namespace pendingop::sys {

int replaceAction(int number, const struct sigaction& ours, bool (*isFree)(const struct sigaction&)) {
  struct sigaction before;
  // The action is looked at first, so that another handler is not replaced even for a moment.
  if (sigaction(number, nullptr, &before) != 0) return -errno;
  if (!isFree(before)) return -EBUSY;
  if (sigaction(number, &ours, &before) != 0) return -errno;
  if (isFree(before)) return 0;
  sigaction(number, &before, nullptr);
  return -EBUSY;
}

ThreadHandle thisThread() { return pthread_self(); }

void releaseSignal(int number) {
  if (ownsSignal(number)) signal(number, SIG_DFL);
}

void blockAllBut(int number) {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, number}) sigdelset(&set, fault);
  pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

}  // namespace pendingop::sys
