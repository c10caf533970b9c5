// Cases of core/schedule.h by hand: who is awake, and when workers are added.
#include <vector>

#include "test/schedule_world.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void oneAtATime() {
  World w(1, 1, 2);
  w.rest(0);
  for (int i = 0; i < 3; i++) {
    const Schedule::Demand demand = w.submit({0});
    // As soon as it may be woken: also within kShortCall of the last op.
    CHECK(demand.wake == &w.worker(0));
    CHECK(!demand.supervise);
    CHECK(w.take(0) == w.ops[0].get());
    CHECK(!w.demand.supervise);
    CHECK(w.take(0) == nullptr);
    CHECK(w.place(0) == Place::resting);
    w.ops[0]->state.move(State::Running, State::Done);
  }
  CHECK(!w.schedule.isSupervised());
}

void aTicksCallsWakeOne() {
  World w(4, 3, 3);
  for (size_t i = 0; i < 3; i++) w.rest(i);
  CHECK(w.submit({0, 1}).wake == &w.worker(2));
  // A worker is coming, so no other one is woken.
  CHECK(w.submit({2}).wake == nullptr);
  // It leaves ops in the queue, and there are processors.
  CHECK(w.take(2) == w.ops[0].get());
  CHECK(w.demand.wake == &w.worker(1));
  CHECK(w.take(1) == w.ops[1].get());
  CHECK(w.demand.wake == &w.worker(0));
  CHECK(w.take(0) == w.ops[2].get());
  CHECK(w.demand.wake == nullptr && !w.demand.supervise);
}

void noMoreThanProcessors() {
  World w(2, 2, 3);
  w.rest(0);
  w.rest(1);
  w.submit({0, 1, 2});
  CHECK(w.take(1) == w.ops[0].get());
  // The loop has the other processor. The supervisor checks whether the worker comes back.
  CHECK(w.demand.wake == nullptr && w.demand.supervise);
  // The loop sleeps, so its processor is free.
  CHECK(w.schedule.onLoopSleeps(w.now).wake == &w.worker(0));
  CHECK(w.schedule.onLoopSleeps(w.now).wake == nullptr);
}

void blockedWorkers() {
  World w(1, 8, 8);
  w.rest(0);
  w.submit({0, 1, 2, 3, 4, 5, 6});
  CHECK(w.take(0) == w.ops[0].get());
  CHECK(w.demand.supervise);
  // It began just now.
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.next, w.now + kLookInterval);
  w.now += kLookInterval;
  // A worker that waits for a processor is expected to come back, but not for ever.
  CHECK_EQ(w.check(true), 0);
  CHECK_EQ(w.schedule.hopeOf(w.now), 1);
  w.now += kLongestRun;
  CHECK_EQ(w.schedule.hopeOf(w.now), 0);
  // One worker is added, then twice as many each time, as long as none comes back.
  CHECK_EQ(w.check(), 1);
  w.schedule.onStarting(w.worker(1));
  CHECK_EQ(w.check(), 0);
  CHECK(w.take(1) == w.ops[1].get());
  CHECK_EQ(w.check(), 0);
  w.now += kLookInterval;
  CHECK_EQ(w.check(), 2);
  for (size_t i = 2; i < 4; i++) w.schedule.onStarting(w.worker(i));
  for (size_t i = 2; i < 4; i++) CHECK(w.take(i) == w.ops[i].get());
  // One comes back, and blocks in the next op: one more worker is enough.
  CHECK(w.take(3) == w.ops[4].get());
  w.now += kLookInterval;
  CHECK_EQ(w.check(), 1);
  // It cannot be started: the supervisor goes on looking.
  CHECK(w.schedule.isSupervised());
  w.cancel(5);
  w.cancel(6);
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.next, kNever);
  CHECK(!w.schedule.isSupervised());
}

// A worker that has been in its call for long is no reason not to wake another one.
void oneIsStuck() {
  World w(1, 2, 2);
  w.rest(0);
  w.rest(1);
  w.submit({0});
  CHECK(w.take(1) == w.ops[0].get());
  w.now += 2 * kShortCall;
  CHECK(w.submit({1}).wake == &w.worker(0));
}

