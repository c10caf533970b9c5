// Fresh pools: each round is a new process whose first calls come from two environments at once, some of them
// blocked, while the pool grows. Every call has to come to its end in each round.
#include <sys/wait.h>

#include <thread>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 20;  // starting a process takes many times as long
#else
constexpr int kRounds = 150;
#endif

void environment(int round, size_t stuck) {
  Env env;
  Pipe pipe;
  std::vector<Op*> blocked;
  for (size_t i = 0; i < stuck; i++) {
    blocked.push_back(env.makeRead(pipe.read, 1));
    env.submit(blocked.back());
  }
  if (round % 2 == 0) env.flush();
  size_t healthy = 0;
  for (int i = 0; i < 1 + round % 5; i++, healthy++) env.submit(env.make(Code::access, "/"));
  env.flush();
  for (; healthy > 0; healthy--) {
    Event* event = env.next(1 + healthy / 2);
    CHECK_EQ(event->op->code, Code::access);
    CHECK_EQ(event->op->result, 0);
    env.finish(event);
  }
  // Cancelled or interrupted, whatever their state.
  if (round % 3 == 0) {
    for (Op* op : blocked) env.interrupt(op);
  } else {
    pipe.put(std::string(stuck, 'x'));
  }
  for (size_t i = 0; i < stuck; i++) env.finish(env.next());
}

[[noreturn]] void child(int round) {
  watchdog(60);
  if (round % 4 == 3) Runtime::instance().setKillable(Killable::always);
  if (round % 7 == 6) Runtime::instance().setMaxThreads(8);
  startPool();
  std::thread other([&] { environment(round, static_cast<size_t>(round % 4)); });
  environment(round + 1, static_cast<size_t>(round % 3));
  other.join();
  CHECK_EQ(Runtime::instance().main().queued(), 0);
  _exit(0);
}

}  // namespace

int main() {
  watchdog();
  for (int round = 0; round < kRounds; round++) {
    const pid_t id = fork();
    CHECK(id >= 0);
    if (id == 0) child(round);
    int status = 0;
    CHECK_EQ(waitpid(id, &status, 0), id);
    if (status != 0) fprintf(stderr, "round %d\n", round);
    CHECK_EQ(status, 0);
  }
}
