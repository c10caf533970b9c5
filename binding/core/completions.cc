#include "core/completions.h"

#include "base/clock.h"
#include "core/pool.h"
#include "core/runtime.h"

namespace pendingop {

namespace {
// Most calls are over before a thread would have fallen asleep.
constexpr int64_t kLook = 20 * kMicrosecond;
}  // namespace

void Completions::open(Wake wake, void* context) {
  {
    Held held(*this, nullptr);
    armedAt_ = 0;
  }
  Lock lock(wakeMutex_);
  wake_ = wake;
  wakeContext_ = context;
}

void Completions::stopWaking() {
  Lock lock(wakeMutex_);
  wake_ = nullptr;
}

namespace {

// Whoever asked from outside how the op ends.
void tell(Op& op, Outcome outcome) {
  if (op.toldTo.load(std::memory_order_seq_cst) == nullptr) return;
  if (auto* told = op.toldTo.exchange(nullptr, std::memory_order_seq_cst))
    told->store(static_cast<uint8_t>(outcome) + 1, std::memory_order_release);
}

}  // namespace

// Returns whether it has listed anything.
bool Completions::list(Op& op, uint64_t generation, const Answer* answer) {
  // The order of these loads: an event that is not listed, of an op of this generation, is this op's still,
  // and the op stays what it is while the lock is held. If the generation is another one, both may be a later
  // op's.
  const bool isAnswered = op.done.listed.load(std::memory_order_acquire);
  const bool isReleased = op.released.listed.load(std::memory_order_acquire);
  if (op.state.generation() != generation) return false;
  const bool answers = answer != nullptr && !isAnswered;
  if (answers) {
    tell(op, answer->outcome);
    append(op, op.done, *answer);
  }
  const bool releases = (answers || isAnswered) && !isReleased && op.state.state() == State::Released;
  if (releases) append(op, op.released, {Outcome::released, true});
  return answers || releases;
}

void Completions::append(Op& op, Event& event, Answer answer) {
  event.op = &op;
  event.outcome = answer.outcome;
  event.last = answer.last;
  event.next = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  (last_ == nullptr ? first_ : last_->next) = &event;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  event.listed.store(true, std::memory_order_release);
  last_ = &event;
  listedCount_.fetch_add(1, std::memory_order_seq_cst);
}

void Completions::repair() {
  size_t count = 0;
  last_ = nullptr;
  for (Event* event = first_; event != nullptr; event = event->next) {
    event->listed.store(true, std::memory_order_release);
    last_ = event;
    count++;
  }
  listedCount_.store(count, std::memory_order_relaxed);
}

// A task may be killed after any step. What it has not listed the supervisor lists, and what it has listed
// without waking anybody wakeAgain() tells of.
void Completions::put(Op& op, uint64_t generation, const Answer* answer, LockHolder* holder) {
  bool wakes = false;
  bool heldBack = false;
  {
    Held held(*this, holder);
    if (!list(op, generation, answer)) return;
    // From here on the op may be over, and the client another environment's. What follows does no harm to
    // that.
    if (armedAt_ > 0) {
      heldBack = listedCount_.load(std::memory_order_seq_cst) < armedAt_ && mayWait();
      wakes = !heldBack;
      // For a task the supervisor does it, which checks whether the client is armed.
      if (wakes && holder == nullptr) armedAt_ = 0;
    }
  }
  if (sleeping_.load(std::memory_order_seq_cst) != 0) {
    sleeping_.store(0, std::memory_order_seq_cst);
    wakeOne(sleeping_);
  }
  if (closed_.load(std::memory_order_seq_cst)) return Runtime::instance().supervisor().wake();
  if (heldBack) return Runtime::instance().main().supervise();  // for nudge()
  if (!wakes) return;
  if (holder != nullptr) return Runtime::instance().supervisor().deliver();
  wake();
}

Event* Completions::take() {
  if (gathered_ == nullptr) gather();
  Event* event = gathered_;
  if (event == nullptr) return nullptr;
  gathered_ = event->next;
  gatheredCount_--;
  return event;
}

// Appends the events that have come since to those that were taken out before.
void Completions::gather() {
  if (listedCount_.load(std::memory_order_seq_cst) == 0) return;
  Event** end = &gathered_;
  while (*end != nullptr) end = &(*end)->next;
  Held held(*this, nullptr);
  *end = first_;
  first_ = last_ = nullptr;
  gatheredCount_ += listedCount_.exchange(0, std::memory_order_seq_cst);
}

Event* Completions::pick(int32_t slot) {
  for (Event** at = &gathered_; *at != nullptr; at = &(*at)->next) {
    Event* event = *at;
    if (event->op->slot != slot) continue;
    *at = event->next;
    gatheredCount_--;
    return event;
  }
  return nullptr;
}

Event* Completions::waitFor(int32_t slot, Pool& pool, int64_t untilNs) {
  if (pool.canSearch() && patience_.pays()) {
    for (const int64_t end = nowNs() + kLook; nowNs() < end;) {
      gather();
      if (Event* event = pick(slot); event != nullptr) {
        patience_.found();
        return event;
      }
      for (int i = 0; i < 6; i++) spinPause();
    }
    patience_.foundNothing();
  }
  for (;;) {
    // Set before the check: an event that is added after it finds a 1 here, and sets it back.
    sleeping_.store(1, std::memory_order_seq_cst);
    gather();
    Event* event = pick(slot);
    const int64_t rest = untilNs < 0 ? -1 : untilNs - nowNs();
    if (event != nullptr || (untilNs >= 0 && rest <= 0)) {
      sleeping_.store(0, std::memory_order_relaxed);
      return event;
    }
    pool.onLoopSleeps();
    waitWhile(sleeping_, 1, rest);
  }
}

// Returns whether more events may come soon: ops are queued, and the supervisor looks after those that do not
// come back.
bool Completions::mayWait() {
  const Pool& main = Runtime::instance().main();
  return main.queued() > 0 && !main.isFull();
}

bool Completions::arm(size_t count) {
  if (gathered_ != nullptr) return false;
  bool heldBack;
  {
    Held held(*this, nullptr);
    const size_t listed = listedCount_.load(std::memory_order_seq_cst);
    heldBack = listed > 0 && listed < count && mayWait();
    if (listed > 0 && !heldBack) return false;
    armedAt_ = count;
  }
  if (heldBack) Runtime::instance().main().supervise();  // for nudge()
  return true;
}

void Completions::nudge() {
  {
    Held held(*this, nullptr);
    if (armedAt_ == 0 || first_ == nullptr) return;
    armedAt_ = 0;
  }
  wake();
}

void Completions::wakeAgain() {
  sleeping_.store(0, std::memory_order_seq_cst);
  wakeOne(sleeping_);
  nudge();
}

void Completions::wake() {
  Lock lock(wakeMutex_);
  if (wake_ != nullptr) wake_(wakeContext_);
}

}  // namespace pendingop
