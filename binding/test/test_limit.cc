// A system that allows only a few threads or tasks: calls wait for a free worker, and killed workers are
// replaced all the same.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/task.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

constexpr rlim_t kMost = 16;
constexpr size_t kOps = 100;

// Root has no such limit. For other users everything that they run counts, so no worker might be left here.
void limit() {
  constexpr uid_t kNobodyElse = 54321;
  if (getuid() != 0) return;
  const rlimit most{kMost, kMost};
  CHECK_EQ(setuid(kNobodyElse), 0);
  CHECK_EQ(setrlimit(RLIMIT_NPROC, &most), 0);
}

// Only a kill ends a blocked call: other code handles the signal.
void silence() {
  signal(Runtime::instance().signal(), [](int) {});
}

size_t running(const std::vector<Op*>& ops) {
  return static_cast<size_t>(std::count_if(ops.begin(), ops.end(),
                                           [](const Op* op) { return op->state.state() == State::Running; }));
}

void round(Env& env) {
  Pipe pipe;
  std::vector<Op*> ops;
  for (size_t i = 0; i < kOps; i++) ops.push_back(env.makeRead(pipe.read, 1));
  for (Op* op : ops) env.submit(op);
  env.flush();
  eventually([&] { return running(ops) >= 4; });
  for (Op* op : ops) env.interrupt(op, 800 * kMillisecond);
  if (sys::tasksRefused()) pipe.put(std::string(kOps, 'x'));
  for (size_t over = 0; over < ops.size();) {
    Event* event = env.next();
    over += event->last ? 1 : 0;
    env.finish(event);
  }
  CHECK_EQ(env.run(env.make(Code::stat, "/")).value, 0);
}

}  // namespace

int main() {
  watchdog(120);
  limit();
  startPool();
  Runtime::instance().setKillable(Killable::always);
  silence();
  {
    Env env;
    CHECK_EQ(env.run(env.make(Code::stat, "/")).value, 0);
    for (int i = 0; i < 10; i++) round(env);
  }
  eventually([] { return Allocator::instance().taken() == 0; });
  // _exit() skips the search of a sanitizer for leaks, which needs a task.
  _exit(0);
}
