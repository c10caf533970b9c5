// What has become of a client's ops so far: counts by function and outcome, and how long ops waited and ran.
// Written by the client's own thread alone, read by any; nothing is allocated, nothing locked, and no counter
// ever goes back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

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
constexpr size_t bucketOf(int64_t ns) {
  const uint64_t us = ns <= 0 ? 0 : static_cast<uint64_t>(ns - 1) / 1000;
  const auto bits = static_cast<size_t>(us == 0 ? 0 : 64 - __builtin_clzll(us));
  const size_t bucket = (bits + 1) / 2;
  return bucket < kBuckets ? bucket : kBuckets - 1;
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
  // The client's thread, once for each op: it has ended for its caller. `endedNs`: when its worker was done
  // with it; 0 for one that never ran.
  void ended(const Op& op, Outcome outcome);

  struct Function {
    std::array<Tally, kEnds> ended;
    Tally queuedNs;
    Tally ranNs;
  };
  const Function& of(int function) const { return functions_[static_cast<size_t>(function)]; }
  const Tally& queued(size_t bucket) const { return queued_[bucket]; }
  const Tally& ran(size_t bucket) const { return ran_[bucket]; }

 private:
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
