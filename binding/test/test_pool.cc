// The pool: it grows while calls block, wakes the workers that are needed, keeps its limit, and shrinks
// again.
#include <signal.h>

#include <thread>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

size_t running(const std::vector<Op*>& ops) {
  size_t count = 0;
  for (const Op* op : ops) count += op->state.state() == State::Running ? 1 : 0;
  return count;
}

// Healthy calls are completed while all others are stuck, submitted together and in any order.
void growsAroundBlockedCalls(Env& env, size_t stuck) {
  Pipe pipe;
  std::vector<Op*> ops;
  for (size_t i = 0; i < stuck; i++) {
    ops.push_back(env.makeRead(pipe.read, 1));
    env.submit(ops.back());
  }
  Op* healthy = env.make(Code::stat, "/");
  env.start(healthy);
  CHECK_EQ(env.await(healthy).value, 0);
  eventually([&] { return running(ops) == stuck; });
  pipe.put(std::string(stuck, 'x'));
  for (size_t i = 0; i < stuck; i++) {
    Event* event = env.next();
    CHECK_EQ(event->op->result, 1);
    env.finish(event);
  }
}

void batchesOfEverySize() {
  Env env;
  for (size_t stuck = 1; stuck < 12; stuck++) growsAroundBlockedCalls(env, stuck);
  for (size_t stuck = 12; stuck-- > 1;) growsAroundBlockedCalls(env, stuck);
  growsAroundBlockedCalls(env, 300);
}

// Once the pool sleeps, nothing but the submit itself wakes a worker.
void wakesFromSleep() {
  Env env;
  for (size_t stuck = 1; stuck < 8; stuck++) {
    Pool& pool = Runtime::instance().main();
    eventually([&] { return pool.idle() == pool.workers(); });
    const timespec longerThanTheSupervisorWatches{0, 60 * kMillisecond};
    nanosleep(&longerThanTheSupervisorWatches, nullptr);
    growsAroundBlockedCalls(env, stuck);
  }
}

void keepsToItsLimit() {
  Env env;
  Pool& pool = Runtime::instance().main();
  eventually([&] { return pool.workers() <= 1; });
  Runtime::instance().setMaxThreads(4);
  Pipe pipe;
  std::vector<Op*> ops;
  for (int i = 0; i < 12; i++) ops.push_back(env.makeRead(pipe.read, 1));
  for (Op* op : ops) env.start(op);
  eventually([&] { return running(ops) == 4; });
  CHECK_EQ(pool.workers(), 4);
  // A queued op is cancelled at once.
  Op* waiting = nullptr;
  for (Op* op : ops) {
    if (op->state.state() == State::Queued) waiting = op;
  }
  env.interrupt(waiting);
  CHECK_EQ(env.await(waiting).outcome, Outcome::cancelled);
  // When one of the others returns, the next one is taken.
  pipe.put(std::string(11, 'x'));
  for (int i = 0; i < 11; i++) {
    Event* event = env.next();
    CHECK_EQ(event->outcome, Outcome::completed);
    env.finish(event);
  }
  CHECK(pool.workers() <= 4);
  Runtime::instance().setMaxThreads(16384);
}

void shrinks() {
  Env env;
  growsAroundBlockedCalls(env, 20);
  CHECK(Runtime::instance().main().workers() > 1);
  eventually([] { return Runtime::instance().main().workers() <= 1; });
  CHECK_EQ(env.run(env.make(Code::access, "/")).value, 0);
}

// One worker for local files stays. Pools that are used rarely keep none.
void othersShrinkToNothing() {
  Runtime& runtime = Runtime::instance();
  Pool* const others[] = {&runtime.waiters(), &runtime.remoteWaiters(), &runtime.foreign()};
  for (Pool* pool : others) {
    Env env(pool);
    CHECK_EQ(env.run(env.make(Code::access, "/")).value, 0);
    CHECK(pool->workers() > 0);
  }
  for (const Pool* pool : others) eventually([&] { return pool->workers() == 0; });
  eventually([&] { return runtime.main().workers() <= 1; });
}

