#include "core/pace.h"

#include <algorithm>

#include "sys/signal.h"

namespace pendingop {

namespace {

// An op that takes no longer is not counted as one that blocked.
constexpr int64_t kBrisk = 100 * kMicrosecond;
// Nanoseconds. Ops that take no longer than this keep the environments as busy as the workers: one processor
// is left to them.
constexpr int64_t kLight = 1400;

constexpr uint32_t eraOf(uint64_t brisk) { return static_cast<uint32_t>(brisk >> 32); }
constexpr uint32_t countOf(uint64_t brisk) { return static_cast<uint32_t>(brisk); }

}  // namespace

bool Pace::isHeavy() const { return serviceNs() > kLight; }

uint32_t Pace::mostBrisk() const { return isHeavy() ? processors_ : std::max<uint32_t>(processors_ - 1, 1); }

bool Pace::isBrisk() const { return countOf(brisk_.load(std::memory_order_relaxed)) >= mostBrisk(); }

void Pace::took(Worker& worker, uint32_t thread, int64_t now, int64_t sincePrevious) {
  lastTaken_.store(now, std::memory_order_relaxed);
  lastTakers_[worker.index % lastTakers_.size()].store(thread, std::memory_order_relaxed);
  if (sincePrevious == 0) return;
  const int64_t service = serviceNs();
  // A single long one (it blocked, or the worker lost its processor) moves the average little; many do.
  const int64_t most = std::min(2 * service + kMicrosecond, kBrisk);
  serviceNs_.store(service + (std::min(sincePrevious, most) - service) / 8, std::memory_order_relaxed);
  if (sincePrevious >= kBrisk)
    uncountBrisk(worker);
  else if (!countBrisk(worker))
    worker.surplus = true;
}

// False: there are enough without it.
bool Pace::countBrisk(Worker& worker) {
  const uint32_t most = mostBrisk();
  uint64_t brisk = brisk_.load(std::memory_order_relaxed);
  do {
    if (worker.briskEra == eraOf(brisk)) {
      if (countOf(brisk) <= most) return true;
      uncountBrisk(worker);
      return false;
    }
    if (countOf(brisk) >= most) return false;
  } while (!brisk_.compare_exchange_weak(brisk, brisk + 1, std::memory_order_relaxed));
  worker.briskEra = eraOf(brisk);
  return true;
}

void Pace::uncountBrisk(Worker& worker) {
  uint64_t brisk = brisk_.load(std::memory_order_relaxed);
  while (worker.briskEra == eraOf(brisk) &&
         !brisk_.compare_exchange_weak(brisk, brisk - 1, std::memory_order_relaxed)) {
  }
  worker.briskEra = 0;
}

bool Pace::someoneRuns() const {
  return std::any_of(lastTakers_.begin(), lastTakers_.end(), [](const std::atomic<uint32_t>& taker) {
    const uint32_t thread = taker.load(std::memory_order_relaxed);
    return thread != 0 && sys::isRunnable(thread);
  });
}

void Pace::stuck() {
  brisk_.store(uint64_t{eraOf(brisk_.load(std::memory_order_relaxed)) + 1} << 32, std::memory_order_relaxed);
}

}  // namespace pendingop
