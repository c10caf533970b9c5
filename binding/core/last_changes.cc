#include "core/last_changes.h"

#include <atomic>

#include "base/clock.h"
#include "base/futex.h"
#include "core/allocator.h"
#include "core/op.h"
#include "sys/peek.h"

namespace pendingop {

namespace {

constexpr int64_t kPause = 200 * kMicrosecond;
// The default grace. For so long the wait goes on without a call that ends, and a call that has been in the
// kernel for longer counts as stuck.
constexpr int64_t kPatience = 100 * kMillisecond;

// Other environments' threads may be writing the fields of an op, which is then none of those looked for.
template <typename T>
NO_SANITIZE_THREAD T racy(const T& from) {
  return *const_cast<const volatile T*>(&from);
}

// Returns whether the op changes a file or a folder, and leaves no descriptor.
bool isAwaited(const Op& op) {
  const Code code = racy(op.code);
  return racy(op.mayChange) && !makesDescriptor(code) && !waitsForOthers(code);
}

size_t changes(const Client* client) {
  const int64_t now = nowNs();
  size_t count = 0;
  Allocator::instance().each([&](Op* op, uint32_t) {
    const State state = op->state.state();
    if (state != State::Queued && state != State::Running) return;
    if (!isAwaited(*op) || (client != nullptr && racy(op->client) != client)) return;
    const int64_t started = op->startedNs.load(std::memory_order_relaxed);
    if (state == State::Queued || started == 0 || now - started < kPatience) count++;
  });
  return count;
}

}  // namespace

void awaitChanges(const Client* client) {
  std::atomic<uint32_t> never{0};
  int64_t until = nowNs() + kPatience;
  for (size_t left = changes(client); left > 0 && nowNs() < until;) {
    waitWhile(never, 0, kPause);
    const size_t now = changes(client);
    if (now < left) until = nowNs() + kPatience;
    left = now;
  }
}

}  // namespace pendingop
