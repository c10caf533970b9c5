#include "core/pages.h"

#include <array>
#include <atomic>

#include "sys/memory.h"

namespace pendingop {

namespace {

// Kept pages are of one of these sizes, four from each size to its double, so that little is unused. Others
// go back to the system.
constexpr size_t kQuarter = 16 * 1024;
constexpr size_t kSizes = 25;  // 64 KiB, 80, 96, 112, 128, 160 … 4 MiB
constexpr size_t kPlaces = 64;
// The most bytes that are kept, of all sizes: V8 collects young buffers once they are twice the largest
// semi-space, 32 MiB in Node 20 and more in Node 26, and gives them back together.
constexpr size_t kMostKept = 64 * 1024 * 1024;
// Beyond this the system may take the pages away again when it lacks memory.
constexpr size_t kMostFirm = 8 * 1024 * 1024;

constexpr size_t sizeAt(size_t index) { return kQuarter * (4 + index % 4) << (index / 4); }
static_assert(sizeAt(0) == 64 * 1024 && sizeAt(kSizes - 1) == 4 * 1024 * 1024);

// The index of the least size that has room; kSizes: none has.
size_t indexOf(size_t size) {
  size_t index = 0;
  while (index < kSizes && sizeAt(index) < size) index++;
  return index;
}

using Places = std::array<std::atomic<void*>, kPlaces>;
std::array<Places, kSizes> kept;
std::atomic<size_t> keptBytes{0};

bool keep(const Pages& pages) {
  const size_t index = indexOf(pages.size);
  if (index == kSizes || sizeAt(index) != pages.size) return false;
  const size_t all = keptBytes.fetch_add(pages.size, std::memory_order_relaxed) + pages.size;
  if (all <= kMostKept) {
    if (all > kMostFirm) sys::offerPages(pages.data, pages.size);
    for (std::atomic<void*>& place : kept[index]) {
      void* empty = nullptr;
      if (place.load(std::memory_order_relaxed) == nullptr &&
          place.compare_exchange_strong(empty, pages.data, std::memory_order_release,
                                        std::memory_order_relaxed))
        return true;
    }
  }
  keptBytes.fetch_sub(pages.size, std::memory_order_relaxed);
  return false;
}

}  // namespace

Pages takePages(size_t size) {
  const size_t index = indexOf(size);
  if (index == kSizes) return {sys::mapPages(size), size};
  const size_t whole = sizeAt(index);
  for (std::atomic<void*>& place : kept[index]) {
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    void* const pages = place.exchange(nullptr, std::memory_order_acquire);
    if (pages == nullptr) continue;
    keptBytes.fetch_sub(whole, std::memory_order_relaxed);
    return {pages, whole};
  }
  return {sys::mapPages(whole), whole};
}

void givePages(const Pages& pages) {
  if (!keep(pages)) sys::unmapPages(pages.data, pages.size);
}

}  // namespace pendingop
