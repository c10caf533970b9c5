#include "sys/linux/call.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "sys/task.h"

namespace pendingop::sys {

namespace {

// A function of its own, so that the caller's frame stays as it is.
[[noreturn]] __attribute__((noinline)) void awaitKill() {
  for (;;) plain(SYS_ppoll, 0L, 0L, 0L, 0L, 0L);
}

}  // namespace

long killableCall(Runner& self, const void* state, Kill kill, long nr, const long a[6]) {
  if (isOrphan()) endTask();
  const uint64_t before = self.saved.gate.load(std::memory_order_relaxed);
  const uint64_t inside = kill == Kill::always ? Gate::next(before) : Gate::nextHeld(before);
  self.saved.entering = inside;
  // Returns here a second time, with `resumed` set, if the task was killed before the gate says that the call
  // is over.
  const long r = po_syscall_saved(state, &self.saved, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (!self.resumed) {
    self.returned = r;
    if (self.saved.gate.exchange(Gate::outside(inside), std::memory_order_seq_cst) == inside) return r;
    // Doomed: the kill is under way. Another task returns above, with the kernel's answer.
    awaitKill();
  }
  self.resumed = false;
  self.saved.gate.store(Gate::outside(inside), std::memory_order_seq_cst);
  taskOwner->onStackLeft(self);
  return self.returned;
}

void noteKill(Calling& op, Effect effect) {
  op.killed = true;
  if (effect != kReads) op.tookEffect.store(true, std::memory_order_relaxed);
}

void waitInCall(Runner& self, std::atomic<uint32_t>& word, uint32_t expected) {
  const long a[6] = {sys::word(&word), FUTEX_WAIT_PRIVATE, static_cast<long>(expected)};
  killableCall(self, &kRunning, Kill::held, SYS_futex, a);
}

}  // namespace pendingop::sys