// A loop is woken for fewer completions than it asked for if the others do not come: they wait in the queue
// first, then in the kernel.
void fewerThanAskedFor() {
  Pool& pool = Runtime::instance().main();
  Runtime::instance().setMaxThreads(2);
  eventually([&] { return pool.workers() <= 1; });
  Env env;
  for (int i = 0; i < 50; i++) {
    Pipe blocked, served;
    std::vector<Op*> ops{env.makeRead(blocked.read, 1), env.makeRead(served.read, 1),
                         env.makeRead(blocked.read, 1)};
    for (int started = 0; started < 2; started++) {
      env.start(ops[started]);
      eventually([&] { return ops[started]->state.state() == State::Running; });
    }
    env.start(ops[2]);
    std::thread server([&] { served.put("x"); });
    Event* event = env.next(3);
    CHECK(event->op == ops[1]);
    env.finish(event);
    server.join();
    blocked.put("xx");
    for (int n = 0; n < 2; n++) env.finish(env.next(2 - n));
  }
  Runtime::instance().setMaxThreads(16384);
}

// Many ops of one environment block. Those of another one run once they return.
void behindManyOfAnother() {
  Pool& pool = Runtime::instance().main();
  Runtime::instance().setMaxThreads(1);
  eventually([&] { return pool.workers() <= 1; });
  Env first, second;
  Pipe pipe;
  Op* stuck = first.makeRead(pipe.read, 1);
  first.start(stuck);
  eventually([&] { return stuck->state.state() == State::Running; });
  constexpr int kMany = 17000;
  for (int i = 0; i < kMany; i++) first.submit(first.make(Code::access, "/"));
  first.flush();
  Op* late = second.make(Code::access, "/");
  second.start(late);
  pipe.put("x");
  for (int i = 0; i <= kMany; i++) first.finish(first.next());
  CHECK_EQ(second.await(late).value, 0);
  Runtime::instance().setMaxThreads(16384);
}

// Ops that are cancelled while no worker takes any leave the queue, and their memory serves other ops.
void cancelledWhileStuck() {
  Pool& pool = Runtime::instance().main();
  Runtime::instance().setMaxThreads(2);
  eventually([&] { return pool.workers() <= 1; });
  Env env;
  Pipe pipe;
  const std::vector<Op*> stuck{env.makeRead(pipe.read, 1), env.makeRead(pipe.read, 1)};
  for (Op* op : stuck) env.start(op);
  eventually([&] { return running(stuck) == 2; });
  const size_t before = Allocator::instance().taken();
  for (int i = 0; i < 200000; i++) {
    Op* op = env.make(Code::access, "/");
    env.submit(op);
    env.interrupt(op, 0);
    CHECK_EQ(env.await(op).outcome, Outcome::cancelled);
  }
  CHECK_EQ(Allocator::instance().taken(), before);
  CHECK_EQ(pool.queued(), 0);
  Op* healthy = env.make(Code::access, "/");
  env.start(healthy);
  pipe.put("xx");
  for (int i = 0; i < 3; i++) {
    Event* event = env.next();
    CHECK_EQ(event->outcome, Outcome::completed);
    CHECK_EQ(event->op->result, event->op == healthy ? 0 : 1);
    env.finish(event);
  }
  CHECK(env.client().take() == nullptr);
  Runtime::instance().setMaxThreads(16384);
}

}  // namespace

int main() {
  watchdog();
  startPool();
  CHECK_EQ(Runtime::instance().start(), 0);
  CHECK_EQ(Runtime::instance().chooseSignal(Runtime::instance().signal()), 0);
  CHECK_EQ(Runtime::instance().chooseSignal(SIGUSR2), -EALREADY);
  batchesOfEverySize();
  wakesFromSleep();
  shrinks();
  othersShrinkToNothing();
  keepsToItsLimit();
  fewerThanAskedFor();
  behindManyOfAnother();
  cancelledWhileStuck();
}
