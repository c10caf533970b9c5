// The health of a remote file system: whether it answers. It is judged by calls that were made and have not
// come back: those in the kernel, and those that were killed or interrupted there, for as long as they were
// in it. A wait for a lock does not count, since another program causes it.
//
// *Silence* is the time in which a call was in the kernel and none came back. After a second of silence the
// file system is *stalled*, until a call comes back. A call that began before one that came back has been
// overtaken: that call hangs, and the file system does not. If a file system falls silent again soon after it
// has recovered, it takes more silence to call it stalled: one on which some names hang and others answer
// would otherwise change its state again and again.
//
// If the supervisor suspects a stall, it makes a call of its own, a probe (core/lanes.h), whose wait is
// silence as well. So a stall is also found on a file system that no call uses any more, because all of them
// were killed.
//
// The breaker: past a number of calls that have not come back, new ones fail at once (core/lanes.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace pendingop {

class Pool;

class Health {
 public:
  // What is in the kernel at a moment.
  struct InKernel {
    size_t abandoned = 0;
    size_t silent = 0;       // in the kernel for a second in which no call came back, abandoned ones excepted
    int64_t since = kNever;  // nothing came of what was asked from then on
    bool waits = false;      // callers of the program wait
    bool lingers = false;    // a call has been there for so long that somebody should ask
  };

  // A worker. A call that began at that time came back by itself (answered), or was ended without an answer
  // (lost).
  void answered(int64_t began, int64_t now);
  void lost(int64_t began, int64_t now);
  // The supervisor. Its probe of that time was answered.
  void probeAnswered(int64_t asked) { probed_ = asked; }

  bool isStalled() const { return stalled_.load(std::memory_order_relaxed); }
  // Whether new calls fail at once.
  bool isOpen() const { return open_.load(std::memory_order_relaxed); }
  size_t stuck() const { return stuck_.load(std::memory_order_relaxed); }
  int64_t lastAnswer() const { return lastAnswer_.load(std::memory_order_relaxed); }
  // Whether the supervisor is to probe, because calls have not come back.
  bool isSuspect() const { return suspect_; }

  // The supervisor, a few times a second while ops run. Counts again; returns true if the file system has
  // stalled or recovered.
  bool check(Pool& pool, int64_t now, size_t most) { return judge(look(pool, now), now, most); }
  InKernel look(Pool& pool, int64_t now) const;
  bool judge(const InKernel& calls, int64_t now, size_t most);

 private:
  int64_t threshold(int64_t now) const;
  bool hasRecovered(const InKernel& calls) const;

  std::atomic<int64_t> lastAnswer_{0};
  std::atomic<int64_t> latestAnswered_{0};  // when the call began that began last of those that came back
  // Of calls that came to an end without an answer, since one had one.
  std::atomic<size_t> lost_{0};
  std::atomic<int64_t> lostNs_{0};  // the silence that was theirs, each moment counted once
  std::atomic<int64_t> lostUntil_{0};

  std::atomic<size_t> stuck_{0};
  std::atomic<bool> stalled_{false};
  std::atomic<bool> open_{false};
  // The supervisor's own.
  int64_t stalledSince_ = 0;
  int64_t recoveredAt_ = 0;
  int64_t probed_ = 0;
  int relapses_ = 0;
  bool suspect_ = false;
};

}  // namespace pendingop
