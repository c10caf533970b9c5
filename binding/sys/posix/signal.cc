// The signal of the portable backend. It does nothing but end the system call that its thread is in.
#include "sys/signal.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#if defined(__FreeBSD__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif

namespace pendingop::sys {

const bool kSignalCanBeLost = true;

namespace {

void onSignal(int) {}

}  // namespace

// Real-time signals if the system has them. Else SIGURG: it is ignored by default, and the kernel sends it
// only to those who asked for it (F_SETOWN). Go's runtime handles it; then claimSignal() refuses, and another
// signal must be chosen.
#if defined(SIGRTMIN) && defined(SIGRTMAX)
int defaultSignal() { return SIGRTMIN + 7; }
int lastDefaultSignal() { return SIGRTMAX - 1; }
#else
int defaultSignal() { return SIGURG; }
int lastDefaultSignal() { return SIGURG; }
#endif

namespace {
bool isFree(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 &&
         (action.sa_handler == SIG_DFL || action.sa_handler == onSignal);
}
}  // namespace

int claimSignal(int number) {
  struct sigaction ours = {};
  ours.sa_handler = onSignal;
  ours.sa_flags = 0;  // no SA_RESTART: the call has to end
  sigfillset(&ours.sa_mask);
  return replaceAction(number, ours, isFree);
}

bool ownsSignal(int number) {
  struct sigaction current;
  if (sigaction(number, nullptr, &current) != 0) return false;
  return (current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == onSignal;
}

uint32_t threadId() {
#if defined(__linux__)
  return static_cast<uint32_t>(gettid());
#elif defined(__APPLE__)
  uint64_t id = 0;
  pthread_threadid_np(nullptr, &id);
  return static_cast<uint32_t>(id);
#elif defined(__FreeBSD__)
  return static_cast<uint32_t>(pthread_getthreadid_np());
#elif defined(__OpenBSD__)
  return static_cast<uint32_t>(getthrid());
#else
  static std::atomic<uint32_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
#endif
}

void nameThread(const char* name) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), name);
#elif defined(__APPLE__)
  pthread_setname_np(name);
#elif defined(__FreeBSD__) || defined(__OpenBSD__)
  pthread_set_name_np(pthread_self(), name);
#else
  static_cast<void>(name);
#endif
}

bool isRunnable(uint32_t) { return false; }

// The worker's mutex is held and the worker has not left, so the handle is that of a live thread.
bool send(int number, uint32_t, pthread_t handle) { return pthread_kill(handle, number) != EAGAIN; }

}  // namespace pendingop::sys
