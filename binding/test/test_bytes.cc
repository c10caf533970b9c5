// The memory of ops: what the environment reserves, what a worker maps, and what is kept when it grows. The
// allocator.
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "core/allocator.h"
#include "core/bytes.h"
#include "core/pages.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void reserveAndGrow() {
  Bytes bytes;
  CHECK(bytes.data() == nullptr);
  CHECK_EQ(bytes.capacity(), 0);
  CHECK(bytes.reserve(10));
  uint8_t* const reserved = bytes.data();
  for (int i = 0; i < 10; i++) reserved[i] = static_cast<uint8_t>('0' + i);
  bytes.size = 10;
  CHECK(bytes.grow(5));
  CHECK(bytes.data() == reserved);
  CHECK(bytes.grow(100000));
  CHECK(bytes.data() != reserved);
  CHECK(bytes.capacity() >= 100000);
  CHECK_EQ(bytes.size, 10);
  CHECK_EQ(memcmp(bytes.data(), "0123456789", 10), 0);
  bytes.data()[99999] = 1;
  CHECK(bytes.grow(300000));
  CHECK_EQ(memcmp(bytes.data(), "0123456789", 10), 0);

  // Reserved memory is used again once the pages are freed.
  CHECK(bytes.reserve(8));
  CHECK(bytes.data() == reserved);
  CHECK_EQ(bytes.size, 0);
  CHECK_EQ(bytes.capacity(), 10);
  bytes.reset();
  CHECK(bytes.data() == nullptr);
  CHECK_EQ(bytes.capacity(), 0);
}

void takeAll() {
  Bytes bytes;
  CHECK(bytes.takeAll().data == nullptr);
  CHECK(bytes.reserve(16));
  CHECK(bytes.grow(70000));
  const Pages pages = bytes.takeAll();
  CHECK(pages.size >= 70000);
  CHECK_EQ(bytes.capacity(), 16);
  CHECK_EQ(bytes.size, 0);
  auto* const data = static_cast<uint8_t*>(pages.data);
  data[0] = data[pages.size - 1] = 7;
  givePages(pages);
}

constexpr size_t kMiB = 1024 * 1024;

// Pages that were given back are the next ones of that size.
void keepsPages() {
  const Pages first = takePages(kMiB);
  CHECK_EQ(first.size, kMiB);
  givePages(first);
  const Pages smaller = takePages(kMiB / 2);
  CHECK(smaller.data != first.data);
  const Pages again = takePages(kMiB - 1);
  CHECK(again.data == first.data);
  CHECK_EQ(again.size, kMiB);
  const Pages other = takePages(kMiB);
  CHECK(other.data != first.data);
  for (const Pages& pages : {smaller, again, other}) givePages(pages);
}

bool isMapped(const void* page) {
  unsigned char resident;
  return mincore(const_cast<void*>(page), 1, &resident) == 0;
}

// At most a quarter is unused, and the system gets back what is more than 64 MiB, or of another size.
void keepsFew() {
  for (size_t size = 64 * 1024; size <= 4 * kMiB; size += 4096) {
    const Pages pages = takePages(size);
    CHECK(pages.size >= size && pages.size <= size + size / 4);
    givePages(pages);
  }
  std::vector<Pages> many;
  for (int i = 0; i < 100; i++) many.push_back(takePages(kMiB));
  for (const Pages& pages : many) givePages(pages);
  int mapped = 0;
  for (const Pages& pages : many) mapped += isMapped(pages.data) ? 1 : 0;
  CHECK(mapped > 0 && mapped <= 64);

  const Pages large = takePages(5 * kMiB);
  CHECK_EQ(large.size, 5 * kMiB);
  givePages(large);
  CHECK(!isMapped(large.data));
}

// No pages are two owners' at a time.
void sharesNothing() {
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; i++) {
    threads.emplace_back([i] {
      for (int round = 0; round < 2000; round++) {
        const Pages pages = takePages(64 * 1024 * static_cast<size_t>(1 + round % 3));
        auto* const data = static_cast<volatile uint8_t*>(pages.data);
        data[0] = static_cast<uint8_t>(i);
        data[pages.size - 1] = static_cast<uint8_t>(i);
        std::this_thread::yield();
        CHECK_EQ(data[0], i);
        CHECK_EQ(data[pages.size - 1], i);
        givePages(pages);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// What an op left in its pages is not copied when the next op's memory grows.
void forgets() {
  Bytes bytes;
  CHECK(bytes.grow(100000));
  bytes.size = 90000;
  bytes.dropPages();
  CHECK_EQ(bytes.size, 0);
  CHECK(bytes.grow(10));
}

void tooMuch() {
  Bytes bytes;
  CHECK(bytes.grow(4096));
  CHECK(!bytes.grow(size_t{1} << 60));
  CHECK(bytes.capacity() >= 4096);
}

void allocator() {
  Allocator& allocator = Allocator::instance();
  CHECK_EQ(allocator.taken(), 0);
  Op* chain = allocator.take(3);
  CHECK_EQ(allocator.taken(), 3);
  size_t count = 0;
  for (Op* op = chain; op != nullptr; op = op->next) count++;
  CHECK_EQ(count, 3);
  Op* const first = chain;
  const uint64_t generation = first->state.generation();
  first->state.begin();
  while (chain != nullptr) {
    Op* op = chain;
    chain = op->next;
    op->output.grow(4096);
    op->state.free();
    allocator.give(op);
    CHECK_EQ(op->output.capacity(), 0);
  }
  CHECK_EQ(allocator.taken(), 0);
  // The same memory is used again, and its generation goes on.
  Op* again = allocator.take(3);
  bool found = false;
  for (Op* op = again; op != nullptr; op = op->next)
    found = found || (op == first && op->state.generation() == generation + 1);
  CHECK(found);
  while (again != nullptr) {
    Op* op = again;
    again = op->next;
    allocator.give(op);
  }
}

}  // namespace

int main() {
  watchdog();
  reserveAndGrow();
  takeAll();
  keepsPages();
  keepsFew();
  sharesNothing();
  forgets();
  tooMuch();
  allocator();
}
