#include "sys/signal.h"

#include <signal.h>

#include <initializer_list>

#include "sys/linux/glibc.h"

namespace pendingop::sys {

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
