#include "base/futex.h"

#include <windows.h>

#include <algorithm>

#include "base/clock.h"

namespace pendingop {

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  DWORD ms = INFINITE;
  // Rounded up: a wait that ends early would be made again at once.
  if (ns >= 0)
    ms = static_cast<DWORD>(std::min<int64_t>((ns + kMillisecond - 1) / kMillisecond, INFINITE - 1));
  WaitOnAddress(&word, &expected, sizeof expected, ms);
}

void wakeOne(std::atomic<uint32_t>& word) { WakeByAddressSingle(&word); }

}  // namespace pendingop
