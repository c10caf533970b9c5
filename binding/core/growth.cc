#include "core/growth.h"

#include <algorithm>

#include "core/client.h"
#include "core/clock.h"
#include "core/pool.h"

namespace pendingop {

namespace {
// Longer than a call that does not block, shorter than a person notices.
constexpr int64_t kTick = 250 * kMicrosecond;
// Watching goes on for a while after the queue was last seen filled; to begin again costs a wake-up.
constexpr int64_t kLinger = 20 * kMillisecond;
constexpr int64_t kPause = kMillisecond;
constexpr int64_t kLongestPause = 50 * kMillisecond;
// To start a task takes up to a tenth of a millisecond: the supervisor has others to look after meanwhile.
constexpr size_t kMostTasks = 16;
}  // namespace

int64_t Growth::check(int64_t now) {
  if (!watched_.load(std::memory_order_seq_cst)) return kNever;
  const size_t popped = pool_.queue().popped();
  const size_t waiting = pool_.waiting();
  int64_t pause = kTick;
  if (asked_.exchange(false, std::memory_order_relaxed) && waiting > 1) pool_.add(1);
  if (waiting > 0) {
    lastFilled_ = now;
    // One that only waits for a processor comes back without help; for some ticks that is believed.
    const bool starved = popped == poppedBefore_ && starvedTicks_ < 40 && pool_.pace().someoneRuns();
    starvedTicks_ = starved ? starvedTicks_ + 1 : 0;
    // Nobody took anything since the last look: those that there are do not come back. Or nobody is there.
    if ((popped == poppedBefore_ && !starved) || pool_.workers() == 0) pause = grow(now, waiting);
  } else if (now - lastFilled_ > kLinger) {
    watched_.store(false, std::memory_order_seq_cst);
    Client::nudgeAll();  // who held a completion back before has seen `true`
    if (pool_.waiting() == 0) return kNever;
    watched_.store(true, std::memory_order_seq_cst);
  }
  poppedBefore_ = popped;
  return now + pause;
}

// Twice as many as last time, when last time was just now. Gives how long to wait until the next look.
int64_t Growth::grow(int64_t now, size_t waiting) {
  step_ = now - lastGrowth_ < 20 * kTick ? 2 * step_ : 1;
  step_ = std::min(step_, pool_.wantsTasks() ? kMostTasks : waiting);
  lastGrowth_ = now;
  const size_t coming = pool_.coming();
  const size_t wanted = std::min(step_, waiting > coming ? waiting - coming : 0);
  if (wanted == 0 || pool_.grow(wanted) < wanted) {
    pause_ = 0;
    return kTick;
  }
  // None to be had, for now or for ever: not worth asking all the time. Whoever comes back looks by itself.
  pause_ = pool_.isMain() ? kPause : std::clamp(2 * pause_, kPause, kLongestPause);
  return pause_;
}

}  // namespace pendingop
