// The state machine: every move that exists, none that does not, and one winner if threads race.
#include <thread>

#include "base/state.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void oneLife() {
  StateWord word;
  CHECK_EQ(word.state(), State::Free);
  word.begin();
  CHECK_EQ(word.generation(), 1);
  CHECK_EQ(word.state(), State::Queued);
  CHECK(word.stopRequested());
  CHECK(!word.move(State::Running, State::Done));
  CHECK(word.move(State::Queued, State::Running));
  CHECK(!word.stopRequested());
  CHECK(!word.move(State::Queued, State::Done));
  CHECK(word.move(State::Running, State::Interrupting));
  CHECK(word.stopRequested());
  CHECK(word.move(State::Interrupting, State::Abandoned));
  CHECK(!word.move(State::Interrupting, State::Done));
  CHECK(word.move(State::Abandoned, State::Released));
  CHECK(word.stopRequested());
  word.free();
  CHECK_EQ(word.state(), State::Free);
  CHECK_EQ(word.generation(), 1);
}

void lateInterrupt() {
  StateWord word;
  word.begin();
  const uint64_t first = word.generation();
  CHECK(word.move(first, State::Queued, State::Done));
  word.free();
  word.begin();
  CHECK(!word.move(first, State::Queued, State::Done));
  CHECK_EQ(word.state(), State::Queued);
  CHECK(word.move(word.generation(), State::Queued, State::Running));
  CHECK(!word.move(first, State::Running, State::Interrupting));
  CHECK_EQ(word.state(), State::Running);
}

// The stub checks one byte of the word.
void stateIsTheLowestByte() {
  StateWord word;
  for (int i = 0; i < 300; i++) {
    word.begin();
    CHECK(word.move(State::Queued, State::Running));
    CHECK_EQ(*reinterpret_cast<const uint8_t*>(word.word()), static_cast<uint8_t>(State::Running));
    word.free();
  }
  CHECK_EQ(word.generation(), 300);
}

// A worker, an interrupt and the end of a grace, all at once: one of them ends the op.
void oneWinner() {
  constexpr uint32_t kRounds = 20000;
  StateWord word;
  std::atomic<uint32_t> round{0};
  std::atomic<uint32_t> arrived{0};
  std::atomic<uint32_t> wins{0};
  const auto racer = [&](State from, State to) {
    for (uint32_t i = 1; i <= kRounds; i++) {
      while (round.load() < i) std::this_thread::yield();
      if (word.move(i, from, to)) wins++;
      arrived++;
    }
  };
  std::thread worker(racer, State::Interrupting, State::Done);
  std::thread grace(racer, State::Interrupting, State::Abandoned);
  for (uint32_t i = 1; i <= kRounds; i++) {
    word.begin();
    CHECK(word.move(State::Queued, State::Running));
    CHECK(word.move(State::Running, State::Interrupting));
    round = i;
    while (arrived.load() < 2 * i) std::this_thread::yield();
    CHECK_EQ(wins.load(), i);
  }
  worker.join();
  grace.join();
}

}  // namespace

int main() {
  watchdog();
  oneLife();
  lateInterrupt();
  stateIsTheLowestByte();
  oneWinner();
}
