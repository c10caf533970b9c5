#include "core/functions.h"

#include <array>
#include <atomic>
#include <cstring>

#include "base/codes.h"
#include "base/futex.h"

namespace pendingop::functions {

namespace {

constexpr int kCodes = static_cast<int>(Code::count);
static_assert(kCodes < kMost);

Mutex mutex;
std::array<std::atomic<const char*>, kMost>& names = *new std::array<std::atomic<const char*>, kMost>{};
std::atomic<int> count{0};

constexpr const char* kOwn[] = {
#define X(name) #name,
    PENDINGOP_CODES(X)
#undef X
};

int find(std::string_view name) {
  for (int i = 0; i < kCodes; i++) {
    if (name == kOwn[i]) return i;
  }
  for (int i = kCodes, end = kCodes + count.load(std::memory_order_acquire); i < end; i++) {
    if (name == names[static_cast<size_t>(i)].load(std::memory_order_relaxed)) return i;
  }
  return -1;
}

}  // namespace

int numberOf(std::string_view name) {
  const int known = find(name);
  if (known >= 0) return known;
  Lock lock(mutex);
  const int again = find(name);
  if (again >= 0) return again;
  const int next = count.load(std::memory_order_relaxed);
  if (kCodes + next >= kMost) return 0;
  auto* copy = new char[name.size() + 1];
  memcpy(copy, name.data(), name.size());
  copy[name.size()] = '\0';
  names[static_cast<size_t>(kCodes) + static_cast<size_t>(next)].store(copy, std::memory_order_relaxed);
  count.store(next + 1, std::memory_order_release);
  return kCodes + next;
}

std::string_view nameOf(int number) {
  if (number < 0 || number >= kCodes + count.load(std::memory_order_acquire)) return {};
  return number < kCodes ? kOwn[number] : names[static_cast<size_t>(number)].load(std::memory_order_relaxed);
}

}  // namespace pendingop::functions
