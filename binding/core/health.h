// How a remote file system answers. What counts is what was asked and did not come: calls that are in the
// kernel, and calls that were killed or interrupted there, for as long as they were. A lock that is waited
// for is not, for that is another program's doing.
//
// *Silence* is the time in which something was asked and nothing came back. After a second of it the file
// system is *stalled*, until a call comes back. A call that was asked before one that came back has been
// overtaken: it hangs, and the file system does not. When one that has just recovered falls silent again,
// more silence is needed: where some names hang and others answer, it would go to and fro.
//
// Who suspects a stall asks: the supervisor makes a call of its own, a probe (core/lanes.h), whose wait is
// silence as well. So a file system that nobody asks any more, after calls of it were killed, is found out
// too.
//
// The breaker: past so many calls that did not come, new ones fail at once (core/lanes.h).
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

  // A worker: a call that began then came back by itself, or came to an end without an answer.
  void answered(int64_t began, int64_t now);
  void lost(int64_t began, int64_t now);
  // The supervisor: its own call that was asked then was answered.
  void probeAnswered(int64_t asked) { probed_ = asked; }

  bool isStalled() const { return stalled_.load(std::memory_order_relaxed); }
  // New calls are to fail at once.
  bool isOpen() const { return open_.load(std::memory_order_relaxed); }
  size_t stuck() const { return stuck_.load(std::memory_order_relaxed); }
  int64_t lastAnswer() const { return lastAnswer_.load(std::memory_order_relaxed); }
  // Whether it should be asked, for calls have not come.
  bool isSuspect() const { return suspect_; }

  // The supervisor, a few times a second while ops run: counts again. True when it has stalled or recovered.
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
