// Functions of other addons as ops: interrupted before, during and after they run, by the signal and by their
// own unblock().
#include <errno.h>
#include <poll.h>

#include <atomic>

#include "core/custom.h"
#include "core/unblocker.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

struct Work {
  std::atomic<int> entered{0};
  std::atomic<int> unblocked{0};
  std::atomic<int> destroyed{0};
  std::atomic<uint32_t> stop{0};
};

int64_t pollForEver(Op*, void* data) {
  static_cast<Work*>(data)->entered++;
  return poll(nullptr, 0, -1) < 0 ? -errno : 0;
}

int64_t waitForStop(Op*, void* data) {
  auto& work = *static_cast<Work*>(data);
  work.entered++;
  while (work.stop.load() == 0) waitWhile(work.stop, 0, -1);
  return -ECANCELED;
}

int64_t askUntilTold(Op* op, void* data) {
  static_cast<Work*>(data)->entered++;
  while (!op->wantsStop()) spinPause();
  return -EINTR;
}

int64_t shielded(Op* op, void* data) {
  auto& work = *static_cast<Work*>(data);
  Custom& custom = *op->custom.load();
  custom.shield(true);
  work.entered++;
  while (work.stop.load() == 0) {
    if (poll(nullptr, 0, 1) != 0) return 1;  // a signal came all the same
  }
  custom.shield(false);
  return poll(nullptr, 0, -1) < 0 ? -errno : 0;
}

void release(void* data) {
  auto& work = *static_cast<Work*>(data);
  work.unblocked++;
  work.stop.store(1);
  wakeOne(work.stop);
}

// A stretch begins while unblock() runs: the two must not overlap.
struct Overlap {
  std::atomic<bool> unblocking{false};
  std::atomic<bool> inStretch{false};
  std::atomic<bool> overlapped{false};
};

int64_t beginsWhileUnblocked(Op* op, void* data) {
  auto& overlap = *static_cast<Overlap*>(data);
  Custom& custom = *op->custom.load();
  while (!overlap.unblocking.load()) spinPause();
  custom.shield(true);
  overlap.inStretch.store(true);
  poll(nullptr, 0, 1);
  overlap.inStretch.store(false);
  custom.shield(false);
  return -ECANCELED;
}

void unblockSlowly(void* data) {
  auto& overlap = *static_cast<Overlap*>(data);
  overlap.unblocking.store(true);
  // Long enough for a stretch that does not wait for this function to begin.
  for (int i = 0; i < 50; i++) {
    poll(nullptr, 0, 1);
    if (overlap.inStretch.load()) overlap.overlapped.store(true);
  }
}

void destroyed(void* data) { static_cast<Work*>(data)->destroyed++; }

Op* makeOp(Env& env, Work& work, int64_t (*execute)(Op*, void*), void (*unblock)(void*) = nullptr) {
  Op* op = env.make(Code::custom);
  CustomFunctions functions;
  functions.execute = execute;
  functions.unblock = unblock;
  functions.destroy = destroyed;
  functions.data = &work;
  op->custom.store(Custom::make(functions));
  return op;
}

void stops(int64_t (*execute)(Op*, void*), void (*unblock)(void*)) {
  Env env;
  for (int i = 0; i < 300; i++) {
    Work work;
    Op* op = makeOp(env, work, execute, unblock);
    env.start(op);
    // At every moment: queued, taken, and running.
    if (i % 3 == 1)
      while (op->state.state() == State::Queued) spinPause();
    if (i % 3 == 2)
      while (work.entered.load() == 0) spinPause();
    env.interrupt(op);
    const Result result = env.await(op);
    CHECK(result.outcome == Outcome::interrupted || (i % 3 == 0 && result.outcome == Outcome::cancelled));
    CHECK(result.tookEffect == (work.entered.load() > 0));
    CHECK(work.unblocked.load() <= (unblock != nullptr ? 1 : 0));
    CHECK(work.destroyed.load() == 1);
  }
}

void keepsAShieldedOneFromSignals() {
  Env env;
  Work work;
  Op* op = makeOp(env, work, shielded);
  env.start(op);
  while (work.entered.load() == 0) spinPause();
  env.interrupt(op);
  poll(nullptr, 0, 20);  // time for signals to come that must not
  release(&work);
  CHECK(env.await(op).outcome == Outcome::interrupted);
  CHECK(work.destroyed.load() == 1);
}

void keepsAStretchFromUnblock() {
  Env env;
  Overlap overlap;
  Op* op = env.make(Code::custom);
  CustomFunctions functions;
  functions.execute = beginsWhileUnblocked;
  functions.unblock = unblockSlowly;
  functions.data = &overlap;
  op->custom.store(Custom::make(functions));
  env.start(op);
  while (op->state.state() == State::Queued) spinPause();
  env.interrupt(op, 10'000 * kMillisecond);
  CHECK(env.await(op).outcome == Outcome::interrupted);
  CHECK(!overlap.overlapped.load());
}

void destroysWhatAClosedEnvironmentLeft() {
  Work work[3];
  {
    Env env;
    Op* ops[] = {makeOp(env, work[0], pollForEver), makeOp(env, work[1], waitForStop, release),
                 makeOp(env, work[2], waitForStop)};
    for (Op* op : ops) env.start(op);
    for (Work& each : work) {
      while (each.entered.load() == 0) spinPause();
    }
  }
  while (work[0].destroyed.load() == 0 || work[1].destroyed.load() == 0) poll(nullptr, 0, 1);
  CHECK(work[2].destroyed.load() == 0);
  release(&work[2]);
  while (work[2].destroyed.load() == 0) poll(nullptr, 0, 1);
}

}  // namespace

int main() {
  watchdog();
  startPool();
  CHECK(Unblocker::instance().start());
  stops(pollForEver, nullptr);
  stops(waitForStop, release);
  stops(askUntilTold, nullptr);
  keepsAShieldedOneFromSignals();
  keepsAStretchFromUnblock();
  destroysWhatAClosedEnvironmentLeft();
  return 0;
}
