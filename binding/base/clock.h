// Monotonic time in nanoseconds.
#pragma once

#include <cstdint>
#include <ctime>
#include <limits>

namespace pendingop {

constexpr int64_t kMicrosecond = 1000;
constexpr int64_t kMillisecond = 1000 * kMicrosecond;
constexpr int64_t kSecond = 1000 * kMillisecond;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

#if defined(_WIN32)
int64_t nowNs();  // sys/windows/clock.cc
#else
inline int64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}
#endif

}  // namespace pendingop
