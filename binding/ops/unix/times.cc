// A file's times.
#include <cmath>

#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

// How seconds become nanoseconds differs between versions of libuv: timeRules of lib/node/version.ts.
constexpr int32_t kSpecialTimes = 1;
constexpr int32_t kNanoseconds = 2;

// Converts seconds as libuv does, also for times before 1970.
timespec toTimespec(double seconds, int32_t rules) {
  timespec t;
  if (rules >= kSpecialTimes && std::isinf(seconds)) return {0, UTIME_NOW};
  if (rules >= kSpecialTimes && std::isnan(seconds)) return {0, UTIME_OMIT};
  t.tv_sec = static_cast<time_t>(seconds);
  t.tv_nsec = static_cast<long>((seconds - static_cast<double>(t.tv_sec)) * 1e9);
  if (rules < kNanoseconds) t.tv_nsec -= t.tv_nsec % 1000;
  if (t.tv_nsec < 0) {
    t.tv_sec -= 1;
    t.tv_nsec += 1000000000;
  }
  return t;
}

}  // namespace

int64_t utimes(Op& op) {
  const timespec times[2] = {toTimespec(op.d0, op.i0), toTimespec(op.d1, op.i0)};
  return inPlace(op, [&](const sys::Place& place) { return sys::utimes(op, place, place.follows, times); });
}

int64_t lutimes(Op& op) {
  const timespec times[2] = {toTimespec(op.d0, op.i0), toTimespec(op.d1, op.i0)};
  return sys::utimes(op, op.path, false, times);
}

int64_t futimes(Op& op) {
  const timespec times[2] = {toTimespec(op.d0, op.i0), toTimespec(op.d1, op.i0)};
  return sys::futimes(op, op.fd, times);
}

}  // namespace pendingop::ops
