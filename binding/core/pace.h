// How the workers get on, as they tell it themselves when they begin an op: when one was last taken and by
// whom, how long ops take, and how many workers come back at once. No locks; what is told is true for the
// moment, if at all, and nothing but speed hangs on it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/clock.h"
#include "core/worker.h"

namespace pendingop {

class Pace {
 public:
  explicit Pace(uint32_t processors) : processors_(processors) {}

  // A worker, as it begins an op. `sincePrevious`: since it began the one before, 0 when it has waited in
  // between. Tells it by Worker::surplus that there are enough without it.
  void took(Worker& worker, uint32_t thread, int64_t now, int64_t sincePrevious);
  // A worker, before it sleeps.
  void sleeps(Worker& worker) { uncountBrisk(worker); }
  // The supervisor: nobody comes back. A new era begins.
  void stuck();

  // Whether an op was taken less than `ns` ago.
  bool isFresh(int64_t ns) const { return nowNs() - lastTaken_.load(std::memory_order_relaxed) < ns; }
  // How long an op takes a worker at present, as far as ops follow each other.
  int64_t serviceNs() const { return serviceNs_.load(std::memory_order_relaxed); }
  // Long enough that it pays to sleep meanwhile.
  bool isHeavy() const;
  // Whether there are as many brisk workers as there should be.
  bool isBrisk() const;
  // Whether one of those who took ops lately has a processor, or waits for one.
  bool someoneRuns() const;

 private:
  uint32_t mostBrisk() const;
  bool countBrisk(Worker& worker);
  void uncountBrisk(Worker& worker);

  const uint32_t processors_;
  alignas(64) std::atomic<int64_t> lastTaken_{0};
  std::array<std::atomic<uint32_t>, 4> lastTakers_{};
  std::atomic<int64_t> serviceNs_{0};

  // Workers whose ops come back at once, so that each of them keeps a processor busy; more than there are
  // processors only get in each other's way. When the supervisor finds that nobody comes back, a new era
  // begins: who was counted in an older one is stuck.
  alignas(64) std::atomic<uint64_t> brisk_{uint64_t{1} << 32};  // the era, and how many
};

}  // namespace pendingop
