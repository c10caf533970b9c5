// The status and the times of files and file systems.
#include <sys/stat.h>

#include <cmath>

#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

int64_t withNumbers(Op& op, int64_t r) {
  op.hasNumbers = r == 0;
  return r;
}

int64_t statusAt(Op& op, bool followLinks) {
  return withNumbers(op, inPlace(op, [&op, followLinks](const sys::Place& place) {
                       return sys::stat(op, place, followLinks, op.numbers);
                     }));
}

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

int64_t stat(Op& op) { return statusAt(op, true); }
int64_t lstat(Op& op) { return statusAt(op, false); }
int64_t fstat(Op& op) { return withNumbers(op, sys::fstat(op, op.fd, op.numbers)); }
int64_t statfs(Op& op) { return withNumbers(op, sys::statfs(op, op.path, op.numbers)); }

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