void searching() {
  World w(2, 2, 40);
  w.rest(0);
  w.submit({0});
  CHECK(w.take(0, true) == w.ops[0].get());
  CHECK(w.take(0, true) == nullptr);
  CHECK(w.place(0) == Place::searching);
  // The worker is there already. Another one would be in its way.
  w.schedule.onStarting(w.worker(1));
  CHECK(w.take(1, true) == nullptr);
  CHECK(w.place(1) == Place::resting);
  CHECK(w.submit({1}).wake == nullptr);
  // It has lost its processor.
  CHECK(w.schedule.onLoopSleeps(w.now).wake == &w.worker(1));
  CHECK(w.take(1) == w.ops[1].get());
  CHECK(w.take(1) == nullptr);
  CHECK(w.schedule.stopResting(w.worker(1)));
  // The search was in vain: for some calls the worker rests at once, then it searches again.
  CHECK(w.take(0) == nullptr);
  CHECK(w.place(0) == Place::resting);
  size_t n = 2;
  while (w.place(0) == Place::resting) {
    CHECK(w.submit({n}).wake == &w.worker(0));
    CHECK(w.take(0, true) == w.ops[n].get());
    CHECK(w.take(0, true) == nullptr);
    n++;
  }
  CHECK_EQ(n, 19);
}

void cancelledInTheMiddle() {
  World w(1, 1, 5);
  w.submit({0, 1, 2, 3, 4});
  for (const size_t n : {2, 0, 4}) w.cancel(n);
  CHECK_EQ(w.schedule.queued(), 2);
  w.schedule.onStarting(w.worker(0));
  CHECK(w.take(0) == w.ops[1].get());
  CHECK(w.take(0) == w.ops[3].get());
  CHECK(w.take(0) == nullptr);
  w.submit({0});
  CHECK(w.take(0) == w.ops[0].get());
}

void stacksOfKilledTasks() {
  World w(2, 3, 2);
  for (Worker* worker : w.records) worker->isTask = true;
  w.rest(0);
  w.submit({0});
  CHECK(w.take(0) == w.ops[0].get());
  const Schedule::Demand demand = w.schedule.onStackLeft(w.worker(0), w.now);
  CHECK(demand.supervise);
  CHECK_EQ(w.check(), 1);
  w.schedule.onStarting(w.worker(1));
  w.submit({1});
  // Before ops that are queued.
  CHECK(w.take(1) == nullptr);
  CHECK(w.stack == &w.worker(0));
  CHECK(w.place(0) == Place::inCall);
  CHECK(w.place(1) == Place::leaving);
  w.checkInvariant();
  CHECK(w.take(0) == w.ops[1].get());
}

// A task may die at any of its stores with the lock held. The repaired state is the earlier one, with or
// without that one step.
void repaired() {
  World w(4, 4, 4);
  for (size_t i = 0; i < 3; i++) w.rest(i);
  w.submit({0, 1, 2});
  CHECK(w.take(2) == w.ops[0].get());
  // The op is taken, but not out of the list yet.
  w.ops[1]->state.move(State::Queued, State::Running);
  w.schedule.repair(w.records);
  CHECK_EQ(w.schedule.queued(), 1);
  CHECK_EQ(w.schedule.resting(), 1);
  w.checkInvariant();
  // The worker that it had woken is coming. onTaskLost() tells what became of it.
  CHECK(w.place(1) == Place::coming);
  CHECK(w.take(1) == w.ops[2].get());
  CHECK(w.take(1) == nullptr);
  CHECK(w.submit({3}).wake != nullptr);
}

}  // namespace

int main() {
  watchdog();
  oneAtATime();
  aTicksCallsWakeOne();
  noMoreThanProcessors();
  blockedWorkers();
  oneIsStuck();
  searching();
  cancelledInTheMiddle();
  stacksOfKilledTasks();
  repaired();
}
