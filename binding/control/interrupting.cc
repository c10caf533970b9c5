#include "control/interrupting.h"

#include <algorithm>
#include <deque>

#include "base/clock.h"
#include "control/notices.h"
#include "control/reply.h"
#include "core/runtime.h"

namespace pendingop::control {

namespace {

// What an op takes beyond its grace to report its end: the supervisor's tick, and the worker's way out.
constexpr int64_t kSlack = 200 * kMillisecond;

// Bytes into which ops write how they ended. A byte that was handed out stays with its op until the op has
// written to it, which may be late, so the bytes are never freed. Bytes that were read are used again.
class Slips {
 public:
  std::atomic<uint8_t>* take() {
    if (free_.empty()) return &all_.emplace_back(0);
    std::atomic<uint8_t>* slip = free_.back();
    free_.pop_back();
    slip->store(0, std::memory_order_relaxed);
    return slip;
  }
  void give(std::atomic<uint8_t>* slip) { free_.push_back(slip); }

 private:
  std::deque<std::atomic<uint8_t>> all_;
  std::vector<std::atomic<uint8_t>*> free_;
};
Slips& slips = *new Slips;

// Has the op report how it ends. Returns null if it is over already.
std::atomic<uint8_t>* ask(Op* op, uint64_t generation) {
  std::atomic<uint8_t>* slip = slips.take();
  std::atomic<uint8_t>* none = nullptr;
  if (!op->toldTo.compare_exchange_strong(none, slip, std::memory_order_seq_cst)) {
    slips.give(slip);  // another request has asked already
    return nullptr;
  }
  // Either this load sees that the op is over, or the thread that ends it sees the slip: Client::report().
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const State state = op->state.state();
  const bool live = state == State::Queued || state == State::Running || state == State::Interrupting;
  if (live && op->state.generation() == generation) return slip;
  // Takes the slip back, unless this op, or a later one in the same memory, has written to it already.
  if (op->toldTo.exchange(nullptr, std::memory_order_seq_cst) == slip) slips.give(slip);
  return nullptr;
}

// `deferred`: the op's event loop is blocked, and finds the request when it turns next.
const char* nameOfWord(int told) {
  switch (told) {
    case loop_ops::kUnread:
      return "deferred";
    case loop_ops::kRead:
      return "unknown";
    default:
      return nameOf(static_cast<Outcome>(told));
  }
}

}  // namespace

std::string nameOf(const Sight& sight) {
  return std::to_string(sight.number) + '.' + std::to_string(sight.generation);
}

std::string nameOf(const loop_ops::LoopOp& op) { return "loop." + std::to_string(op.number); }

const char* nameOf(Outcome outcome) {
  constexpr const char* kNames[] = {"completed", "cancelled", "interrupted",
                                    "abandoned", "released",  "killed"};
  return kNames[static_cast<size_t>(outcome)];
}

void Interrupting::begin(const std::vector<Sight>& sights, const std::vector<loop_ops::LoopOp>& loopOps,
                         double graceMs, uint32_t uid) {
  const auto grace = static_cast<int64_t>(graceMs * kMillisecond);
  until_ = nowNs() + grace + kSlack;
  for (const loop_ops::LoopOp& op : loopOps) {
    if (op.state == State::Abandoned) continue;
    if (const loop_ops::Told told = loop_ops::interrupt(op.number, graceMs))
      loopOps_.push_back({nameOf(op), told});
  }
  std::vector<const Sight*> asked;
  for (const Sight& sight : sights) {
    // A close always happens. An abandoned op has reported its outcome already.
    if (sight.code == Code::close || sight.state == State::Abandoned) continue;
    std::atomic<uint8_t>* slip = ask(sight.op, sight.generation);
    if (slip == nullptr) continue;
    ops_.push_back({nameOf(sight), slip});
    asked.push_back(&sight);
  }
  for (const Sight* sight : asked)
    Runtime::instance().supervisor().interrupt(sight->op, sight->generation, grace);
  if (!isEmpty()) notices::tell("interrupt", std::to_string(ops_.size() + loopOps_.size()), uid);
}

bool Interrupting::isOver(int64_t now) const {
  if (now >= until_) return true;
  const auto isKnown = [](const One& one) { return one.outcome->load(std::memory_order_acquire) != 0; };
  const auto isTold = [](const Word& one) { return one.told->outcome.load(std::memory_order_acquire) >= 0; };
  return std::all_of(ops_.begin(), ops_.end(), isKnown) &&
         std::all_of(loopOps_.begin(), loopOps_.end(), isTold);
}

std::string Interrupting::outcomes() {
  Json json = begun();
  json.key("outcomes").open('[');
  for (const Word& one : loopOps_) {
    const int told = one.told->outcome.load(std::memory_order_acquire);
    json.open('{').field("op", one.name).field("outcome", nameOfWord(told)).close('}');
  }
  for (const One& one : ops_) {
    const uint8_t told = one.outcome->load(std::memory_order_acquire);
    json.open('{').field("op", one.name);
    json.field("outcome", told == 0 ? "unknown" : nameOf(static_cast<Outcome>(told - 1))).close('}');
    if (told != 0) slips.give(one.outcome);
  }
  ops_.clear();
  loopOps_.clear();
  return ended(json.close(']'));
}

}  // namespace pendingop::control
