#include "core/completions.h"

#include "core/clock.h"
#include "core/pool.h"
#include "core/runtime.h"

namespace pendingop {

namespace {
// Most calls are over before a thread would have gone to sleep.
constexpr int64_t kSpin = 20 * kMicrosecond;
}  // namespace

void Completions::open(Wake wake, void* context) {
  armedAt_.store(0, std::memory_order_seq_cst);
  Lock lock(wakeMutex_);
  wake_ = wake;
  wakeContext_ = context;
}

void Completions::stopWaking() {
  Lock lock(wakeMutex_);
  wake_ = nullptr;
}

void Completions::put(Event& event, bool byTask) {
  Event* newest = newest_.load(std::memory_order_relaxed);
  do event.next = newest;
  while (!newest_.compare_exchange_weak(newest, &event, std::memory_order_seq_cst));
  const size_t put = putCount_.fetch_add(1, std::memory_order_seq_cst) + 1;
  // From here on the op may be over and the client another environment's: what follows is harmless to it.
  if (sleeping_.load(std::memory_order_seq_cst) != 0) {
    sleeping_.store(0, std::memory_order_seq_cst);
    wakeOne(sleeping_);
  }
  if (closed_.load(std::memory_order_seq_cst)) return Runtime::instance().supervisor().wake();
  size_t at = armedAt_.load(std::memory_order_seq_cst);
  if (at == 0) return;
  if (!isDue(put, at)) return Runtime::instance().main().watch();  // for nudge()
  if (byTask) return Runtime::instance().supervisor().deliver();
  if (armedAt_.compare_exchange_strong(at, 0, std::memory_order_seq_cst)) wake();
}

Event* Completions::take() {
  if (gathered_ == nullptr) gather();
  Event* event = gathered_;
  if (event == nullptr) return nullptr;
  gathered_ = event->next;
  takenCount_++;
  return event;
}

// Puts what has come since behind what was taken off before.
void Completions::gather() {
  Event* newest = newest_.exchange(nullptr, std::memory_order_seq_cst);
  Event* oldest = nullptr;
  while (newest != nullptr) {
    Event* older = newest->next;
    // The worker's lines, before they are needed.
    __builtin_prefetch(newest->op->numbers);
    __builtin_prefetch(newest->op->numbers + 8);
    __builtin_prefetch(newest->op->numbers + 16);
    newest->next = oldest;
    oldest = newest;
    newest = older;
  }
  Event** end = &gathered_;
  while (*end != nullptr) end = &(*end)->next;
  *end = oldest;
}

Event* Completions::pick(int32_t slot) {
  for (Event** at = &gathered_; *at != nullptr; at = &(*at)->next) {
    Event* event = *at;
    if (event->op->slot != slot) continue;
    *at = event->next;
    takenCount_++;
    return event;
  }
  return nullptr;
}

Event* Completions::waitFor(int32_t slot, Pool& pool, int64_t untilNs) {
  for (const int64_t end = nowNs() + kSpin; nowNs() < end;) {
    if (newest_.load(std::memory_order_relaxed) != nullptr) {
      gather();
      if (Event* event = pick(slot); event != nullptr) return event;
    }
    for (int i = 0; i < 6; i++) spinPause();
  }
  for (;;) {
    pool.serve();
    // Before the look: what is put in after it finds a 1 here, and sets it back.
    sleeping_.store(1, std::memory_order_seq_cst);
    gather();
    Event* event = pick(slot);
    const int64_t rest = untilNs < 0 ? -1 : untilNs - nowNs();
    if (event != nullptr || (untilNs >= 0 && rest <= 0)) {
      sleeping_.store(0, std::memory_order_relaxed);
      return event;
    }
    waitWhile(sleeping_, 1, rest);
  }
}

bool Completions::isDue(size_t put, size_t at) const {
  return put >= at || Runtime::instance().main().queue().size() == 0;
}

bool Completions::arm(size_t count) {
  if (gathered_ != nullptr) return false;
  const size_t at = takenCount_ + count;
  armedAt_.store(at, std::memory_order_seq_cst);
  const size_t put = putCount_.load(std::memory_order_seq_cst);
  if (put == takenCount_) return true;
  if (!isDue(put, at)) {
    Runtime::instance().main().watch();  // for nudge()
    return true;
  }
  armedAt_.store(0, std::memory_order_seq_cst);
  return false;
}

void Completions::nudge() {
  size_t at = armedAt_.load(std::memory_order_seq_cst);
  if (at != 0 && newest_.load(std::memory_order_seq_cst) != nullptr &&
      armedAt_.compare_exchange_strong(at, 0, std::memory_order_seq_cst))
    wake();
}

void Completions::wake() {
  Lock lock(wakeMutex_);
  if (wake_ != nullptr) wake_(wakeContext_);
}

}  // namespace pendingop
