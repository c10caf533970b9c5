// What has become of a client's ops so far: counts by function and outcome, and how long ops waited and ran.
// Written by the client's own thread alone, read by any; nothing is allocated, nothing locked, and no counter
// ever goes back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/functions.h"
#include "core/op.h"

namespace pendingop {

// Without: a build for `npm run bench -- counters`, which compares.
#if defined(PENDINGOP_NO_COUNTERS)
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;
#endif

// Microseconds up to 4^k in bucket k; the last one has the rest. 4^14 µs are four and a half minutes.
constexpr size_t kBuckets = 16;

// Times of equal length in bits lie in one bucket or in two neighbours.
struct Buckets {
  struct OfLength {
    int64_t bound = std::numeric_limits<int64_t>::max();  // of the lower one
    size_t lower = kBuckets - 1;
  };
  OfLength ofLength[64];

  constexpr Buckets() {
    for (int bits = 0; bits < 64; bits++) {
      const int64_t least = int64_t{1} << bits;
      int64_t bound = 1000;
      for (size_t bucket = 0; bucket < kBuckets - 1; bucket++, bound *= 4) {
        if (least > bound) continue;
        ofLength[bits] = {bound, bucket};
        break;
      }
    }
  }
};
inline constexpr Buckets kOfLength;

constexpr size_t bucketOf(int64_t ns) {
  // 63 ^ n is 63 - n, and together with what counts the zeros one instruction of x64.
  const Buckets::OfLength& of = kOfLength.ofLength[63 ^ __builtin_clzll(static_cast<uint64_t>(ns) | 1)];
  return of.lower + (ns > of.bound ? 1 : 0);
}

// How an op ended, as statistics tell it apart: `failed` is completed with an error of the kernel's.
enum class Ended : uint8_t { completed, failed, cancelled, interrupted, killed, abandoned, count };
constexpr size_t kEnds = static_cast<size_t>(Ended::count);

// A counter with one writer.
class Tally {
 public:
  void add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Stats {
 public:
  // The client's thread, once for each op: it has ended for its caller. Every call pays for it, so it is
  // inline, and short: `npm run bench -- counters` counts its instructions.
  void ended(const Op& op, Outcome outcome) {
    if (outcome != Outcome::completed) return endedOtherwise(op, outcome);
    Function& function = functions_[op.function];
    function.ended[static_cast<size_t>(op.result < 0 ? Ended::failed : Ended::completed)].add(1);
    const int64_t started = op.startedNs.load(std::memory_order_relaxed);
    if (started == 0) {
      // The environment's own thread has answered it from the kernel's memory. That takes about a
      // microsecond, so the clock is not read.
      queued_[0].add(1);
      ran_[0].add(1);
      return;
    }
    spent(function, started - op.queuedNs, op.endedNs.load(std::memory_order_relaxed) - started);
  }

  struct Function {
    std::array<Tally, kEnds> ended;
    Tally queuedNs;
    Tally ranNs;
  };
  const Function& of(int function) const { return functions_[static_cast<size_t>(function)]; }
  const Tally& queued(size_t bucket) const { return queued_[bucket]; }
  const Tally& ran(size_t bucket) const { return ran_[bucket]; }

 private:
  void endedOtherwise(const Op& op, Outcome outcome);
  void spent(Function& function, int64_t queued, int64_t ran) {
    function.queuedNs.add(static_cast<uint64_t>(queued));
    function.ranNs.add(static_cast<uint64_t>(ran));
    queued_[bucketOf(queued)].add(1);
    ran_[bucketOf(ran)].add(1);
  }

  std::array<Function, functions::kMost> functions_{};
  std::array<Tally, kBuckets> queued_{};
  std::array<Tally, kBuckets> ran_{};
};

// Of all clients that there ever were, added up: what the process has done.
struct Totals {
  struct Function {
    uint64_t ended[kEnds] = {};
    uint64_t queuedNs = 0;
    uint64_t ranNs = 0;
  };
  Function functions[functions::kMost];
  uint64_t queued[kBuckets] = {};
  uint64_t ran[kBuckets] = {};

  void add(const Stats& stats);
};

}  // namespace pendingop
