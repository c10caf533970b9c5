// Both stubs of syscall_*.S, instruction by instruction, on every architecture: at each instruction in turn
// the op is interrupted and the signal arrives. A read must then return without ever having waited, and an
// answer that the kernel has given must stand.
//
// Another process drives the stub by ptrace(2), since arm64 has no trap flag that a program could set itself
// (test_gap does that on x86-64, within one process).
#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <new>

#include "sys/runner.h"
#include "sys/signal.h"
#include "test/check.h"

#if defined(PENDINGOP_BACKEND_LINUX) && !defined(__SANITIZE_THREAD__)

#include "sys/linux/call.h"

extern "C" {
// NOLINTBEGIN(readability-identifier-naming)
extern const char po_syscall_end[];
extern const char po_saved_end[];
// NOLINTEND(readability-identifier-naming)
}

using namespace pendingop;
using namespace pendingop::test;

namespace {

// No stub has more instructions.
constexpr int kMost = 100;
constexpr uintptr_t kLongest = 4 * kMost;

enum class Stub : uint8_t { plain, saved };

// Of this process and of the one that is driven.
struct Shared {
  StateWord state;
  alignas(16) SavedCall saved;
  long result = 0;
};
Shared* shared;

struct Place {
  uintptr_t begin, end;  // `end`: the first instruction after the system call
  bool contains(uintptr_t at) const { return at >= begin && at < begin + kLongest; }
};

Place placeOf(Stub stub) {
  const auto at = [](auto* of) { return reinterpret_cast<uintptr_t>(of); };
  return stub == Stub::plain ? Place{at(&po_syscall), at(po_syscall_end)}
                             : Place{at(&po_syscall_saved), at(po_saved_end)};
}

[[noreturn]] void driven(Stub stub, int fd) {
  char byte;
  const long to = reinterpret_cast<long>(&byte);
  const void* const state = shared->state.word();
  ptrace(PTRACE_TRACEME, 0, 0L, 0L);
  CHECK_EQ(sys::claimSignal(sys::defaultSignal()), 0);
  raise(SIGSTOP);
  shared->result = stub == Stub::plain
                       ? po_syscall(state, SYS_read, fd, to, 1, 0, 0, 0)
                       : po_syscall_saved(state, &shared->saved, SYS_read, fd, to, 1, 0, 0, 0);
  _exit(0);
}

// A process that runs the stub.
class Driven {
 public:
  Driven(Stub stub, int fd) : id_(fork()) {
    if (id_ == 0) driven(stub, fd);
    CHECK(id_ > 0);
    CHECK_EQ(await(), SIGSTOP);
    const uintptr_t begin = placeOf(stub).begin;
    while (at() != begin) step();
  }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  void step() { CHECK_EQ(resume(PTRACE_SINGLESTEP, 0), SIGTRAP); }
  // The signal arrives at the instruction that is next.
  void interrupt() {
    const int signal = sys::defaultSignal();
    CHECK(shared->state.move(State::Running, State::Interrupting));
    CHECK_EQ(syscall(SYS_tgkill, id_, id_, signal), 0);
    CHECK_EQ(resume(PTRACE_CONT, 0), signal);
    CHECK_EQ(resume(PTRACE_CONT, signal), 0);
  }
  void kill() {
    CHECK_EQ(::kill(id_, SIGKILL), 0);
    CHECK_EQ(await(), SIGKILL);
  }
  uintptr_t at() {
    // More than the registers of any architecture.
    uint64_t registers[64] = {};
    iovec all{registers, sizeof registers};
    CHECK_EQ(ptrace(PTRACE_GETREGSET, id_, static_cast<long>(NT_PRSTATUS), &all), 0);
#if defined(__aarch64__)
    return registers[32];  // x0 to x30, sp, pc
#else
    return registers[16];  // rip
#endif
  }

 private:
  using Request = decltype(PTRACE_CONT);  // an enumeration, or a number with musl
  int resume(Request how, int signal) {
    CHECK_EQ(ptrace(how, id_, 0L, static_cast<long>(signal)), 0);
    return await();
  }
  // The signal that has stopped or ended it; 0: it has ended well.
  int await() {
    int status = 0;
    CHECK_EQ(waitpid(id_, &status, 0), id_);
    if (WIFSTOPPED(status)) return WSTOPSIG(status);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }

  const pid_t id_;
};

struct Stepped {
  bool isInside;  // the stub has so many instructions
  bool isAnswered;
  long result;
};

// Interrupts the stub at its n-th instruction. `hasData`: the read does not have to wait.
Stepped interruptAt(Stub stub, int n, bool hasData) {
  const Place place = placeOf(stub);
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  if (hasData) CHECK_EQ(write(ends[1], "x", 1), 1);
  shared->state.begin();
  CHECK(shared->state.move(State::Queued, State::Running));
  Driven process(stub, ends[0]);
  for (int i = 0; i < n; i++) process.step();
  const uintptr_t at = process.at();
  const bool isInside = place.contains(at);
  if (isInside)
    process.interrupt();
  else
    process.kill();
  shared->state.free();
  close(ends[0]);
  close(ends[1]);
  return {isInside, at >= place.end, shared->result};
}

void everyInstruction(Stub stub) {
  int before = 0;
  int after = 0;
  for (int n = 0; n < kMost; n++) {
    const Stepped stepped = interruptAt(stub, n, true);
    if (!stepped.isInside) break;
    if (stepped.isAnswered) {
      CHECK_EQ(stepped.result, 1);  // the answer was there already, and stands
      after++;
    } else {
      CHECK_EQ(stepped.result, sys::kNeverEntered);
      CHECK_EQ(interruptAt(stub, n, false).result, sys::kNeverEntered);  // a read would never return
      before++;
    }
  }
  printf("%s: %d instructions before the answer, %d after it\n",
         stub == Stub::plain ? "po_syscall" : "po_syscall_saved", before, after);
  CHECK(before >= 8);
  CHECK(after >= 2);
}

}  // namespace

int main() {
  watchdog();
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  shared = new (memory) Shared;
  everyInstruction(Stub::plain);
  everyInstruction(Stub::saved);
}

#else
int main() {}
#endif
