// A task that the test drives by ptrace(2): it goes on to any instruction of its path, and dies there.
#pragma once

#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "test/check.h"

namespace pendingop::test {

// Whether the processor stops at the addresses in its debug registers. Some virtual machines take the
// addresses and never stop.
inline bool hasBreakpoints() {
  static const bool has = [] {
    const pid_t child = fork();
    if (child == 0) {
      ptrace(PTRACE_TRACEME, 0, 0L, 0L);
      raise(SIGSTOP);
      _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSTOPPED(status));
    const auto there = reinterpret_cast<uintptr_t>(&_exit);
    CHECK_EQ(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg), there), 0);
    CHECK_EQ(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 0x1L), 0);
    CHECK_EQ(ptrace(PTRACE_CONT, child, 0L, 0L), 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    const bool stopped = WIFSTOPPED(status);
    if (stopped) {
      ::kill(child, SIGKILL);
      waitpid(child, &status, 0);
    }
    return stopped;
  }();
  return has;
}

class Traced {
 public:
  // Stops the task where it is, in a wait in the kernel or outside.
  explicit Traced(uint32_t id) : id_(static_cast<pid_t>(id)) {
    CHECK_EQ(ptrace(PTRACE_SEIZE, id_, 0L, 0L), 0);
    CHECK_EQ(ptrace(PTRACE_INTERRUPT, id_, 0L, 0L), 0);
    CHECK(await());
  }
  ~Traced() { release(); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  pid_t id() const { return id_; }
  bool isAlive() const { return alive_; }
  uintptr_t at() { return registers().rip; }
  // Whether it is about to sleep on a futex, or to end.
  bool isAboutTo(long call) {
    const user_regs_struct r = registers();
    const auto* code = reinterpret_cast<const uint8_t*>(r.rip);
    const bool isCall = code[0] == 0x0f && code[1] == 0x05 && static_cast<long>(r.rax) == call;
    return isCall && (call != SYS_futex || (r.rsi & FUTEX_CMD_MASK) == FUTEX_WAIT);
  }
  // One instruction, or one system call with all its waiting. False if somebody else has killed it.
  bool step() { return resume(PTRACE_SINGLESTEP); }
  // Goes on to the instruction `there`, or to `orThere`, whichever comes first.
  bool runTo(uintptr_t there, uintptr_t orThere) {
    if (!hasBreakpoints()) {
      do {
        if (!step()) return false;
      } while (at() != there && at() != orThere);
      return true;
    }
    setBreakpoint(0, there);
    setBreakpoint(1, orThere);
    CHECK_EQ(ptrace(PTRACE_POKEUSER, id_, offsetof(struct user, u_debugreg[7]), 0x5L), 0);
    return resume(PTRACE_CONT);
  }
  // Returns once it is dead. It is not reaped.
  void kill() {
    CHECK_EQ(::kill(id_, SIGKILL), 0);
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOWAIT | __WALL);
    alive_ = false;
  }
  void release() {
    if (!alive_) return;
    ptrace(PTRACE_POKEUSER, id_, offsetof(struct user, u_debugreg[7]), 0L);
    ptrace(PTRACE_DETACH, id_, 0L, static_cast<long>(signal_));
    alive_ = false;
  }

 private:
  user_regs_struct registers() {
    user_regs_struct r;
    CHECK_EQ(ptrace(PTRACE_GETREGS, id_, 0L, &r), 0);
    return r;
  }
  void setBreakpoint(size_t number, uintptr_t there) {
    CHECK_EQ(ptrace(PTRACE_POKEUSER, id_, offsetof(struct user, u_debugreg) + number * sizeof(long), there),
             0);
  }
  using Request = decltype(PTRACE_CONT);  // an enumeration, or a number with musl
  bool resume(Request how) {
    if (!alive_) return false;
    const int signal = signal_;
    signal_ = 0;
    if (ptrace(how, id_, 0L, static_cast<long>(signal)) != 0) alive_ = false;  // killed while it was stopped
    return alive_ && await();
  }
  // A signal that arrives is delivered when the task goes on.
  bool await() {
    int status = 0;
    if (waitpid(id_, &status, __WALL) != id_ || !WIFSTOPPED(status)) return alive_ = false;
    const bool isEvent = status >> 16 != 0;
    if (!isEvent && WSTOPSIG(status) != SIGTRAP) signal_ = WSTOPSIG(status);
    return true;
  }

  const pid_t id_;
  int signal_ = 0;
  bool alive_ = true;
};

}  // namespace pendingop::test
