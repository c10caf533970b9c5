// The memory of ops: what the environment reserves, what a worker maps, and what is kept when it grows. The
// allocator.
#include <sys/mman.h>

#include "core/allocator.h"
#include "core/bytes.h"
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
  CHECK_EQ(bytes.capacity(), 100000);
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

void takePages() {
  Bytes bytes;
  size_t size = 1;
  CHECK(bytes.takeMapped(&size) == nullptr);
  CHECK_EQ(size, 0);
  CHECK(bytes.reserve(16));
  CHECK(bytes.grow(70000));
  uint8_t* pages = bytes.takeMapped(&size);
  CHECK_EQ(size, 70000);
  CHECK_EQ(bytes.capacity(), 16);
  CHECK_EQ(bytes.size, 0);
  pages[0] = pages[69999] = 7;
  munmap(pages, size);
}

// What an op left in its pages is not copied when the next op's memory grows.
void forgets() {
  Bytes bytes;
  CHECK(bytes.grow(100000));
  bytes.size = 90000;
  bytes.unmap();
  CHECK_EQ(bytes.size, 0);
  CHECK(bytes.grow(10));
}

void tooMuch() {
  Bytes bytes;
  CHECK(bytes.grow(4096));
  CHECK(!bytes.grow(size_t{1} << 60));
  CHECK_EQ(bytes.capacity(), 4096);
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
  takePages();
  forgets();
  tooMuch();
  allocator();
}
