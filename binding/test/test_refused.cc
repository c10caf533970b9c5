// A system that refuses tasks, as a seccomp filter may: workers are threads.
#include "sys/task.h"
#include "test/harness.h"

#if defined(__linux__)

#include <sched.h>

#include "test/seccomp.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void refuseTasks() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_VM | CLONE_THREAD),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLONE_VM, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  filterCalls(filter);
}

}  // namespace

int main() {
  watchdog(120);
  refuseTasks();
  startPool();
  Runtime::instance().setKillable(Killable::always);
  TempDir dir;
  const std::string file = dir.write("file", "content");
  const std::string fifo = dir.fifo("fifo");
  Env env;
  // The first worker finds it out.
  CHECK_EQ(env.run(env.make(Code::stat, file)).value, 0);
  CHECK(sys::tasksRefused());
  CHECK(!Runtime::instance().tasks().wantsTasks());
  for (int i = 0; i < 20; i++) {
    const Result r = env.run(env.makeOpen(file, O_RDONLY));
    CHECK(r.value >= 0);
    CHECK_EQ(close(static_cast<int>(r.value)), 0);
    Op* waits = env.makeOpen(fifo, O_RDONLY);
    env.start(waits);
    eventually([&] { return waits->state.state() == State::Running && waits->call.load() == Call::openat; });
    env.interrupt(waits);
    CHECK_EQ(env.await(waits).outcome, Outcome::interrupted);
  }
  // _exit() skips the search of a sanitizer for leaks, which clones such a task.
  _exit(0);
}

#else

int main() { return pendingop::sys::tasksRefused() ? 0 : 1; }

#endif
