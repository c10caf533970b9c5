// The gap between the check for an interrupt and the system call, instruction by instruction. The trap flag
// steps through the stub, and at each instruction in turn the op is interrupted and the signal arrives. A
// read of an empty pipe must then return without ever having waited, and an answer that the kernel has given
// must stand.
//
// The portable backend has no stub. There a signal in the gap is lost, and the supervisor's next one ends the
// call. That is tried by chance, many times, with the op interrupted as soon as its worker has named the
// call.
#include <errno.h>
#include <sys/syscall.h>

#include "sys/signal.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

#if defined(PENDINGOP_BACKEND_LINUX) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include <ucontext.h>

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming)
long po_syscall(const void* state, long nr, long a, long b, long c, long d, long e, long f);
extern const char po_syscall_begin[];
extern const char po_syscall_end[];
}

namespace {

constexpr long kNeverEntered = -1024;

// Shared with the trap's handler, which runs on the same thread.
StateWord state;
volatile uintptr_t target;  // the instruction at which the interrupt comes; 0: none
volatile bool sent;
volatile uintptr_t visited[64];  // the instructions of the stub, in order
volatile size_t visits;

void onTrap(int, siginfo_t*, void* context) {
  const auto at = static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  const auto from = reinterpret_cast<uintptr_t>(&po_syscall);
  if (at < from || at > reinterpret_cast<uintptr_t>(po_syscall_end) + 8) return;
  if (visits < 64) {
    visited[visits] = at;
    visits = visits + 1;
  }
  if (at != target || sent) return;
  sent = true;
  state.move(State::Running, State::Interrupting);
  // Blocked while the handler runs: it is delivered at the very instruction that the trap has interrupted.
  sys::send(sys::defaultSignal(), sys::threadId(), pthread_self());
}

void setTrapFlag() { asm volatile("pushfq\n orq $0x100, (%%rsp)\n popfq" ::: "memory", "cc"); }
void clearTrapFlag() { asm volatile("pushfq\n andq $~0x100, (%%rsp)\n popfq" ::: "memory", "cc"); }

long stepped(uintptr_t at, int fd) {
  char byte;
  state.begin();
  state.move(State::Queued, State::Running);
  target = at;
  sent = false;
  visits = 0;
  setTrapFlag();
  const long r = po_syscall(state.word(), SYS_read, fd, reinterpret_cast<long>(&byte), 1, 0, 0, 0);
  clearTrapFlag();
  state.free();
  return r;
}

void everyInstruction() {
  CHECK_EQ(sys::claimSignal(sys::defaultSignal()), 0);
  struct sigaction trap = {};
  trap.sa_sigaction = onTrap;
  trap.sa_flags = SA_SIGINFO;
  sigfillset(&trap.sa_mask);
  CHECK_EQ(sigaction(SIGTRAP, &trap, nullptr), 0);

  Pipe pipe;
  pipe.put("x");
  CHECK_EQ(stepped(0, pipe.read), 1);
  std::vector<uintptr_t> path;
  for (size_t i = 0; i < visits; i++) path.push_back(uintptr_t{visited[i]});
  const auto begin = reinterpret_cast<uintptr_t>(po_syscall_begin);
  const auto end = reinterpret_cast<uintptr_t>(po_syscall_end);
  size_t before = 0;
  size_t inside = 0;
  size_t after = 0;
  for (const uintptr_t at : path) {
    if (at >= end) {
      after++;
      pipe.put("x");
      CHECK_EQ(stepped(at, pipe.read), 1);  // the answer was there already, and stands
    } else {
      (at < begin ? before : inside)++;
      CHECK_EQ(stepped(at, pipe.read), kNeverEntered);  // the pipe is empty: a read would never return
    }
    CHECK(sent);
  }
  CHECK(before >= 5);
  CHECK_EQ(inside, 3);  // the check, the branch, the system call
  CHECK(after >= 1);

  // A signal that comes while the op was not interrupted moves nothing.
  pipe.put("x");
  CHECK_EQ(stepped(0, pipe.read), 1);
  signal(SIGTRAP, SIG_DFL);
  printf("%zu instructions\n", path.size());
}

}  // namespace
#else
namespace {
void everyInstruction() {}
}  // namespace
#endif

namespace {

// By chance, on every backend: interrupted at the moment when the worker has named its call.
void manyTimes() {
  startPool();
  Env env;
  Pipe pipe;
  for (int i = 0; i < 5000; i++) {
    Op* op = env.makeRead(pipe.read, 1);
    env.start(op);
    while (op->call.load(std::memory_order_relaxed) == Call::none) spinPause();
    for (int spins = i % 32; spins > 0; spins--) spinPause();
    env.interrupt(op);
    const Result r = env.await(op);
    CHECK_EQ(r.outcome, Outcome::interrupted);
    CHECK_EQ(r.value, -EINTR);
  }
}

}  // namespace

int main() {
  watchdog();
  everyInstruction();
  manyTimes();
}
