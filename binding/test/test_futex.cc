// Waiting and waking by address, and the mutex that is built on them.
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/futex.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void waitsForTheTimeGiven() {
  std::atomic<uint32_t> word{1};
  waitWhile(word, 0, -1);  // the word has another value: it does not wait at all
  const int64_t before = nowNs();
  while (nowNs() - before < 20 * kMillisecond) waitWhile(word, 1, before + 20 * kMillisecond - nowNs() + 1);
  CHECK(nowNs() - before < 10 * kSecond);
}

// Two threads pass a word to and fro. A lost wake-up would leave both asleep.
void pingPong() {
  constexpr uint32_t kTurns = 20000;
  std::atomic<uint32_t> word{0};
  const auto player = [&word](uint32_t mine) {
    for (uint32_t turn = mine; turn < kTurns; turn += 2) {
      for (uint32_t seen; (seen = word.load()) != turn;) waitWhile(word, seen, -1);
      word.store(turn + 1);
      wakeOne(word);
    }
  };
  std::thread other(player, 1);
  player(0);
  other.join();
  CHECK_EQ(word.load(), kTurns);
}

// Words next to each other may share a queue in the backend. Each wake-up reaches the waiter of its own word.
void manyWords() {
  constexpr size_t kThreads = 40;
  std::atomic<uint32_t> words[kThreads] = {};
  std::atomic<uint32_t> awake{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; i++) {
    threads.emplace_back([&, i] {
      while (words[i].load() == 0) waitWhile(words[i], 0, -1);
      awake++;
    });
  }
  for (size_t i = kThreads; i-- > 0;) {
    words[i].store(1);
    wakeOne(words[i]);
    threads[i].join();
  }
  CHECK_EQ(awake.load(), kThreads);
}

void mutex() {
  constexpr int kEach = 20000;
  Mutex lock;
  int64_t count = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; n++) {
        Lock held(lock);
        count++;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQ(count, 4 * kEach);
}

}  // namespace

int main() {
  watchdog();
  waitsForTheTimeGiven();
  pingPong();
  manyWords();
  mutex();
}
