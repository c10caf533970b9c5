#include "core/stats.h"

#include "base/clock.h"

namespace pendingop {

namespace {

Ended endOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::cancelled:
      return Ended::cancelled;
    case Outcome::interrupted:
      return Ended::interrupted;
    case Outcome::killed:
      return Ended::killed;
    default:
      return Ended::abandoned;
  }
}

}  // namespace

void Stats::endedOtherwise(const Op& op, Outcome outcome) {
  Function& function = functions_[op.function];
  function.ended[static_cast<size_t>(endOf(outcome))].add(1);
  const int64_t started = op.startedNs.load(std::memory_order_relaxed);
  if (started == 0) return;
  // An abandoned op's is its worker's still. 0: the caller hears of an interrupt before the worker has closed
  // the file, or somebody else has killed the worker's task.
  const int64_t ended = outcome == Outcome::abandoned ? 0 : op.endedNs.load(std::memory_order_relaxed);
  spent(function, started - op.queuedNs, (ended != 0 ? ended : nowNs()) - started);
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
