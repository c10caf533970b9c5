// Lanes: which ops belong to them. The supervisor looks after the workers of a file system while calls are on
// their way there, also after calls that come just when it has found nothing to do there.
#include "core/lanes.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

// An environment routes a call first and submits it later. The supervisor may have looked in between.
void watchedFromTheSubmitOn() {
  Mount mount;
  mount.major = 999;
  mount.minor = 1;
  Lane& lane = *Lanes::instance().of(mount);
  Env env(&lane.pool);
  Pipe pipe;
  for (int i = 0; i < 3; i++) {
    Lanes::instance().watch(lane);
    eventually([&] { return !lane.watched.load(); });
    Op* op = env.makeRead(pipe.read, 1);
    env.start(op);
    CHECK(lane.watched.load());
    // It stays so while the call is in the kernel. If no worker is awake, it starts one.
    eventually([&] { return op->state.state() == State::Running; });
    CHECK(lane.watched.load());
    pipe.put("x");
    CHECK_EQ(env.await(op).value, 1);
  }
}

// A link leads a call to another file system than the text of its path says. The router moves the call there,
// and its closes are those of a remote file system (sys/calling.h).
void remoteWhereItsPoolIs() {
  Mount mount;
  mount.major = 999;
  mount.minor = 2;
  Lane& lane = *Lanes::instance().of(mount);
  Env env;
  Pipe pipe;
  Op* op = env.makeRead(pipe.read, 1);
  CHECK(!op->isRemote);
  lane.pool.take(*op);
  CHECK(op->isRemote);
  env.start(op);
  pipe.put("x");
  CHECK_EQ(env.await(op).value, 1);
}

// Another mount may get the number of one that has stalled and is gone, and its calls then come to this lane.
// The supervisor does not run yet: the clock is the test's.
void goneIsLookedForEachSecond() {
  Mount mount;
  mount.major = 999;
  mount.minor = 3;
  Lane& lane = *Lanes::instance().of(mount);
  int64_t now = nowNs();
  lane.health.lost(now - 2 * kSecond, now);
  lane.watched.store(true);
  for (int i = 0; i < 1000; i++) {
    now += kSecond / 4;
    Lanes::instance().check(now);
    CHECK(lane.health.isStalled());
    CHECK(lane.probe == nullptr);
    CHECK(lane.probeAt <= now + kSecond);
  }
  lane.watched.store(false);
}

}  // namespace

int main() {
  watchdog(60);
  goneIsLookedForEachSecond();
  startPool();
  remoteWhereItsPoolIs();
  watchedFromTheSubmitOn();
  return 0;
}
