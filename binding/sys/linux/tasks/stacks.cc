// Stacks of tasks, cut from a few large mappings. When a task dies, the kernel looks at every mapping of the
// process (acct_collect). With one or two mappings for each stack, the death of thousands of tasks would take
// seconds.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>

#include "sys/linux/plain.h"
#include "sys/memory.h"
#include "sys/task.h"

namespace pendingop::sys {

namespace {

constexpr size_t kSlots = 64;
constexpr size_t kArenas = 1024;
// Linux 6.13 and later: a guard page that needs no mapping of its own. Older headers lack it.
constexpr int kGuardInstall = 102;

struct Arena {
  std::atomic<uint8_t*> base{nullptr};
  std::atomic<uint64_t> free{0};  // one bit for each slot
};

// Never freed.
std::array<Arena, kArenas> arenas;
// The size of a page; on arm64 it may be 64 KiB.
size_t guardSize = 0;

size_t slotSize() { return guardSize + kTaskStack; }

bool makeArena(Arena& arena) {
  if (guardSize == 0) guardSize = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* base = static_cast<uint8_t*>(mapPages(kSlots * slotSize()));
  if (base == nullptr) return false;
  for (size_t i = 0; i < kSlots; i++) {
    uint8_t* guard = base + i * slotSize();
    if (plain(SYS_madvise, guard, guardSize, kGuardInstall) < 0)
      plain(SYS_mprotect, guard, guardSize, PROT_NONE);
  }
  arena.free.store(~uint64_t{0}, std::memory_order_relaxed);
  arena.base.store(base, std::memory_order_release);
  return true;
}

}  // namespace

// Only the supervisor takes stacks. Any task gives one back.
uint8_t* mapStack() {
  for (Arena& arena : arenas) {
    if (arena.base.load(std::memory_order_relaxed) == nullptr && !makeArena(arena)) return nullptr;
    const uint64_t free = arena.free.load(std::memory_order_acquire);
    if (free == 0) continue;
    const int slot = std::countr_zero(free);
    arena.free.fetch_and(~(uint64_t{1} << slot), std::memory_order_relaxed);
    return arena.base.load(std::memory_order_relaxed) + static_cast<size_t>(slot) * slotSize() + guardSize;
  }
  return nullptr;
}

void unmapStack(uint8_t* stack) {
  plain(SYS_madvise, stack, kTaskStack, MADV_DONTNEED);
  for (Arena& arena : arenas) {
    uint8_t* base = arena.base.load(std::memory_order_acquire);
    if (stack < base || stack >= base + kSlots * slotSize()) continue;
    const auto slot = static_cast<size_t>(stack - base) / slotSize();
    arena.free.fetch_or(uint64_t{1} << slot, std::memory_order_release);
    return;
  }
}

}  // namespace pendingop::sys
