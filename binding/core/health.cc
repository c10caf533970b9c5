#include "core/health.h"

#include <algorithm>

#include "core/clock.h"
#include "core/pool.h"

namespace pendingop {

namespace {
constexpr int64_t kStuck = kSecond;
}

bool Health::check(Pool& pool, int64_t now, size_t most) {
  const int64_t progress = lastProgress();
  size_t stuck = 0;
  pool.eachWorker([&](Worker& worker) {
    const Op* op = worker.running.load(std::memory_order_acquire);
    if (op == nullptr) return;
    const State state = op->state.state();
    const int64_t started = op->startedNs.load(std::memory_order_relaxed);
    const bool abandoned = state == State::Abandoned;
    const bool silent = now - std::max(started, progress) > kStuck;
    if (abandoned || (silent && (state == State::Running || state == State::Interrupting))) stuck++;
  });
  stuck_.store(stuck, std::memory_order_relaxed);
  const bool was = isStalled();
  if (!was && stuck > forgiven_) {
    stalled_.store(true, std::memory_order_relaxed);
    stalledSince_ = now;
  } else if (was && progress > stalledSince_) {
    stalled_.store(false, std::memory_order_relaxed);
    // What is stuck still says nothing new.
    forgiven_ = stuck;
  }
  forgiven_ = std::min(forgiven_, stuck);
  open_.store(isStalled() && stuck > most, std::memory_order_relaxed);
  return was != isStalled();
}

}  // namespace pendingop
