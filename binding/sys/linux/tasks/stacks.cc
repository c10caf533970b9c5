// Stacks of tasks, cut from a few large mappings. When a task dies the kernel looks at every mapping that the
// process has (acct_collect), so with one or two for each stack the death of thousands takes seconds.
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
// Since Linux 6.13: a guard that needs no mapping of its own. Older headers lack it.
constexpr int kGuardInstall = 102;

struct Arena {
  std::atomic<uint8_t*> base{nullptr};
  std::atomic<uint64_t> free{0};  // a bit for each slot
};

// Never given back.
std::array<Arena, kArenas> arenas;
// A page, which on arm64 may be one of 64 KiB.
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

// The supervisor alone takes; any task gives back.
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
