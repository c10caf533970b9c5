#include "core/health.h"

#include <algorithm>

#include "core/pool.h"

namespace pendingop {

namespace {
constexpr int64_t kSilence = kSecond;
constexpr int64_t kLinger = kSilence / 2;
// A file system that stalls again this soon after it has recovered needs twice the silence, and so on.
constexpr int64_t kSoon = 60 * kSecond;
constexpr int kMostRelapses = 2;

void raise(std::atomic<int64_t>& to, int64_t value) {
  int64_t now = to.load(std::memory_order_relaxed);
  while (now < value && !to.compare_exchange_weak(now, value, std::memory_order_relaxed)) {
  }
}
}  // namespace

void Health::answered(int64_t began, int64_t now) {
  lastAnswer_.store(now, std::memory_order_relaxed);
  raise(latestAnswered_, began);
  if (lost_.load(std::memory_order_relaxed) == 0) return;
  lost_.store(0, std::memory_order_relaxed);
  lostNs_.store(0, std::memory_order_relaxed);
}

void Health::lost(int64_t began, int64_t now) {
  const int64_t until = lostUntil_.exchange(now, std::memory_order_relaxed);
  const int64_t from = std::max({began, until, lastAnswer()});
  if (now > from) lostNs_.fetch_add(now - from, std::memory_order_relaxed);
  lost_.fetch_add(1, std::memory_order_relaxed);
}

Health::InKernel Health::look(Pool& pool, int64_t now) const {
  InKernel calls;
  const int64_t answer = lastAnswer();
  const int64_t latest = latestAnswered_.load(std::memory_order_relaxed);
  pool.eachWorker([&](Worker& worker) {
    const Op* op = worker.running.load(std::memory_order_acquire);
    if (op == nullptr) return;
    // A worker has its op until it has reported the op's end, and then the op may be another one already.
    if (op->state.generation() != worker.generation) return;
    const State state = op->state.state();
    const bool abandoned = state == State::Abandoned;
    if (!abandoned && state != State::Running && state != State::Interrupting) return;
    const int64_t began = op->startedNs.load(std::memory_order_relaxed);
    const int64_t since = std::max({began, op->progressNs.load(std::memory_order_relaxed), answer});
    const bool isProbe = op->isProbe.load(std::memory_order_relaxed);
    if (abandoned && !isProbe) calls.abandoned++;
    if (began >= latest) calls.since = std::min(calls.since, since);
    if (abandoned || isProbe) return;
    calls.waits = true;
    if (now - since > kLinger) calls.lingers = true;
    if (now - since > kSilence) calls.silent++;
  });
  return calls;
}

int64_t Health::threshold(int64_t now) const {
  const bool soon = relapses_ > 0 && now - recoveredAt_ < kSoon;
  return kSilence << (soon ? relapses_ : 0);
}

// A call has returned. Or the probe has, and no caller waits in vain.
bool Health::hasRecovered(const InKernel& calls) const {
  if (lastAnswer() > stalledSince_) return true;
  return probed_ > stalledSince_ && probed_ > lostUntil_.load(std::memory_order_relaxed) && !calls.waits;
}

bool Health::judge(const InKernel& calls, int64_t now, size_t most) {
  const int64_t lostUntil = lostUntil_.load(std::memory_order_relaxed);
  int64_t silence = lostNs_.load(std::memory_order_relaxed);
  if (calls.since != kNever) silence += std::max<int64_t>(0, now - std::max(calls.since, lostUntil));
  const bool was = isStalled();
  if (!was && silence > threshold(now)) {
    stalled_.store(true, std::memory_order_relaxed);
    stalledSince_ = now;
  } else if (!was && relapses_ > 0 && silence > kSilence) {
    recoveredAt_ = now;  // it may still go to and fro
  } else if (was && hasRecovered(calls)) {
    stalled_.store(false, std::memory_order_relaxed);
    relapses_ = now - recoveredAt_ < kSoon && recoveredAt_ != 0 ? std::min(relapses_ + 1, kMostRelapses) : 1;
    recoveredAt_ = now;
    lost_.store(0, std::memory_order_relaxed);
    lostNs_.store(0, std::memory_order_relaxed);
  } else if (was && probed_ > stalledSince_ && probed_ > lostUntil) {
    // It answers something, so calls may try again.
    lost_.store(0, std::memory_order_relaxed);
  }
  const size_t lost = lost_.load(std::memory_order_relaxed);
  suspect_ = !isStalled() && (calls.lingers || (lost > 0 && probed_ < lostUntil));
  const size_t stuck = calls.abandoned + calls.silent + (isStalled() ? lost : 0);
  stuck_.store(stuck, std::memory_order_relaxed);
  open_.store(isStalled() && stuck > most, std::memory_order_relaxed);
  return was != isStalled();
}

}  // namespace pendingop
