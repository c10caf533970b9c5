// The queue: order, its bounds, and many threads at both ends.
#include <thread>
#include <vector>

#include "core/queue.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

Op* numbered(uintptr_t n) { return reinterpret_cast<Op*>(n * 64); }
uintptr_t numberOf(Op* op) { return reinterpret_cast<uintptr_t>(op) / 64; }

void order() {
  Queue queue(4);
  CHECK(queue.pop() == nullptr);
  for (uintptr_t round = 0; round < 5; round++) {
    for (uintptr_t i = 1; i <= 4; i++) CHECK(queue.push(numbered(i)));
    CHECK(!queue.push(numbered(5)));
    CHECK_EQ(queue.size(), 4);
    for (uintptr_t i = 1; i <= 4; i++) CHECK_EQ(numberOf(queue.pop()), i);
    CHECK(queue.pop() == nullptr);
    CHECK_EQ(queue.size(), 0);
    CHECK_EQ(queue.popped(), 4 * (round + 1));
  }
}

// Everything that went in comes out once, and what one thread pushed comes out in its order for any one
// popper.
void manyThreads(size_t capacity) {
  constexpr uintptr_t kPushers = 3;
  constexpr uintptr_t kPoppers = 3;
  constexpr uintptr_t kEach = 30000;
  Queue queue(capacity);
  std::vector<std::atomic<uint8_t>> seen(kPushers * kEach);
  std::atomic<uintptr_t> popped{0};
  std::vector<std::thread> threads;
  for (uintptr_t p = 0; p < kPushers; p++) {
    threads.emplace_back([&queue, p] {
      for (uintptr_t i = 0; i < kEach; i++) {
        while (!queue.push(numbered(1 + p * kEach + i))) std::this_thread::yield();
      }
    });
  }
  for (uintptr_t p = 0; p < kPoppers; p++) {
    threads.emplace_back([&] {
      uintptr_t last[kPushers] = {};
      while (popped.load() < kPushers * kEach) {
        Op* op = queue.pop();
        if (op == nullptr) {
          std::this_thread::yield();
          continue;
        }
        const uintptr_t n = numberOf(op) - 1;
        CHECK_EQ(seen[n].exchange(1), 0);
        CHECK(n % kEach + 1 > last[n / kEach]);
        last[n / kEach] = n % kEach + 1;
        popped++;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQ(popped.load(), kPushers * kEach);
  CHECK(queue.pop() == nullptr);
}

}  // namespace

int main() {
  watchdog();
  order();
  manyThreads(2);
  manyThreads(64);
  manyThreads(1 << 14);
}
