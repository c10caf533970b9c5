#include "core/stats.h"

#include <algorithm>

#include "base/clock.h"

namespace pendingop {

namespace {

Ended endOf(Outcome outcome, int64_t result) {
  switch (outcome) {
    case Outcome::cancelled:
      return Ended::cancelled;
    case Outcome::interrupted:
      return Ended::interrupted;
    case Outcome::killed:
      return Ended::killed;
    case Outcome::abandoned:
      return Ended::abandoned;
    default:
      return result < 0 ? Ended::failed : Ended::completed;
  }
}

}  // namespace

void Stats::ended(const Op& op, Outcome outcome) {
  Function& function = functions_[op.function];
  const bool abandoned = outcome == Outcome::abandoned;
  // The result of an abandoned op still belongs to its worker.
  function.ended[static_cast<size_t>(endOf(outcome, abandoned ? 0 : op.result))].add(1);
  const int64_t started = op.startedNs.load(std::memory_order_relaxed);
  if (started == 0) {
    // The environment's own thread has answered it from the kernel's memory. That takes about a microsecond,
    // so the clock is not read.
    if (outcome == Outcome::completed) {
      queued_[0].add(1);
      ran_[0].add(1);
    }
    return;
  }
  const int64_t queued = std::max<int64_t>(0, started - op.queuedNs);
  const int64_t until = abandoned ? nowNs() : op.endedNs.load(std::memory_order_relaxed);
  const int64_t ran = std::max<int64_t>(0, until - started);
  function.queuedNs.add(static_cast<uint64_t>(queued));
  function.ranNs.add(static_cast<uint64_t>(ran));
  queued_[bucketOf(queued)].add(1);
  ran_[bucketOf(ran)].add(1);
}

void Totals::add(const Stats& stats) {
  for (int i = 0; i < functions::kMost; i++) {
    const Stats::Function& from = stats.of(i);
    Function& to = functions[i];
    for (size_t end = 0; end < kEnds; end++) to.ended[end] += from.ended[end].get();
    to.queuedNs += from.queuedNs.get();
    to.ranNs += from.ranNs.get();
  }
  for (size_t i = 0; i < kBuckets; i++) {
    queued[i] += stats.queued(i).get();
    ran[i] += stats.ran(i).get();
  }
}

}  // namespace pendingop
