// A client: one environment's side of the pools (a Node environment, or a native test). It has the
// environment's ops by slot, their memory, and their completions. The environment's own thread calls
// everything, but for complete(), giveUp() and release(), which any thread may call, and nudgeAll() and
// settleClosed(), which the supervisor calls.
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
  // `wake` is called once each time that the client was armed, on the thread that completes an op; never
  // after close().
  static Client* open(Wake wake, void* context);

  // Returns an op with cleared arguments, bound to `slot` and to the pool whose workers will run it; null
  // without memory.
  Op* allocate(int32_t slot, Pool& pool);
  void submit(Op* op);
  // Instead of submit(): the op completes with this result and never begins.
  void fail(Op* op, int64_t result);
  // Before close(). The environment has left the descriptor open, and a worker closes it.
  void leave(sys::Descriptor fd);
  // Hands the ops that were submitted since the last flush to their pools, as one chain for each pool, and
  // wakes one worker of each.
  void flush();
  // Ends an op: core/supervisor.h.
  void interrupt(Op* op, int64_t graceNs);

  Op* at(int32_t slot) {
    return slot >= 0 && static_cast<size_t>(slot) < slots_.size() ? slots_[slot] : nullptr;
  }
  size_t slots() const { return slots_.size(); }

  // Returns the oldest completion that was not taken yet; null: there is none.
  Event* take() { return completions_.take(); }
  // Sleeps until the slot has an event, and returns it; the events of other slots stay in their order, and
  // the caller then looks for those again. Null: the slot had none before `untilNs` (base/clock.h; negative:
  // for ever).
  Event* waitFor(int32_t slot, int64_t untilNs) {
    return completions_.waitFor(slot, *slots_[slot]->pool, untilNs);
  }
  // Ends the use of an event. Frees the op if it was its last.
  void finish(Event* event);
  // How many can be taken at least; 0 only if there are none.
  size_t completions() const { return completions_.count(); }
  // Ops between allocate() and their last event.
  size_t out() const { return out_; }
  // Those among them whose caller still waits.
  size_t inFlight() const { return out_ - lingering_; }
  // Asks to be woken once `count` completions can be taken, or fewer if no more ops are queued. Returns false
  // if so many can be taken already.
  bool arm(size_t count) { return completions_.arm(count); }
  // The supervisor. Wakes every armed client that has any completion: the others that it waits for may never
  // come.
  static void nudgeAll();
  // The supervisor. A task was killed that may have been about to wake a client, of whichever environment.
  static void wakeAgain();
  // Any thread. Adds up the statistics of all clients so far, those of ended environments included.
  static void addTotals(Totals* totals);

  // Interrupts everything and leaves; never waits for the kernel. The client must not be used again.
  void close();

  // The op belongs to the environment from here on. `by` in these three: null on a thread; a task passes its
  // own.
  void complete(Op* op, Outcome outcome, LockHolder* by = nullptr) {
    report(*op, op->state.generation(), {outcome, true}, by);
  }
  // For an op in state `abandoned`: its caller hears now, and its memory stays in use until release().
  void giveUp(Op* op, Outcome outcome, LockHolder* by = nullptr) {
    report(*op, op->state.generation(), {outcome, false}, by);
  }
  // The op's worker, when the op is in state `released`. Somebody else may have reported that already, and
  // the op may be another one.
  void release(Op* op, uint64_t generation, LockHolder* by) {
    completions_.put(*op, generation, nullptr, by);
  }
  // The supervisor, whose op this may or may not be: a task was killed that had ended it, perhaps without
  // telling.
  void reportAgain(Op* op, uint64_t generation, Outcome outcome, bool last) {
    report(*op, generation, {outcome, last}, nullptr);
  }

  // The supervisor, for a closed client. Takes its completions; returns true once no op is out, and the
  // client is free.
  bool settleClosed();

 private:
  Client() = default;
  void report(Op& op, uint64_t generation, Completions::Answer answer, LockHolder* by) {
    completions_.put(op, generation, &answer, by);
  }
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
  size_t lingering_ = 0;  // of those that are out: the caller was answered before the kernel released them
  size_t out_ = 0;        // ops between allocate() and their last event
  Client* nextFree_ = nullptr;

  Completions completions_;
  Stats stats_;
};

}  // namespace pendingop
