#include "base/futex.h"

#include <windows.h>

#include <algorithm>

#include "base/clock.h"
#include "base/robust_mutex.h"

namespace pendingop {

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  DWORD ms = INFINITE;
  // Rounded up: a wait that ends early would be made again at once.
  if (ns >= 0)
    ms = static_cast<DWORD>(std::min<int64_t>((ns + kMillisecond - 1) / kMillisecond, INFINITE - 1));
  WaitOnAddress(&word, &expected, sizeof expected, ms);
}

void wakeOne(std::atomic<uint32_t>& word) { WakeByAddressSingle(&word); }

// There are no tasks.
namespace sys {
void watchLocksOf(LockHolder&) {}
void waitForLock(std::atomic<uint32_t>& word, uint32_t expected) { waitWhile(word, expected, -1); }
void wakeForLock(std::atomic<uint32_t>& word) { wakeOne(word); }
}  // namespace sys

}  // namespace pendingop
