#include "base/clock.h"

#include <windows.h>

namespace pendingop {

// As libuv's clock, which is Node's. Two steps: the ticks since the start, times 10^9, would not fit into 64
// bits.
int64_t nowNs() {
  static const int64_t frequency = [] {
    LARGE_INTEGER perSecond;
    QueryPerformanceFrequency(&perSecond);
    return static_cast<int64_t>(perSecond.QuadPart);
  }();
  LARGE_INTEGER ticks;
  QueryPerformanceCounter(&ticks);
  return ticks.QuadPart / frequency * kSecond + ticks.QuadPart % frequency * kSecond / frequency;
}

}  // namespace pendingop
