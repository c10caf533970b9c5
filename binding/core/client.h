// One environment's side of the pool (a Node environment, or a native test): its ops by slot, their memory,
// and what has become of them. Everything belongs to the environment's own thread, but for complete(),
// giveUp() and letGo(), which any thread may call, and nudgeAll() and settleClosed(), which are the
// supervisor's.
//
// Clients are reused and never freed: a worker may look at one a moment after its last op was taken over.
// After close() the supervisor owns the client until the kernel has released every op, then it goes back to
// the free list.
//
// Lock order: the mutex of the list of open clients, then that of its completions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/completions.h"
#include "core/op.h"
#include "core/stats.h"

namespace pendingop {

class Client {
 public:
  using Wake = Completions::Wake;
  // `wake` is called, on whatever thread completes an op, once for each time that the client was armed; never
  // after close().
  static Client* open(Wake wake, void* context);

  // A fresh op, its arguments cleared, bound to `slot` and to the pool that is to run it. Null without
  // memory.
  Op* allocate(int32_t slot, Pool& pool);
  void submit(Op* op);
  // Instead of submit(): the op is over before it began.
  void fail(Op* op, int64_t result);
  // Before close(): a descriptor that its environment has left open, to be closed by a worker.
  void leave(int fd);
  // Hands over what was submitted since: the ops of each pool as one chain, with one worker woken.
  void flush();
  // Ends an op: core/supervisor.h.
  void interrupt(Op* op, int64_t graceNs);

  Op* at(int32_t slot) {
    return slot >= 0 && static_cast<size_t>(slot) < slots_.size() ? slots_[slot] : nullptr;
  }
  size_t slots() const { return slots_.size(); }

  // What was completed since, oldest first; null when there is nothing.
  Event* take() { return completions_.take(); }
  // The next event of that slot alone, whatever else there is: its thread sleeps until there is one, and does
  // nothing meanwhile. The others stay, in their order, and whoever was to be woken for them is to look
  // again. Null: none before `untilNs` (base/clock.h; negative: for ever).
  Event* waitFor(int32_t slot, int64_t untilNs) {
    return completions_.waitFor(slot, *slots_[slot]->pool, untilNs);
  }
  // Ends the use of an event. Frees the op if it was its last.
  void finish(Event* event);
  // How many may be taken: none only when there are none.
  size_t completions() const { return completions_.count(); }
  // Ops between allocate() and their last event.
  size_t out() const { return out_; }
  // Of those, the ones whose caller waits.
  size_t inFlight() const { return out_ - lingering_; }
  // Asks to be woken once `count` completions can be taken, or fewer when the queue has run empty. False: it
  // is so already.
  bool arm(size_t count) { return completions_.arm(count); }
  // The supervisor: wakes every armed client that has completions at all, which wait for others that may
  // never come.
  static void nudgeAll();
  // Any thread: what has become of the ops of all clients so far, those of ended environments included.
  static void addTotals(Totals* totals);

  // Interrupts everything and leaves; never waits for the kernel. The client must not be used again.
  void close();

  // The op belongs to the environment from here on. `by` in these three: a task says that it is one.
  void complete(Op* op, Outcome outcome, LockHolder* by = nullptr) {
    report(op, op->done, outcome, true, by);
  }
  // The same for an op in state `abandoned`: its caller is told now, and its memory stays until letGo().
  void giveUp(Op* op, Outcome outcome, LockHolder* by = nullptr);
  // Its worker, in state `released`.
  void letGo(Op* op, LockHolder* by = nullptr);

  // The supervisor, for a client that was closed: takes what came back. True once nothing is out any more:
  // the client is free.
  bool settleClosed();

 private:
  Client() = default;
  void report(Op* op, Event& event, Outcome outcome, bool last, LockHolder* by);
  void recycle(Op* op);
  bool closeUnseen(Event* event);
  Op* fromStock();

  std::vector<Op*> slots_;
  // Submitted since the last flush, in the order of submission.
  struct Chain {
    Pool* pool;
    Op* first;
    Op* last;
    size_t count;
  };
  std::vector<Chain> submitted_;
  Op* stock_ = nullptr;  // free ops
  size_t stocked_ = 0;
  size_t lingering_ = 0;  // of those out: answered before the kernel released them
  size_t out_ = 0;        // ops between allocate() and their last event
  Client* nextFree_ = nullptr;

  Completions completions_;
  Stats stats_;
};

}  // namespace pendingop
