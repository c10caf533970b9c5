#include "core/supervisor.h"

#include <algorithm>
#include <limits>

#include "core/client.h"
#include "core/clock.h"
#include "core/pool.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {
constexpr size_t kStack = 256 * 1024;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// How often the queue is looked at while ops wait: longer than a call that does not block, shorter than a
// person notices.
constexpr int64_t kTick = 250 * kMicrosecond;
// Watching goes on for a while after the queue was last seen filled; to begin again costs a wake-up.
constexpr int64_t kLinger = 20 * kMillisecond;
constexpr int64_t kPause = kMillisecond;
constexpr int64_t kFirstResend = kMillisecond;
constexpr int64_t kLongestResend = kSecond;
}  // namespace

bool Supervisor::start() { return sys::startThread(main, this, kStack); }

void* Supervisor::main(void* self) {
  sys::nameThread("pendingop-super");
  static_cast<Supervisor*>(self)->run();
  return nullptr;
}

void Supervisor::run() {
  for (;;) {
    const uint32_t before = wakeups_.load(std::memory_order_seq_cst);
    sleepsUntil_.store(0, std::memory_order_seq_cst);  // awake: what is added now is seen below
    checkOrphans();
    const int64_t now = nowNs();
    const int64_t next = std::min(checkWatched(now), checkQueue(now));
    if (next > now) {
      sleepsUntil_.store(next, std::memory_order_seq_cst);
      waitWhile(wakeups_, before, next == kNever ? -1 : next - now);
    }
  }
}

void Supervisor::wakeBefore(int64_t deadline) {
  // Awake (0) it has taken `wakeups_` already, so the count alone keeps it from going to sleep over this.
  wakeups_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepsUntil_.load(std::memory_order_seq_cst) > deadline) wakeOne(wakeups_);
}

void Supervisor::watchQueue() {
  if (queueWatched_.load(std::memory_order_seq_cst) ||
      queueWatched_.exchange(true, std::memory_order_seq_cst))
    return;
  wakeBefore(0);
}

void Supervisor::interrupt(Op* op, uint64_t generation, int64_t graceNs) {
  if (op->state.move(generation, State::Queued, State::Done)) {
    op->client->complete(op, Outcome::cancelled);
    return;
  }
  const int64_t deadline = nowNs() + graceNs;
  if (!op->state.move(generation, State::Running, State::Interrupting))
    return hasten(op, generation, deadline);
  {
    Lock lock(mutex_);
    watched_.push_back({op, generation, deadline, kNever, kFirstResend});
  }
  Pool::instance().pursue(op, generation);
  wakeBefore(deadline);
}

// Told to stop before: the shorter grace counts.
void Supervisor::hasten(Op* op, uint64_t generation, int64_t deadline) {
  if (op->state.state() != State::Interrupting) return;
  {
    Lock lock(mutex_);
    auto found = std::find_if(watched_.begin(), watched_.end(),
                              [&](const Watched& w) { return w.op == op && w.generation == generation; });
    if (found == watched_.end() || found->deadline <= deadline) return;
    found->deadline = deadline;
  }
  wakeBefore(deadline);
}

void Supervisor::follow(Op* op, uint64_t generation) {
  const int64_t soon = nowNs() + kFirstResend;
  {
    Lock lock(mutex_);
    auto found = std::find_if(watched_.rbegin(), watched_.rend(),
                              [&](const Watched& w) { return w.op == op && w.generation == generation; });
    if (found != watched_.rend())
      found->resendAt = soon;
    else
      watched_.push_back({op, generation, kNever, soon, kFirstResend});
  }
  wakeBefore(soon);
}

int64_t Supervisor::checkWatched(int64_t now) {
  int64_t next = kNever;
  {
    Lock lock(mutex_);
    for (size_t i = 0; i < watched_.size();) {
      Watched& w = watched_[i];
      const State state = w.op->state.state();
      bool over = w.op->state.generation() != w.generation ||
                  (state != State::Interrupting && state != State::Abandoned);
      if (!over && now >= w.deadline) {
        if (w.op->pinned.load(std::memory_order_seq_cst) != 0) {
          w.deadline = now + kMillisecond;  // not stuck: it copies
        } else {
          if (w.op->state.move(w.generation, State::Interrupting, State::Abandoned)) givenUp_.push_back(w.op);
          w.deadline = kNever;
        }
      }
      if (over || (w.deadline == kNever && w.resendAt == kNever)) {
        w = watched_.back();
        watched_.pop_back();
        continue;
      }
      if (now >= w.resendAt) {
        Pool::instance().resend(w.op, w.generation);
        w.resendPause = std::min(2 * w.resendPause, kLongestResend);
        w.resendAt = now + w.resendPause;
      }
      next = std::min({next, w.deadline, w.resendAt});
      i++;
    }
  }
  // Without the lock: a client that was closed meanwhile comes back with orphaned().
  for (Op* op : givenUp_) op->client->giveUp(op, Outcome::abandoned);
  givenUp_.clear();
  return next;
}

int64_t Supervisor::checkQueue(int64_t now) {
  if (!queueWatched_.load(std::memory_order_seq_cst)) return kNever;
  Pool& pool = Pool::instance();
  Client::nudgeAll();
  const size_t popped = pool.queue().popped();
  const size_t waiting = pool.queue().size();
  int64_t pause = kTick;
  if (waiting > 0) {
    lastFilled_ = now;
    // One that only waits for a processor comes back without help; for some ticks that is believed.
    const bool starved = popped == poppedBefore_ && starvedTicks_ < 40 && pool.pace().someoneRuns();
    starvedTicks_ = starved ? starvedTicks_ + 1 : 0;
    if (popped == poppedBefore_ && !starved) {
      // Nobody took anything since the last look: those that there are do not come back. Twice as many as
      // last time, when last time was just now.
      step_ = now - lastGrowth_ < 20 * kTick ? 2 * step_ : 1;
      lastGrowth_ = now;
      // None to be had, for now or for ever: not worth asking all the time. Whoever comes back looks by
      // itself.
      const size_t coming = pool.coming();
      const size_t wanted = std::min(step_, waiting > coming ? waiting - coming : 0);
      if (wanted > 0 && pool.grow(wanted) == wanted) pause = kPause;
      step_ = std::min(step_, waiting);
    }
  } else if (now - lastFilled_ > kLinger) {
    queueWatched_.store(false, std::memory_order_seq_cst);
    Client::nudgeAll();  // who held a completion back before has seen `true`
    if (pool.queue().size() == 0) return kNever;
    queueWatched_.store(true, std::memory_order_seq_cst);
  }
  poppedBefore_ = popped;
  return now + pause;
}

void Supervisor::orphaned(Client* client) {
  {
    Lock lock(mutex_);
    if (std::find(orphans_.begin(), orphans_.end(), client) == orphans_.end()) orphans_.push_back(client);
  }
  wakeBefore(0);
}

void Supervisor::checkOrphans() {
  std::vector<Client*> orphans;
  {
    Lock lock(mutex_);
    orphans.swap(orphans_);
  }
  for (Client* client : orphans) client->settleClosed();
}

}  // namespace pendingop
