// When a file system counts as stalled, by a clock that the test moves.
#include "base/clock.h"
#include "core/health.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

constexpr size_t kMost = 1000;
constexpr int64_t kStep = 250 * kMillisecond;

// A file system, and the supervisor's looks at it, four times a second.
struct Place {
  Health health;
  int64_t now = 1000 * kSecond;
  int told = 0;

  // A look at the calls in the kernel. `began`: when the first of them began; kNever: there is none.
  bool look(int64_t began, size_t most = kMost) {
    Health::InKernel calls;
    if (began != kNever) {
      calls.since = began > health.lastAnswer() ? began : health.lastAnswer();
      calls.waits = true;
      calls.lingers = now - calls.since > kSecond / 2;
      calls.silent = now - calls.since > kSecond ? 1 : 0;
    }
    const bool changed = health.judge(calls, now, most);
    told += changed ? 1 : 0;
    return changed;
  }
  // Lets time pass, with calls in the kernel since `began`.
  void pass(int64_t time, int64_t began = kNever) {
    for (const int64_t end = now + time; now < end;) {
      now += kStep;
      look(began);
    }
  }
  // Kills one call after the other, each after this time.
  void killed(int count, int64_t after) {
    for (int i = 0; i < count; i++) {
      const int64_t began = now;
      for (const int64_t end = now + after; now < end;) {
        now += after < kStep ? after : kStep;
        look(began);
      }
      health.lost(began, now);
    }
    look(kNever);
  }
  void answer() { health.answered(now, now + kMillisecond); }
};

void silenceOfASecondStallsIt() {
  Place place;
  place.answer();
  const int64_t began = place.now;
  place.pass(kSecond, began);
  CHECK(!place.health.isStalled());
  place.pass(kStep, began);
  CHECK(place.health.isStalled());
  CHECK_EQ(place.health.stuck(), size_t{1});
  // It is reported as recovered by the first look after the answer, and not before.
  place.pass(10 * kSecond, began);
  CHECK_EQ(place.told, 1);
  place.health.answered(began, place.now);
  CHECK(place.look(kNever));
  CHECK(!place.health.isStalled());
}

void killedCallsCount() {
  for (const int64_t after :
       {10 * kMillisecond, 100 * kMillisecond, 500 * kMillisecond, 900 * kMillisecond}) {
    Place place;
    place.answer();
    place.killed(static_cast<int>(2 * kSecond / after), after);
    CHECK(place.health.isStalled());
    CHECK_EQ(place.told, 1);
    CHECK(place.health.stuck() > 0);
    CHECK(!place.health.isOpen());
    place.killed(2000, after);
    CHECK_EQ(place.told, 1);
    CHECK(place.health.stuck() > 1000);
    CHECK(place.health.isOpen());
    place.answer();
    CHECK(place.look(kNever));
    CHECK(!place.health.isStalled() && !place.health.isOpen());
    CHECK_EQ(place.health.stuck(), size_t{0});
  }
}

void manyKilledAtOnceAreOneSilence() {
  Place place;
  place.answer();
  const int64_t began = place.now;
  place.now += 600 * kMillisecond;
  for (int i = 0; i < 2000; i++) place.health.lost(began, place.now);
  CHECK(!place.look(kNever));
  // No call is made any more. So the supervisor has to probe, and the time without an answer to the probe
  // counts.
  CHECK(place.health.isSuspect());
  const int64_t asked = place.now;
  Health::InKernel probe;
  probe.since = asked;
  place.now += 300 * kMillisecond;
  CHECK(!place.health.judge(probe, place.now, kMost));
  place.now += 200 * kMillisecond;
  CHECK(place.health.judge(probe, place.now, kMost));
  CHECK(place.health.isStalled() && place.health.isOpen());
  // The probe finds that the file system answers again.
  place.now += 20 * kSecond;
  place.health.probeAnswered(place.now);
  CHECK(place.look(kNever));
  CHECK(!place.health.isStalled());
}

void oneWhoAbortsACallStallsNothing() {
  Place place;
  place.answer();
  place.killed(1, 10 * kMillisecond);
  CHECK(place.health.isSuspect());
  place.now += kMillisecond;
  place.health.probeAnswered(place.now);
  place.pass(60 * kSecond);
  CHECK(!place.health.isSuspect());
  CHECK_EQ(place.told, 0);
}

// Names that hang among others that answer, whatever their order.
void itDoesNotGoToAndFro() {
  for (const int64_t silence : {kSecond + kSecond / 2, 2 * kSecond, 3 * kSecond}) {
    Place place;
    for (int round = 0; round < 200; round++) {
      place.killed(static_cast<int>(silence / (500 * kMillisecond)), 500 * kMillisecond);
      place.now += kMillisecond;
      place.answer();
      place.look(kNever);
    }
    CHECK(place.told <= 4);
    CHECK(!place.health.isStalled());
  }
}

// An answered probe tells nothing while callers wait in vain.
void theProbeAloneDoesNotRecoverIt() {
  Place place;
  place.answer();
  const int64_t began = place.now;
  place.pass(2 * kSecond, began);
  CHECK(place.health.isStalled());
  for (int i = 0; i < 20; i++) {
    place.health.probeAnswered(place.now);
    place.pass(kSecond, began);
  }
  CHECK_EQ(place.told, 1);
  CHECK(place.health.isStalled());
  // The callers have left, so the next probe counts.
  place.health.lost(began, place.now);
  CHECK(!place.look(kNever));
  place.now += kSecond;
  place.health.probeAnswered(place.now);
  CHECK(place.look(kNever));
  CHECK(!place.health.isStalled());
}

// With the breaker open no call is made. An answered probe lets calls try again.
void theProbeClosesTheBreaker() {
  Place place;
  place.answer();
  place.killed(2000, 10 * kMillisecond);
  CHECK(place.health.isOpen());
  place.now += kSecond;
  const int64_t began = place.now;
  place.health.probeAnswered(place.now);
  place.look(began);
  CHECK(!place.health.isOpen());
  CHECK(place.health.isStalled());
}

void aRelapseNeedsMoreSilenceForAWhile() {
  Place place;
  const auto stall = [&place]() -> int64_t {
    const int64_t began = place.now;
    while (!place.health.isStalled()) place.pass(kStep, began);
    const int64_t took = place.now - began;
    place.answer();
    place.now += kMillisecond;
    place.look(kNever);
    CHECK(!place.health.isStalled());
    return took;
  };
  CHECK_EQ(stall(), kSecond + kStep);
  CHECK(stall() > 2 * kSecond);
  CHECK(stall() > 4 * kSecond);
  CHECK(stall() < 5 * kSecond);
  place.pass(61 * kSecond);
  CHECK_EQ(stall(), kSecond + kStep);
}

}  // namespace

int main() {
  silenceOfASecondStallsIt();
  killedCallsCount();
  manyKilledAtOnceAreOneSilence();
  oneWhoAbortsACallStallsNothing();
  itDoesNotGoToAndFro();
  theProbeAloneDoesNotRecoverIt();
  theProbeClosesTheBreaker();
  aRelapseNeedsMoreSilenceForAWhile();
}
