// The handler that closes the gap between the check and the system call; see syscall_x86_64.S.
#include "sys/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/state.h"

extern "C" {
extern const char po_syscall_begin[];
extern const char po_syscall_end[];
extern const char po_syscall_cancel[];
extern const char po_saved_begin[];
extern const char po_saved_end[];
extern const char po_saved_cancel[];
}

namespace pendingop::sys {

#if defined(__SANITIZE_THREAD__)
const bool kSignalCanBeLost = true;  // ThreadSanitizer runs handlers later, with another context
#else
const bool kSignalCanBeLost = false;
#endif

namespace {

// Runs on a worker, at any instruction. Touches the saved registers only.
void onSignal(int, siginfo_t*, void* context) {
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  auto& counter = machine.gregs[REG_RIP];
  const auto state = static_cast<uintptr_t>(machine.gregs[REG_RBX]);
#elif defined(__aarch64__)
  auto& counter = machine.pc;
  const auto state = static_cast<uintptr_t>(machine.regs[19]);
#endif
  const auto isIn = [&](const char* begin, const char* end) {
    const auto at = static_cast<uintptr_t>(counter);
    return at >= reinterpret_cast<uintptr_t>(begin) && at < reinterpret_cast<uintptr_t>(end);
  };
  const bool saved = isIn(po_saved_begin, po_saved_end);
  if (!saved && !isIn(po_syscall_begin, po_syscall_end)) return;
  const uint8_t now =
      static_cast<uint8_t>(__atomic_load_n(reinterpret_cast<const uint64_t*>(state), __ATOMIC_ACQUIRE));
  if (now == static_cast<uint8_t>(State::Running)) return;  // sent to the op before this one
  counter = static_cast<std::remove_reference_t<decltype(counter)>>(
      reinterpret_cast<uintptr_t>(saved ? po_saved_cancel : po_syscall_cancel));
}

}  // namespace

int defaultSignal() { return SIGRTMIN + 7; }
int lastDefaultSignal() { return SIGRTMAX - 1; }

namespace {
bool isFree(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ? action.sa_sigaction == onSignal : action.sa_handler == SIG_DFL;
}
}  // namespace

int claimSignal(int number) {
  struct sigaction ours = {};
  ours.sa_sigaction = onSignal;
  ours.sa_flags = SA_SIGINFO;  // no SA_RESTART: the call has to end
  sigfillset(&ours.sa_mask);
  return replaceAction(number, ours, isFree);
}

bool ownsSignal(int number) {
  struct sigaction current;
  if (sigaction(number, nullptr, &current) != 0) return false;
  return (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == onSignal;
}

uint32_t threadId() { return static_cast<uint32_t>(syscall(SYS_gettid)); }

void nameThread(const char* name) { prctl(PR_SET_NAME, name); }

bool isRunnable(uint32_t thread) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%u/stat", thread);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[64];
  const ssize_t size = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  if (size <= 0) return false;
  text[size] = 0;
  const char* state = strrchr(text, ')');  // pid (name) state
  return state != nullptr && state[1] == ' ' && state[2] == 'R';
}

bool send(int number, uint32_t thread, pthread_t) {
  return syscall(SYS_tgkill, getpid(), thread, number) == 0 || errno != EAGAIN;
}

}  // namespace pendingop::sys
